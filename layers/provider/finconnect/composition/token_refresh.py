"""What token_refresh is made of."""

from __future__ import annotations

from collections.abc import Callable

from finconnect.composition.provider_calls import told_client
from finconnect.payments.aws import clients
from finconnect.payments.aws.powertools import PowertoolsTelemetry
from finconnect.payments.aws.stores import (
    ParameterStoreKeys,
    SecretsManagerCredentials,
    SecretsManagerTokenStore,
)
from finconnect.payments.refresh import Refresh
from finconnect.payments.refresh_key import KeyStore, RefreshPublicKey
from finconnect.payments.refresh_token import RefreshToken, StoredTokens, TokenStore, TryCredentials
from finconnect.payments.settings import TokenRefreshSettings
from finconnect.payments.telemetry import Telemetry
from finconnect.providers.azampay import AzampayConfig, AzampayProvider
from finconnect.providers.base import AccessToken
from finconnect.providers.http import HttpClient


class AzampayWithStoredCredentials:
    """AzamPay with credentials read at each use, so that new ones need no deployment."""

    def __init__(
        self,
        settings: TokenRefreshSettings,
        credentials: SecretsManagerCredentials,
        http: HttpClient,
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._http = http
        self.tokens: StoredTokens | None = None

    def authenticate(self, version: str | None = None) -> AccessToken:
        """Ask AzamPay for a token: with the credentials in use, or a version that is to be tried.

        Raises AuthenticationError, StoreUnavailable.
        """
        credentials = self._credentials.read(version)
        config = AzampayConfig(
            authenticator_url=self._settings.azampay_authenticator_url,
            app_name=credentials["appName"],
            client_id=credentials["clientId"],
            client_secret=credentials["clientSecret"],
            api_key=credentials.get("apiKey"),
        )
        return AzampayProvider(config, http=self._http).authenticate()

    def get_public_key(self) -> str:
        """Fetch the key with the stored token. Raises PublicKeyError, AuthenticationError."""
        config = AzampayConfig(
            authenticator_url=self._settings.azampay_authenticator_url,
            checkout_url=self._settings.azampay_checkout_url,
        )
        return AzampayProvider(config, tokens=self.tokens, http=self._http).get_public_key()


def build(
    settings: TokenRefreshSettings,
    *,
    telemetry: Telemetry | None = None,
    tokens: TokenStore | None = None,
    keys: KeyStore | None = None,
    http: HttpClient | None = None,
) -> Callable[..., dict[str, str]]:
    """Build the use case of token_refresh; what is given replaces what would be built."""
    telemetry = telemetry or PowertoolsTelemetry()
    secrets = clients.secretsmanager()
    credentials = SecretsManagerCredentials(secrets, settings.credentials_secret_arn)
    provider = AzampayWithStoredCredentials(settings, credentials, http or told_client(telemetry))
    store = tokens or SecretsManagerTokenStore(secrets, settings.token_secret_arn)
    refresh_token = RefreshToken(provider, store, telemetry)
    provider.tokens = StoredTokens(store, refresh_token)
    key_store = keys or ParameterStoreKeys(clients.ssm(), settings.public_key_parameter)
    return Refresh(
        refresh_token,
        RefreshPublicKey(provider, key_store, telemetry),
        TryCredentials(provider.authenticate, store, telemetry),
    )
