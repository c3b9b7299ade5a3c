"""What payments is made of."""

from __future__ import annotations

from dataclasses import dataclass

from finconnect.composition.provider_calls import told_client
from finconnect.payments.aws import clients
from finconnect.payments.aws.caches import CachedTokens
from finconnect.payments.aws.dynamodb_ledger import DynamoDBLedger
from finconnect.payments.aws.powertools import PowertoolsTelemetry
from finconnect.payments.aws.refresher import LambdaRefresher, RationedTokenRefresh
from finconnect.payments.aws.stores import SecretsManagerTokenStore
from finconnect.payments.initiate import InitiatePayment
from finconnect.payments.lookup import LookUpPayment
from finconnect.payments.settings import PaymentsSettings
from finconnect.payments.telemetry import Telemetry
from finconnect.providers.azampay import AzampayConfig, AzampayProvider
from finconnect.providers.base import TokenSource
from finconnect.providers.http import HttpClient


@dataclass(frozen=True, slots=True)
class PaymentsApp:
    """The two use cases of payments, and whom they tell."""

    initiate: InitiatePayment
    look_up: LookUpPayment
    telemetry: Telemetry


def build(
    settings: PaymentsSettings,
    *,
    telemetry: Telemetry | None = None,
    tokens: TokenSource | None = None,
    http: HttpClient | None = None,
    ledger: DynamoDBLedger | None = None,
) -> PaymentsApp:
    """Build the use cases of payments; what is given replaces what would be built."""
    telemetry = telemetry or PowertoolsTelemetry()
    ledger = ledger or DynamoDBLedger(clients.dynamodb(), settings.table_name)
    provider = AzampayProvider(
        AzampayConfig(checkout_url=settings.azampay_checkout_url),
        tokens=tokens or _tokens(settings),
        http=http or told_client(telemetry),
    )
    return PaymentsApp(
        initiate=InitiatePayment("azampay", provider, ledger, telemetry),
        look_up=LookUpPayment(ledger),
        telemetry=telemetry,
    )


def _tokens(settings: PaymentsSettings) -> TokenSource:
    store = SecretsManagerTokenStore(clients.secretsmanager(), settings.token_secret_arn)
    refresher = LambdaRefresher(clients.lambda_(), settings.token_refresh_function)
    rationed = RationedTokenRefresh(clients.dynamodb(), settings.table_name, "azampay", refresher)
    return CachedTokens(store, rationed, tell_in_vain=rationed.was_in_vain)
