"""What a warm container keeps, and when it looks again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from finconnect.errors import AuthenticationError
from finconnect.payments.aws.caches import CachedKeys, CachedTokens
from finconnect.payments.errors import StoreUnavailable
from finconnect.payments.refresh_key import KeyRing
from finconnect.providers.base import AccessToken, fingerprint
from tests.fakes.clock import START, FakeClock
from tests.fakes.stores import InMemoryKeyStore, InMemoryTokenStore

HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Container:
    """A container with its tokens; ``asked`` are the fingerprints that it had refreshed."""

    clock: FakeClock = field(default_factory=FakeClock)
    store: InMemoryTokenStore = field(default_factory=InMemoryTokenStore)
    asked: list[str | None] = field(default_factory=list)
    refreshes: bool = True
    tokens: CachedTokens = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = CachedTokens(self.store, self.ask, self.clock)

    def ask(self, refused: str | None) -> bool:
        self.asked.append(refused)
        if not self.refreshes:
            raise StoreUnavailable("token_refresh failed: its log says why")
        self.has(f"token-{len(self.asked)}")
        return True

    def has(self, value: str, lifetime: timedelta = HOUR) -> AccessToken:
        now = self.clock()
        self.store.token = AccessToken(value, now, now + lifetime)
        return self.store.token


@pytest.fixture
def container() -> Container:
    return Container()


def test_the_stored_token_is_read_once_and_kept(container: Container) -> None:
    container.has("stored")
    values = [container.tokens.token().value for _ in range(3)]
    assert values == ["stored"] * 3
    assert container.store.faults.calls == ["tokens.read"]
    assert container.asked == []


def test_without_a_token_one_is_asked_for(container: Container) -> None:
    assert container.tokens.token().value == "token-1"
    assert container.asked == [None]


def test_a_token_is_read_again_a_minute_before_its_end(container: Container) -> None:
    container.has("stored")
    container.tokens.token()
    container.clock.advance(minutes=58.9)
    assert container.tokens.token().value == "stored"
    container.has("newer")
    container.clock.advance(minutes=0.2)
    assert container.tokens.token().value == "newer"
    assert container.asked == []


def test_a_refused_token_is_read_again_before_another_is_asked_for(container: Container) -> None:
    refused = container.has("stored")
    container.tokens.token()
    container.has("newer")
    assert container.tokens.renew(refused).value == "newer"
    assert container.asked == []
    assert container.tokens.token().value == "newer"


def test_a_refused_token_that_is_still_stored_is_refreshed_by_its_fingerprint(
    container: Container,
) -> None:
    refused = container.has("stored")
    assert container.tokens.renew(refused).value == "token-1"
    assert container.asked == [fingerprint("stored")]


@pytest.mark.parametrize(("seconds", "told"), [(0, True), (29.9, True), (30, False)])
def test_renewing_was_in_vain_only_where_the_token_was_just_made(
    container: Container, seconds: float, told: bool
) -> None:
    in_vain: list[str] = []
    tokens = CachedTokens(
        container.store, lambda _: True, container.clock, tell_in_vain=in_vain.append
    )
    renewed = container.has("renewed")
    container.clock.advance(seconds=seconds)
    tokens.was_in_vain(renewed)
    assert in_vain == [fingerprint("renewed")] * told


def test_a_refresh_that_gives_the_refused_token_again_is_no_token(container: Container) -> None:
    refused = container.has("stored")
    stubborn = CachedTokens(container.store, lambda _: True, container.clock)
    with pytest.raises(AuthenticationError, match="refused"):
        stubborn.renew(refused)


def test_without_a_token_to_be_had_the_log_of_token_refresh_is_named(
    container: Container,
) -> None:
    container.refreshes = False
    with pytest.raises(AuthenticationError, match="token_refresh"):
        container.tokens.token()


def test_a_refresh_that_leaves_no_token_is_said_so(container: Container) -> None:
    idle = CachedTokens(container.store, lambda _: True, container.clock)
    with pytest.raises(AuthenticationError, match="no token yet"):
        idle.token()


def test_a_store_that_cannot_be_read_gives_no_token(container: Container) -> None:
    container.store.faults.fail(StoreUnavailable("no"), "tokens.read")
    with pytest.raises(AuthenticationError):
        container.tokens.token()


def test_a_failing_refresh_leaves_the_stored_token_in_use_until_it_expires(
    container: Container,
) -> None:
    container.has("stored", lifetime=timedelta(seconds=45))
    container.refreshes = False
    assert container.tokens.token().value == "stored"


@pytest.fixture
def keys() -> InMemoryKeyStore:
    return InMemoryKeyStore(KeyRing("current", "previous", None, START))


def test_keys_are_read_once_in_five_minutes(keys: InMemoryKeyStore) -> None:
    clock = FakeClock()
    cached = CachedKeys(keys, clock)
    assert [*cached.keys()] == [*cached.keys()] == ["current", "previous"]
    assert len(keys.faults.calls) == 1
    clock.advance(minutes=5)
    cached.keys()
    assert len(keys.faults.calls) == 2


def test_a_failing_signature_reads_them_again_but_not_within_seconds(
    keys: InMemoryKeyStore,
) -> None:
    clock = FakeClock()
    cached = CachedKeys(keys, clock)
    cached.keys()
    keys.ring = keys.ring.with_key("next", START)
    assert [*cached.reread()] == ["current", "previous"]
    assert [*cached.reread(force=True)] == ["next", "current"]
    clock.advance(seconds=10)
    cached.reread()
    assert len(keys.faults.calls) == 3


def test_keys_are_fresh_for_half_a_minute_after_they_were_fetched(keys: InMemoryKeyStore) -> None:
    clock = FakeClock()
    cached = CachedKeys(keys, clock)
    assert not cached.are_fresh()
    cached.keys()
    assert not cached.are_fresh()  # nobody knows when these were fetched
    keys.ring = keys.ring.with_key("next", START)
    clock.advance(seconds=29.9)
    cached.reread(force=True)
    assert cached.are_fresh()
    clock.advance(seconds=0.1)
    assert not cached.are_fresh()


def test_no_keys_are_no_keys() -> None:
    assert [*CachedKeys(InMemoryKeyStore(), FakeClock()).keys()] == []


def test_a_store_that_fails_is_not_taken_for_one_without_keys(keys: InMemoryKeyStore) -> None:
    keys.faults.fail(StoreUnavailable("no"))
    with pytest.raises(StoreUnavailable):
        CachedKeys(keys, FakeClock()).keys()
