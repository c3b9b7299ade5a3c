"""AzamPay as an HTTP client sees it: answers in turn, and remembers every request."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from finconnect.providers.azampay.config import AzampayConfig
from finconnect.providers.azampay.provider import AzampayProvider
from finconnect.providers.base import AccessToken
from finconnect.providers.http import HttpClient
from finconnect.providers.retry import ConnectRetry

NOW: Final = datetime(2026, 4, 27, 20, tzinfo=UTC)
AUTHENTICATOR: Final = "https://authenticator.test"
CHECKOUT: Final = "https://checkout.test"
TRANSACTION_ID: Final = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

# No one may ever see these in an error.
TOKEN: Final = "canary-token.eyJhbGciOiJkaXIifQ..x.y"
RENEWED: Final = "canary-renewed-token"
CLIENT_SECRET: Final = "canary+client/secret=="
API_KEY: Final = "canary-api-key"
PHONE: Final = "255712345678"

PAYLOAD: Final[Mapping[str, Any]] = {
    "accountNumber": PHONE,
    "amount": 1000,
    "currency": "TZS",
    "externalId": "ORDER-1",
    "provider": "Mpesa",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, made anew for each request that gets it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def reply(status: int = 200, /, **body: object) -> Reply:
    """A JSON answer."""
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


def token_reply(token: str = TOKEN, expire: object = "2026-04-27T22:00:00Z") -> Reply:
    """The authenticator's good answer (DOC)."""
    data = {"accessToken": token, "expire": expire}
    return reply(data=data, message="Token generated", success=True, statusCode=200)


def accepted() -> Reply:
    """The checkout's good answer (DOC)."""
    return reply(transactionId=TRANSACTION_ID, message="Request received", success=True)


UNAUTHORISED: Final = reply(401, status="Error", message="Please Provide Valid Authorization")

type Outcome = Reply | Exception


class FakeAzampay:
    """Answers each URL in turn. A request that nothing was prepared for fails the test."""

    def __init__(
        self,
        *,
        token: Iterable[Outcome] = (),
        checkout: Iterable[Outcome] = (),
        documented_key: Iterable[Outcome] = (),
        probed_key: Iterable[Outcome] = (),
    ) -> None:
        self.requests: list[httpx.Request] = []
        self._prepared = {
            f"POST {AUTHENTICATOR}/AppRegistration/GenerateToken": list(token),
            f"POST {CHECKOUT}/azampay/mno/checkout": list(checkout),
            f"GET {CHECKOUT}/azampay/v1/public-key?format=Pem": list(documented_key),
            f"GET {AUTHENTICATOR}/api/Token/PublicKey": list(probed_key),
        }

    @property
    def urls(self) -> list[str]:
        """Where the requests went, in order."""
        return [f"{request.method} {request.url}" for request in self.requests]

    @property
    def authorizations(self) -> list[str | None]:
        """The Authorization header of each request."""
        return [request.headers.get("Authorization") for request in self.requests]

    def http(self) -> HttpClient:
        """The client under test, with this in place of the network."""
        return HttpClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        prepared = self._prepared.get(f"{request.method} {request.url}")
        assert prepared, f"nothing is prepared for {request.method} {request.url}"
        outcome = prepared.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return httpx.Response(outcome.status, content=outcome.body, headers=outcome.headers)


@dataclass
class FakeTokens:
    """Hands out tokens in turn: the first at once, each renewal the next one."""

    values: list[str] = field(default_factory=lambda: [TOKEN, RENEWED])
    api_key: str | None = None
    error: Exception | None = None
    error_of_renewal: Exception | None = None
    refused: list[str] = field(default_factory=list)
    in_vain: list[str] = field(default_factory=list)

    def token(self) -> AccessToken:
        """The current token, or the error that was set."""
        if self.error:
            raise self.error
        return access_token(self.values[0], self.api_key)

    def renew(self, refused: AccessToken) -> AccessToken:
        """The next token, or the error that was set."""
        self.refused.append(refused.value)
        if self.error_of_renewal:
            raise self.error_of_renewal
        self.values.pop(0)
        return self.token()

    def was_in_vain(self, renewed: AccessToken) -> None:
        """Remember it."""
        self.in_vain.append(renewed.value)


def access_token(value: str = TOKEN, api_key: str | None = None) -> AccessToken:
    """A token with two hours to live."""
    return AccessToken(value, NOW, NOW + timedelta(hours=2), api_key)


def config(**changes: Any) -> AzampayConfig:  # noqa: ANN401 - any field
    """A whole configuration."""
    whole: dict[str, Any] = {
        "authenticator_url": AUTHENTICATOR,
        "checkout_url": CHECKOUT,
        "app_name": "Shop",
        "client_id": "6d1f-client",
        "client_secret": CLIENT_SECRET,
    }
    return AzampayConfig(**(whole | changes))


@dataclass
class Waits:
    """A sleep that only remembers."""

    seconds: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        """Remember instead of sleeping."""
        self.seconds.append(seconds)


def retry(waits: Waits | None = None, jitter: float = 0.0) -> ConnectRetry:
    """Three attempts that lose no time."""
    return ConnectRetry(sleep=waits or Waits(), jitter=lambda: jitter)


def provider(
    azampay: FakeAzampay,
    *,
    tokens: FakeTokens | None = None,
    waits: Waits | None = None,
    clock: Callable[[], datetime] = lambda: NOW,
    **changes: Any,  # noqa: ANN401 - any field of the configuration
) -> AzampayProvider:
    """The provider under test; without ``tokens`` it authenticates by itself."""
    return AzampayProvider(
        config(**changes), tokens=tokens, http=azampay.http(), retry=retry(waits), clock=clock
    )
