"""What webhook is made of. It has no HTTP client: a callback never makes us call a provider."""

from __future__ import annotations

from dataclasses import dataclass

from finconnect.payments.aws import clients
from finconnect.payments.aws.caches import CachedKeys, SecretsManagerUrlSecret
from finconnect.payments.aws.dynamodb_ledger import DynamoDBLedger
from finconnect.payments.aws.powertools import PowertoolsTelemetry
from finconnect.payments.aws.refresher import LambdaRefresher, RationedKeyFetching
from finconnect.payments.aws.stores import ParameterStoreKeys
from finconnect.payments.record_callback import RecordCallback
from finconnect.payments.settings import WebhookSettings
from finconnect.payments.telemetry import Telemetry
from finconnect.payments.verify import VerifyCallback
from finconnect.providers.azampay.callback import AzampayCallbacks


@dataclass(frozen=True, slots=True)
class WebhookApp:
    """The use case of webhook, and whom it tells."""

    record: RecordCallback
    telemetry: Telemetry


def build(settings: WebhookSettings, *, telemetry: Telemetry | None = None) -> WebhookApp:
    """Build the use case of webhook; what is given replaces what would be built."""
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
    record = RecordCallback(
        provider_name="azampay",
        reader=reader,
        url_secret=SecretsManagerUrlSecret(clients.secretsmanager(), settings.webhook_secret_arn),
        verify=verify,
        ledger=DynamoDBLedger(dynamodb, settings.table_name),
        telemetry=telemetry,
    )
    return WebhookApp(record, telemetry)
