"""What a refusal that has nothing to do with the token costs: logins, and versions of the secret.

Secrets Manager keeps about a hundred versions of a secret, and deletes none younger than a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle

import httpx
import pytest

from finconnect.errors import AuthenticationError, PaymentNotSent, PaymentRequestError
from finconnect.payments.aws.caches import CachedTokens
from finconnect.payments.aws.refresher import (
    IN_VAIN_INTERVAL,
    IN_VAIN_LIMIT,
    LambdaRefresher,
    RationedTokenRefresh,
)
from finconnect.payments.errors import StoreUnavailable
from finconnect.payments.refresh import Refresh, RefreshRequest
from finconnect.payments.refresh_key import RefreshPublicKey
from finconnect.payments.refresh_token import RefreshToken, StoredTokens, TryCredentials
from finconnect.payments.telemetry import Fact
from finconnect.providers.azampay.provider import AzampayProvider
from finconnect.providers.base import AccessToken
from finconnect.providers.http import HttpClient
from tests.fakes.clock import FakeClock
from tests.fakes.guard_table import InMemoryGuardTable
from tests.fakes.stores import InMemoryKeyStore, InMemoryTokenStore
from tests.fakes.telemetry import RecordingTelemetry
from tests.unit.finconnect.providers.azampay.fakes import (
    CHECKOUT,
    PAYLOAD,
    TRANSACTION_ID,
    config,
)

VERSIONS_KEPT = 100
MINUTES_A_DAY = 24 * 60
TOKEN_LIFE = timedelta(hours=1)
CONTAINERS = 3


@dataclass
class Azampay:
    """Gives tokens, and turns away at ``checkouts`` and ``keys`` by these statuses, if any."""

    clock: FakeClock
    keys: int | None = None
    checkouts: int | None = None
    logins: int = 0
    asked_for_keys: int = 0
    valid: str = ""

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("GenerateToken"):
            return self._login()
        if str(request.url).startswith(f"{CHECKOUT}/azampay/mno/checkout"):
            return self._checkout(request.headers["Authorization"].removeprefix("Bearer "))
        self.asked_for_keys += 1
        return httpx.Response(self.keys or 404)

    def revoke(self) -> None:
        self.valid = ""

    def _login(self) -> httpx.Response:
        self.logins += 1
        self.valid = f"token-{self.logins}"
        expire = (self.clock() + TOKEN_LIFE).isoformat()
        data = {"accessToken": self.valid, "expire": expire}
        return httpx.Response(200, json={"data": data, "success": True})

    def _checkout(self, token: str) -> httpx.Response:
        if self.checkouts is not None:
            return httpx.Response(self.checkouts, json={"message": "not for this app"})
        if token != self.valid:
            return httpx.Response(401)
        return httpx.Response(200, json={"transactionId": TRANSACTION_ID, "success": True})


class DirectRefresher(LambdaRefresher):
    """The token_refresh function without Lambda between."""

    def __init__(self, refresh: RefreshToken) -> None:
        self._refresh = refresh

    def refresh_token(self, refused: str | None) -> None:
        """Have the token refreshed."""
        try:
            self._refresh(refused)
        except AuthenticationError as error:
            raise StoreUnavailable("token_refresh failed") from error


@dataclass
class Stack:
    """token_refresh with its schedule, and payments in some containers; no clock but ours."""

    clock: FakeClock = field(default_factory=FakeClock)
    store: InMemoryTokenStore = field(default_factory=InMemoryTokenStore)
    table: InMemoryGuardTable = field(default_factory=InMemoryGuardTable)
    heard: RecordingTelemetry = field(default_factory=RecordingTelemetry)

    def __post_init__(self) -> None:
        self.azampay = Azampay(self.clock)
        self.http = HttpClient(transport=httpx.MockTransport(self.azampay.answer))
        self.refresh_token = RefreshToken(self, self.store, self.heard, self.clock)
        self.key_tokens = StoredTokens(self.store, self.refresh_token)
        self.refresh = Refresh(
            self.refresh_token,
            RefreshPublicKey(self, InMemoryKeyStore(), self.heard, self.clock),
            TryCredentials(lambda _: self.authenticate(), self.store, self.heard),
        )
        made = [self._container() for _ in range(CONTAINERS)]
        self.containers: Iterator[AzampayProvider] = cycle(made)

    def authenticate(self) -> AccessToken:
        return AzampayProvider(config(), http=self.http, clock=self.clock).authenticate()

    def get_public_key(self) -> str:
        return AzampayProvider(
            config(), tokens=self.key_tokens, http=self.http, clock=self.clock
        ).get_public_key()

    def _container(self) -> AzampayProvider:
        rationed = self.rationed()
        told = rationed.was_in_vain
        tokens = CachedTokens(self.store, rationed, self.clock, tell_in_vain=told)
        return AzampayProvider(config(), tokens=tokens, http=self.http, clock=self.clock)

    def rationed(self) -> RationedTokenRefresh:
        refresher = DirectRefresher(self.refresh_token)
        return RationedTokenRefresh(self.table.client, "payments", "azampay", refresher, self.clock)

    def pay(self) -> PaymentRequestError | None:
        """A payment by the next container; what became of it, unless it was accepted."""
        try:
            next(self.containers).initiate_ussd_push_request(PAYLOAD)
        except PaymentRequestError as error:
            return error
        return None

    def minute(self, number: int) -> None:
        """Let a minute pass; the schedule runs in every tenth."""
        self.clock.advance(minutes=1)
        if number % 10 == 0:
            self.refresh(RefreshRequest())


@pytest.fixture
def stack() -> Stack:
    made = Stack()
    made.refresh(RefreshRequest())
    return made


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_day_of_refused_key_requests_costs_no_token(stack: Stack, status: int) -> None:
    stack.azampay.keys = status
    for number in range(MINUTES_A_DAY):
        stack.minute(number)
    assert stack.azampay.asked_for_keys > 2 * MINUTES_A_DAY / 10
    # As many as without any fault: one when half of its life is over.
    assert stack.azampay.logins == len(stack.store.written) <= 24 * 2 + 1


def test_the_log_says_how_the_key_was_refused_and_that_the_token_is_kept(stack: Stack) -> None:
    stack.azampay.keys = 403
    stack.heard.told.clear()
    stack.refresh(RefreshRequest(refetch_public_key=True))
    reason = str(stack.heard.details(Fact.KEY_UNAVAILABLE)["reason"])
    assert reason.count("HTTP 403 (the token was refused, and no other is due)") == 2


@pytest.mark.parametrize("status", [401, 403])
def test_a_day_of_refused_checkouts_fits_into_the_versions_of_the_secret(
    stack: Stack, status: int
) -> None:
    stack.azampay.checkouts = stack.azampay.keys = status
    for number in range(MINUTES_A_DAY):
        stack.minute(number)
        error = stack.pay()
        assert isinstance(error, PaymentNotSent)
        assert (error.status_code, error.provider_message) == (status, "not for this app")
    assert stack.azampay.logins == len(stack.store.written) < VERSIONS_KEPT


def test_the_first_refusals_are_all_taken_for_the_tokens_fault(stack: Stack) -> None:
    stack.azampay.checkouts = 403
    for _ in range(IN_VAIN_LIMIT + 20):
        stack.pay()
        stack.clock.advance(seconds=1)
    assert stack.azampay.logins == 1 + IN_VAIN_LIMIT
    assert "AzamPay means the app" in str(stack.pay())


def test_when_checkouts_are_taken_again_so_are_payments(stack: Stack) -> None:
    stack.azampay.checkouts = 403
    for _ in range(IN_VAIN_LIMIT + 1):
        stack.pay()
    stack.azampay.checkouts = None
    assert [stack.pay() for _ in range(CONTAINERS)] == [None] * CONTAINERS


def test_later_a_refused_token_is_renewed_again(stack: Stack) -> None:
    stack.azampay.checkouts = 403
    for _ in range(IN_VAIN_LIMIT + 1):
        stack.pay()
    stack.azampay.checkouts = None
    stack.azampay.revoke()
    assert isinstance(stack.pay(), PaymentNotSent)
    stack.clock.advance(seconds=IN_VAIN_INTERVAL.total_seconds())
    stack.refresh(RefreshRequest())
    stack.azampay.revoke()
    assert stack.pay() is None


def test_a_token_that_is_revoked_all_day_is_renewed_each_time(stack: Stack) -> None:
    for number in range(MINUTES_A_DAY):
        stack.minute(number)
        if number % 5 == 0:
            stack.azampay.revoke()
        assert stack.pay() is None
    assert stack.azampay.logins == len(stack.store.written) >= MINUTES_A_DAY / 5


def test_tokens_that_the_schedule_made_and_azampay_revoked_are_not_counted(stack: Stack) -> None:
    for _ in range(2 * IN_VAIN_LIMIT):
        stack.clock.advance(minutes=31)
        stack.refresh(RefreshRequest())
        stack.clock.advance(minutes=1)
        stack.azampay.revoke()
        # A container that remembers the token before is refused the store's, too.
        came = [stack.pay() for _ in range(3 * CONTAINERS)]
        assert came[-CONTAINERS:] == [None] * CONTAINERS


def test_a_payment_is_not_sent_where_it_cannot_be_known_whether_renewing_helps(
    stack: Stack,
) -> None:
    stack.azampay.revoke()
    stack.table.faults.fail(StoreUnavailable("no"), "guard.get")
    assert isinstance(stack.pay(), PaymentNotSent)
    assert stack.pay() is None


def test_what_cannot_be_counted_changes_nothing_for_the_payment(stack: Stack) -> None:
    stack.azampay.checkouts = 403
    # Taking the guard and freeing it are the first two writes.
    stack.table.faults.fail(StoreUnavailable("no"), "guard.update", skip=2)
    error = stack.pay()
    assert isinstance(error, PaymentNotSent)
    assert error.status_code == 403


def test_a_token_refused_to_many_counts_once(stack: Stack) -> None:
    rationed = stack.rationed()
    for _ in range(100):
        rationed.was_in_vain("one")
    for other in ("two", "three"):
        assert rationed("whatever was refused") is True
        rationed.was_in_vain(other)
    with pytest.raises(StoreUnavailable, match="not the token"):
        rationed("whatever was refused")
    assert rationed(None) is True  # one that is out is replaced all the same
