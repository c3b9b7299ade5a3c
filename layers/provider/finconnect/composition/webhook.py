"""What webhook is made of. It has no HTTP client: a callback never makes us call a provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from finconnect.payments.aws import clients
from finconnect.payments.aws.caches import CachedKeys, SecretsManagerUrlSecret
from finconnect.payments.aws.dynamodb_ledger import DynamoDBLedger
from finconnect.payments.aws.powertools import PowertoolsTelemetry
from finconnect.payments.aws.refresher import LambdaRefresher, RationedKeyFetching
from finconnect.payments.aws.sqs_callbacks import SqsDeferredCallbacks
from finconnect.payments.aws.stores import ParameterStoreKeys
from finconnect.payments.deferred import RecordDeferredCallback
from finconnect.payments.record_callback import RecordCallback
from finconnect.payments.settings import WebhookSettings
from finconnect.payments.telemetry import Telemetry
from finconnect.payments.verify import VerifyCallback
from finconnect.providers.azampay.callback import AzampayCallbacks

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True, slots=True)
class WebhookApp:
    """The use cases of webhook, and whom it tells."""

    record: RecordCallback
    record_deferred: RecordDeferredCallback
    queue: SqsDeferredCallbacks
    telemetry: Telemetry

    def record_batch(
        self, event: dict[str, Any], context: LambdaContext
    ) -> PartialItemFailureResponse:
        """Try a batch of waiting callbacks again."""
        # Only when the queue calls: a callback that comes by HTTP does not pay for the import.
        from finconnect.payments.aws.sqs_batch import DeferredBatch  # noqa: PLC0415

        batch = DeferredBatch(self.record_deferred, self.queue, self.telemetry)
        return batch.run(event, context)


def build(settings: WebhookSettings, *, telemetry: Telemetry | None = None) -> WebhookApp:
    """Build the use cases of webhook; what is given replaces what would be built."""
    telemetry = telemetry or PowertoolsTelemetry()
    dynamodb = clients.dynamodb()
    reader = AzampayCallbacks()
    refresher = LambdaRefresher(clients.lambda_(), settings.token_refresh_function)
    verify = VerifyCallback(
        reader=reader,
        keys=CachedKeys(ParameterStoreKeys(clients.ssm(), settings.public_key_parameter)),
        fetching=RationedKeyFetching(dynamodb, settings.table_name, "azampay", refresher),
        unsigned=settings.unsigned_callbacks,
        telemetry=telemetry,
    )
    queue = SqsDeferredCallbacks(
        clients.sqs(), settings.callback_queue_url, settings.callback_retry_delays
    )
    record = RecordCallback(
        provider_name="azampay",
        reader=reader,
        url_secret=SecretsManagerUrlSecret(
            clients.secretsmanager(), settings.webhook_secret_arn, telemetry=telemetry
        ),
        verify=verify,
        deferred=queue,
        ledger=DynamoDBLedger(dynamodb, settings.table_name),
        telemetry=telemetry,
    )
    again = RecordDeferredCallback(reader, verify, record.record)
    return WebhookApp(record, again, queue, telemetry)
