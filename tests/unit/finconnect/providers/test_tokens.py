"""Tokens kept in memory: asked for once, given up in time, renewed once for many."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from finconnect.errors import AuthenticationError
from finconnect.providers.base import AccessToken, fingerprint
from finconnect.providers.tokens import InMemoryTokens

NOON = datetime(2026, 4, 27, 12, tzinfo=UTC)


@dataclass
class Authenticator:
    """Makes token-1, token-2, … with an hour to live, or raises."""

    now: datetime = NOON
    calls: int = 0
    error: AuthenticationError | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> AccessToken:
        with self.lock:
            self.calls += 1
        if self.error:
            raise self.error
        return AccessToken(f"token-{self.calls}", self.now, self.now + timedelta(hours=1))

    def clock(self) -> datetime:
        return self.now


@pytest.fixture
def authenticator() -> Authenticator:
    return Authenticator()


@pytest.fixture
def tokens(authenticator: Authenticator) -> InMemoryTokens:
    return InMemoryTokens(authenticator, clock=authenticator.clock)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (timedelta(0), "token-1"),
        (timedelta(minutes=58, seconds=59), "token-1"),
        (timedelta(minutes=59), "token-2"),
        (timedelta(hours=2), "token-2"),
    ],
)
def test_a_token_is_used_until_a_minute_before_its_end(
    authenticator: Authenticator, tokens: InMemoryTokens, later: timedelta, expected: str
) -> None:
    tokens.token()
    authenticator.now += later
    assert tokens.token().value == expected


def test_a_refused_token_is_replaced(tokens: InMemoryTokens) -> None:
    assert tokens.renew(tokens.token()).value == "token-2"
    assert tokens.token().value == "token-2"


def test_a_token_that_was_replaced_already_is_not_replaced_again(
    authenticator: Authenticator, tokens: InMemoryTokens
) -> None:
    refused = tokens.token()
    tokens.renew(refused)
    assert tokens.renew(refused).value == "token-2"
    assert authenticator.calls == 2


def test_a_renewal_without_a_token_authenticates(tokens: InMemoryTokens) -> None:
    assert tokens.renew(AccessToken("foreign", NOON, NOON)).value == "token-1"


def test_many_threads_that_are_refused_at_once_ask_once(
    authenticator: Authenticator, tokens: InMemoryTokens
) -> None:
    refused = tokens.token()
    with ThreadPoolExecutor(20) as threads:
        renewed = list(threads.map(tokens.renew, [refused] * 100))
    assert {token.value for token in renewed} == {"token-2"}
    assert authenticator.calls == 2


def test_a_failing_authenticator_is_told_and_asked_again_next_time(
    authenticator: Authenticator, tokens: InMemoryTokens
) -> None:
    authenticator.error = AuthenticationError("locked")
    with pytest.raises(AuthenticationError, match="locked"):
        tokens.token()
    authenticator.error = None
    assert tokens.token().value == "token-2"


def test_a_fingerprint_tells_tokens_apart_without_showing_them() -> None:
    assert fingerprint("abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


@pytest.mark.parametrize(
    ("lifetime", "age", "usable"),
    [(3600, 3539, True), (3600, 3540, False), (60, 44, True), (60, 45, False), (240, 180, False)],
)
def test_a_token_is_used_until_a_minute_or_a_quarter_before_its_end(
    lifetime: int, age: int, usable: bool
) -> None:
    # AzamPay's shortest is a minute: with the whole minute as margin it could never be used.
    token = AccessToken("token", NOON, NOON + timedelta(seconds=lifetime))
    assert token.is_usable(NOON + timedelta(seconds=age)) is usable
