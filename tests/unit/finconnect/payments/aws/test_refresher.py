"""However many callers a token was refused to, the authenticator is asked once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from finconnect.errors import AuthenticationError
from finconnect.payments.aws.caches import CachedTokens
from finconnect.payments.aws.refresher import (
    FETCH_INTERVAL,
    REFRESH_PATIENCE,
    REFUSED_PAUSE,
    LambdaRefresher,
    RationedKeyFetching,
    RationedTokenRefresh,
)
from finconnect.payments.errors import StoreUnavailable
from finconnect.payments.refresh_token import RefreshToken
from finconnect.payments.verify import FRESH, FetchState
from finconnect.providers.base import AccessToken, fingerprint
from tests.fakes.clock import START, FakeClock
from tests.fakes.faults import ProcessDied, When
from tests.fakes.guard_table import InMemoryGuardTable
from tests.fakes.ledger_contract import in_threads
from tests.fakes.provider import FakeProvider
from tests.fakes.stores import InMemoryTokenStore
from tests.fakes.telemetry import RecordingTelemetry

CALLERS = 100


class FakeRefresher(LambdaRefresher):
    """The token_refresh function without Lambda between: its errors arrive as Lambda's do."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.invoked = 0
        self.fetches: list[bool | Exception] = [True]
        self.meanwhile: Callable[[], object] = lambda: None

    def refresh_token(self, refused: str | None) -> None:
        """Have the token refreshed."""
        self.invoked += 1
        try:
            self.stack.token_refresh(refused)
        except (AuthenticationError, StoreUnavailable) as error:
            raise StoreUnavailable("token_refresh failed: its log says why") from error

    def refetch_public_key(self) -> bool:
        """Have the key fetched."""
        self.invoked += 1
        self.meanwhile()
        found = self.fetches.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class Stack:
    """One table, one secret, one authenticator, and as many containers as are asked for."""

    clock: FakeClock = field(default_factory=FakeClock)
    table: InMemoryGuardTable = field(default_factory=InMemoryGuardTable)
    store: InMemoryTokenStore = field(default_factory=InMemoryTokenStore)
    pause_seconds: float = 0.0001

    def __post_init__(self) -> None:
        self.provider = FakeProvider(clock=self.clock)
        self.token_refresh = RefreshToken(
            self.provider, self.store, RecordingTelemetry(), self.clock
        )
        self.refresher = FakeRefresher(self)
        self.has("refused")

    def has(self, value: str, lifetime: timedelta = timedelta(hours=1)) -> AccessToken:
        now = self.clock()
        self.store.token = AccessToken(value, now, now + lifetime)
        return self.store.token

    def rationed(self) -> RationedTokenRefresh:
        return RationedTokenRefresh(
            self.table.client, "payments", "azampay", self.refresher, self.clock
        )

    def guard_says(self, outcome: str) -> None:
        """As if the holder of the guard had noted it."""
        (row,) = self.table.rows.values()
        row["outcome"] = {"S": outcome}

    def container(self) -> CachedTokens:
        # A pause lets the other threads run, and the clock with them: nobody really waits.
        def pause() -> None:
            time.sleep(0)
            self.clock.advance(seconds=self.pause_seconds)

        return CachedTokens(self.store, self.rationed(), self.clock, pause)

    def all_at_once(self, refused: AccessToken) -> list[str]:
        start, got = threading.Barrier(CALLERS), list[str]()

        def call() -> None:
            container = self.container()
            start.wait()
            try:
                got.append(container.renew(refused).value)
            except AuthenticationError as error:
                got.append(f"error: {error}")

        in_threads([call] * CALLERS)
        return got


@pytest.fixture
def stack() -> Stack:
    return Stack()


def test_a_token_refused_to_a_hundred_callers_at_once_is_refreshed_once(stack: Stack) -> None:
    refused = stack.store.token
    assert refused is not None
    assert stack.all_at_once(refused) == ["token-1"] * CALLERS
    assert stack.provider.tokens_given == 1
    assert len(stack.store.written) == 1


def test_a_hundred_callers_without_any_token_cost_one_call_too(stack: Stack) -> None:
    stack.store.token = None
    start, got = threading.Barrier(CALLERS), list[str]()

    def call() -> None:
        container = stack.container()
        start.wait()
        got.append(container.token().value)

    in_threads([call] * CALLERS)
    assert got == ["token-1"] * CALLERS
    assert stack.provider.tokens_given == 1


def test_an_authenticator_that_is_down_is_not_asked_by_each_of_them(stack: Stack) -> None:
    stack.provider.faults.fail(AuthenticationError("down"), times=None)
    stack.pause_seconds = 0.01
    refused = stack.store.token
    assert refused is not None
    got = stack.all_at_once(refused)
    assert all(each.startswith("error: ") for each in got)
    assert len(got) == CALLERS
    assert stack.provider.faults.calls.count("provider.authenticate") == 1
    # The pause after the failure was never over: all gave up because they were told.
    assert stack.clock() - START < REFUSED_PAUSE
    assert stack.store.token == refused


def test_who_waits_for_a_refresh_that_fails_gives_up_at_his_next_look(stack: Stack) -> None:
    refused = stack.store.token
    assert refused is not None
    looks = list[datetime]()

    def fail_later() -> None:
        looks.append(stack.clock())
        if len(looks) == 3:
            stack.guard_says(outcome="failed")
        stack.clock.advance(seconds=0.25)

    stack.provider.faults.fail(ProcessDied(), "provider.authenticate")
    with pytest.raises(ProcessDied):
        stack.rationed()(fingerprint("refused"))
    waiter = CachedTokens(stack.store, stack.rationed(), stack.clock, fail_later)
    with pytest.raises(AuthenticationError, match="just failed"):
        waiter.renew(refused)
    assert len(looks) == 3
    assert stack.clock() - START < timedelta(seconds=1)


def test_a_refresh_that_only_seemed_to_fail_is_used_by_all_who_waited(stack: Stack) -> None:
    refused = stack.store.token
    assert refused is not None
    stack.store.faults.fail(StoreUnavailable("no answer"), "tokens.write", when=When.AFTER)
    assert stack.container().renew(refused).value == "token-1"
    assert stack.container().renew(refused).value == "token-1"
    assert stack.refresher.invoked == 1


def test_a_token_that_is_about_to_expire_is_used_at_once_when_its_refresh_has_failed(
    stack: Stack,
) -> None:
    hour_ago, soon = START - timedelta(hours=1), START + timedelta(seconds=45)
    stack.store.token = AccessToken("last-minute", hour_ago, soon)
    stack.provider.faults.fail(AuthenticationError("down"), times=None)
    assert stack.container().token().value == "last-minute"
    assert stack.container().token().value == "last-minute"
    assert stack.clock() == START
    assert stack.provider.faults.calls.count("provider.authenticate") == 1


def test_a_guard_that_was_lost_meanwhile_is_not_given_away(stack: Stack) -> None:
    def overtaken() -> None:
        stack.clock.advance(seconds=REFRESH_PATIENCE.total_seconds())
        # Another one takes it, and is not done: its invocation dies.
        stack.provider.faults.fail(ProcessDied(), "provider.authenticate")
        with pytest.raises(ProcessDied):
            stack.rationed()(fingerprint("refused"))

    stack.provider.faults.meanwhile(overtaken)
    assert stack.rationed()(fingerprint("refused")) is True
    assert stack.rationed()(None) is False


def test_while_somebody_refreshes_the_others_are_told_at_once(stack: Stack) -> None:
    told: list[bool] = []
    stack.provider.faults.meanwhile(lambda: told.append(stack.rationed()("x")))
    assert stack.rationed()(fingerprint("refused")) is True
    assert told == [False]
    assert stack.refresher.invoked == 1


def test_the_guard_is_free_again_as_soon_as_the_refresh_is_done(stack: Stack) -> None:
    assert stack.rationed()("one") is True
    assert stack.rationed()("another") is True


@pytest.mark.parametrize("when", list(When))
def test_a_refresher_that_dies_keeps_the_others_waiting_for_its_patience_only(
    stack: Stack, when: When
) -> None:
    stack.provider.faults.fail(ProcessDied(), "provider.authenticate", when=when)
    with pytest.raises(ProcessDied):
        stack.rationed()(fingerprint("refused"))
    stack.clock.advance(seconds=REFRESH_PATIENCE.total_seconds() - 1)
    assert stack.rationed()(None) is False
    stack.clock.advance(seconds=1)
    assert stack.rationed()(None) is True


def test_after_a_refresh_that_failed_the_next_one_waits_a_moment(stack: Stack) -> None:
    stack.provider.faults.fail(AuthenticationError("down"))
    stack.has("old", timedelta(0))
    with pytest.raises(StoreUnavailable):
        stack.rationed()(None)
    with pytest.raises(StoreUnavailable, match="just failed"):
        stack.rationed()(None)
    assert stack.refresher.invoked == 1
    stack.clock.advance(seconds=REFUSED_PAUSE.total_seconds())
    assert stack.rationed()(None) is True


def test_who_waits_in_vain_says_so_and_does_not_wait_for_ever(stack: Stack) -> None:
    refused = stack.store.token
    assert refused is not None
    waits: list[None] = []

    def pause() -> None:
        waits.append(None)
        stack.clock.advance(seconds=0.25)

    tokens = CachedTokens(stack.store, lambda _: False, stack.clock, pause)
    with pytest.raises(AuthenticationError, match="refused"):
        tokens.renew(refused)
    assert 30 <= len(waits) <= 34


def test_a_guard_that_cannot_be_written_gives_no_token(stack: Stack) -> None:
    refused = stack.store.token
    assert refused is not None
    stack.table.faults.fail(StoreUnavailable("no"), times=None)
    with pytest.raises(AuthenticationError):
        stack.container().renew(refused)
    assert stack.provider.tokens_given == 0


def fetching(stack: Stack) -> RationedKeyFetching:
    return RationedKeyFetching(
        stack.table.client, "payments", "azampay", stack.refresher, stack.clock
    )


def test_a_fetch_is_due_once_and_told_apart_while_it_lasts(stack: Stack) -> None:
    one, other = fetching(stack), fetching(stack)
    assert one.claim() is FetchState.DUE
    assert other.claim() is FetchState.UNSETTLED
    assert one.fetch() is True
    assert other.claim() is FetchState.FETCHED
    stack.clock.advance(seconds=FETCH_INTERVAL.total_seconds())
    assert other.claim() is FetchState.DUE
    assert one.claim() is FetchState.UNSETTLED


def test_a_key_that_was_fetched_half_a_minute_ago_proves_no_forgery_any_more(stack: Stack) -> None:
    one, other = fetching(stack), fetching(stack)
    one.claim()
    one.fetch()
    stack.clock.advance(seconds=FRESH.total_seconds() - 0.001)
    assert other.claim() is FetchState.FETCHED
    stack.clock.advance(seconds=0.001)
    for _ in range(27):
        assert other.claim() is FetchState.UNSETTLED
        stack.clock.advance(seconds=10)
    assert other.claim() is FetchState.DUE


def test_a_key_is_as_old_as_the_question_and_not_as_the_answer(stack: Stack) -> None:
    one = fetching(stack)
    one.claim()
    stack.refresher.meanwhile = lambda: stack.clock.advance(seconds=12)
    one.fetch()
    stack.clock.advance(seconds=FRESH.total_seconds() - 12)
    assert fetching(stack).claim() is FetchState.UNSETTLED


def test_a_fetch_that_cannot_be_noted_is_a_fetch_all_the_same(stack: Stack) -> None:
    one = fetching(stack)
    one.claim()
    stack.table.faults.fail(StoreUnavailable("no"))
    assert one.fetch() is True
    assert fetching(stack).claim() is FetchState.UNSETTLED


@pytest.mark.parametrize("found", [False, StoreUnavailable("no")])
def test_a_fetch_that_failed_stays_unsettled(stack: Stack, found: bool | Exception) -> None:
    stack.refresher.fetches = [found]
    one = fetching(stack)
    one.claim()
    if isinstance(found, Exception):
        with pytest.raises(StoreUnavailable):
            one.fetch()
    else:
        assert one.fetch() is False
    assert fetching(stack).claim() is FetchState.UNSETTLED
