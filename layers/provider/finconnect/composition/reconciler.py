"""What reconciler is made of."""

from __future__ import annotations

from datetime import timedelta

from finconnect.payments.aws import clients
from finconnect.payments.aws.caches import CachedTokens
from finconnect.payments.aws.dynamodb_ledger import DynamoDBLedger
from finconnect.payments.aws.powertools import PowertoolsTelemetry
from finconnect.payments.aws.stores import SecretsManagerTokenStore
from finconnect.payments.model import Payment
from finconnect.payments.reconcile import AskStatus, ReconcilePayments
from finconnect.payments.settings import ReconcilerSettings
from finconnect.payments.telemetry import Telemetry
from finconnect.providers.base import CallbackOutcome


def build(
    settings: ReconcilerSettings,
    *,
    telemetry: Telemetry | None = None,
    ledger: DynamoDBLedger | None = None,
    ask: AskStatus | None = None,
) -> ReconcilePayments:
    """Build the use case of reconciler; what is given replaces what would be built."""
    telemetry = telemetry or PowertoolsTelemetry()
    return ReconcilePayments(
        ledger=ledger or DynamoDBLedger(clients.dynamodb(), settings.table_name),
        telemetry=telemetry,
        after=timedelta(minutes=settings.reconcile_after_minutes),
        ask=ask or (_ask_azampay(settings, telemetry) if settings.azampay_status_path else None),
    )


def _ask_azampay(settings: ReconcilerSettings, telemetry: Telemetry) -> AskStatus:
    # Only where a status call is configured: otherwise nothing here speaks HTTP.
    from finconnect.composition.provider_calls import told_client  # noqa: PLC0415
    from finconnect.providers.azampay.config import AzampayConfig  # noqa: PLC0415
    from finconnect.providers.azampay.provider import AzampayProvider  # noqa: PLC0415

    store = SecretsManagerTokenStore(clients.secretsmanager(), settings.token_secret_arn)
    config = AzampayConfig(
        checkout_url=settings.azampay_checkout_url, status_path=settings.azampay_status_path
    )
    # It may not invoke token_refresh: where the token is out, the question waits for the schedule.
    tokens = CachedTokens(store, lambda _: True)
    provider = AzampayProvider(config, tokens=tokens, http=told_client(telemetry))

    def ask(payment: Payment) -> CallbackOutcome | None:
        if payment.transaction_id is None:
            return None
        return provider.get_payment_status(payment.transaction_id, payment.network)

    return ask
