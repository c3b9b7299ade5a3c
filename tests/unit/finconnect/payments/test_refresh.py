"""Keeping the token and the key fresh, and asking the provider as seldom as possible."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finconnect.errors import AuthenticationError, PublicKeyError
from finconnect.payments.errors import StoreUnavailable
from finconnect.payments.refresh import Refresh, RefreshRequest
from finconnect.payments.refresh_key import NEVER_FETCHED, KeyRing, RefreshPublicKey
from finconnect.payments.refresh_token import RefreshToken, StoredTokens, TryCredentials
from finconnect.payments.refreshed import Refreshed
from finconnect.payments.telemetry import Fact
from finconnect.providers.base import AccessToken, fingerprint
from tests.fakes.clock import START, FakeClock
from tests.fakes.faults import When
from tests.fakes.provider import FakeProvider
from tests.fakes.stores import InMemoryKeyStore, InMemoryTokenStore
from tests.fakes.telemetry import RecordingTelemetry

HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Desk:
    """The use case with everything around it faked."""

    clock: FakeClock = field(default_factory=FakeClock)
    tokens: InMemoryTokenStore = field(default_factory=InMemoryTokenStore)
    keys: InMemoryKeyStore = field(default_factory=InMemoryKeyStore)
    heard: RecordingTelemetry = field(default_factory=RecordingTelemetry)
    provider: FakeProvider = field(init=False)
    tried: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.provider = FakeProvider(clock=self.clock)

    def refresh(self, **request: Any) -> dict[str, str]:  # noqa: ANN401
        token = self.refresh_token
        key = RefreshPublicKey(self.provider, self.keys, self.heard, self.clock)
        trial = TryCredentials(self.authenticate, self.tokens, self.heard)
        return Refresh(token, key, trial)(RefreshRequest(**request))

    def authenticate(self, version: str) -> AccessToken:
        self.tried.append(version)
        return self.provider.authenticate()

    @property
    def refresh_token(self) -> RefreshToken:
        return RefreshToken(self.provider, self.tokens, self.heard, self.clock)

    def has_token(self, value: str = "old", lifetime: timedelta = HOUR) -> AccessToken:
        self.tokens.token = AccessToken(value, START, START + lifetime)
        return self.tokens.token


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_first_run_fetches_both(desk: Desk) -> None:
    assert desk.refresh() == {"token": "refreshed", "public_key": "refreshed"}
    assert desk.tokens.token is not None
    assert desk.tokens.token.value == "token-1"
    assert desk.keys.ring == KeyRing("a key", None, START)


@pytest.mark.parametrize(
    ("minutes", "result"),
    [(0, "current"), (29, "current"), (30, "refreshed"), (59, "refreshed"), (61, "refreshed")],
)
def test_a_token_is_refreshed_when_half_its_life_is_gone(
    desk: Desk, minutes: int, result: str
) -> None:
    desk.has_token()
    desk.clock.advance(minutes=minutes)
    assert desk.refresh()["token"] == result
    assert desk.provider.tokens_given == int(result == "refreshed")


def test_the_secret_is_written_only_when_there_is_a_new_token(desk: Desk) -> None:
    for _ in range(6):
        desk.refresh()
        desk.clock.advance(minutes=10)
    assert len(desk.tokens.written) == 2


@given(
    life=st.integers(1, 90),
    pauses=st.lists(st.floats(0, 25), min_size=1, max_size=30),
)
def test_the_secret_is_written_once_in_ten_minutes_unless_the_token_is_out(
    life: int, pauses: list[float]
) -> None:
    desk = Desk()
    desk.provider.lifetime = timedelta(minutes=life)
    for pause in pauses:
        before, stored = len(desk.tokens.written), desk.tokens.token
        desk.refresh()
        assert desk.tokens.token is not None
        assert desk.tokens.token.is_usable(desk.clock())
        if stored is not None and len(desk.tokens.written) > before:
            age = desk.clock() - stored.obtained_at
            assert age >= timedelta(minutes=10) or not stored.is_usable(desk.clock())
        desk.clock.advance(minutes=pause)


def test_a_refused_token_is_replaced_however_young_it_is(desk: Desk) -> None:
    refused = desk.has_token()
    assert desk.refresh(refused_token=fingerprint(refused.value))["token"] == "refreshed"
    assert desk.tokens.token is not None
    assert desk.tokens.token.value == "token-1"


def test_who_was_refused_an_older_token_is_told_that_there_is_another(desk: Desk) -> None:
    desk.has_token("new")
    assert desk.refresh(refused_token=fingerprint("old"))["token"] == "current"
    assert desk.provider.tokens_given == 0


def test_a_hundred_refused_one_after_the_other_cost_one_token(desk: Desk) -> None:
    refused = fingerprint(desk.has_token().value)
    for _ in range(100):
        desk.refresh(refused_token=refused)
    assert desk.provider.tokens_given == 1


def test_another_token_that_has_expired_is_not_current(desk: Desk) -> None:
    desk.has_token("new")
    desk.clock.advance(minutes=61)
    assert desk.refresh(refused_token=fingerprint("old"))["token"] == "refreshed"


def test_a_failing_authenticator_leaves_the_stored_token_and_is_told(desk: Desk) -> None:
    stored = desk.has_token()
    desk.clock.advance(minutes=40)
    desk.provider.faults.fail(AuthenticationError("locked"), "provider.authenticate")
    with pytest.raises(AuthenticationError, match=r"^Authentication failed: locked"):
        desk.refresh()
    assert desk.tokens.token is stored
    assert "locked" in str(desk.heard.details(Fact.TOKEN_REFRESH_FAILED)["reason"])


def test_a_secret_that_cannot_be_written_is_told(desk: Desk) -> None:
    desk.tokens.faults.fail(StoreUnavailable("no"), "tokens.write")
    with pytest.raises(StoreUnavailable):
        desk.refresh()
    assert desk.heard.facts == [Fact.TOKEN_REFRESH_FAILED, Fact.TOKEN_MEASURED]


@pytest.mark.parametrize(
    ("minutes", "works", "age", "left"),
    [
        (20, True, 20 * 60, 40 * 60),  # young enough
        (40, True, 0, 60 * 60),  # another one
        (40, False, 40 * 60, 20 * 60),  # none to be had: the old one ages
        (70, False, 70 * 60, -10 * 60),  # and is out
    ],
)
def test_each_run_measures_the_token_that_is_in_place_after_it(
    desk: Desk, minutes: int, works: bool, age: int, left: int
) -> None:
    desk.has_token()
    desk.clock.advance(minutes=minutes)
    if not works:
        desk.provider.faults.fail(AuthenticationError("no"), "provider.authenticate")
    with contextlib.nullcontext() if works else pytest.raises(AuthenticationError):
        desk.refresh_token()
    assert desk.heard.details(Fact.TOKEN_MEASURED) == {"age_seconds": age, "seconds_left": left}


def test_without_any_token_no_time_is_left(desk: Desk) -> None:
    desk.provider.faults.fail(AuthenticationError("not in yet"), "provider.authenticate")
    with pytest.raises(AuthenticationError):
        desk.refresh_token()
    assert desk.heard.details(Fact.TOKEN_MEASURED) == {"seconds_left": 0.0}


@pytest.mark.parametrize(
    ("hours", "works", "age"),
    [(5, True, 5 * 3600), (25, True, 0), (49, False, 49 * 3600)],
)
def test_each_run_measures_the_age_of_the_key(
    desk: Desk, hours: int, works: bool, age: int
) -> None:
    desk.refresh()
    desk.clock.advance(hours=hours)
    if not works:
        desk.provider.faults.fail(PublicKeyError("404"), "provider.public_key")
    desk.heard.told.clear()
    desk.refresh()
    assert desk.heard.details(Fact.KEY_MEASURED) == {"age_seconds": age}


def test_a_key_that_never_was_is_older_than_any(desk: Desk) -> None:
    desk.provider.faults.fail(PublicKeyError("404"), "provider.public_key")
    desk.refresh()
    age = NEVER_FETCHED.total_seconds()
    assert desk.heard.details(Fact.KEY_MEASURED) == {"age_seconds": age}


def test_a_write_whose_answer_was_lost_costs_no_second_token(desk: Desk) -> None:
    desk.tokens.faults.fail(StoreUnavailable("no"), "tokens.write", when=When.AFTER)
    with pytest.raises(StoreUnavailable):
        desk.refresh()
    desk.refresh()
    assert desk.provider.tokens_given == 1


def test_a_secret_that_cannot_be_read_asks_the_provider_for_nothing(desk: Desk) -> None:
    desk.tokens.faults.fail(StoreUnavailable("no"), "tokens.read")
    with pytest.raises(StoreUnavailable):
        desk.refresh()
    assert desk.provider.tokens_given == 0


def test_no_token_is_told_to_the_log(desk: Desk) -> None:
    desk.refresh()
    assert "token-1" not in str(desk.heard.told)


@pytest.mark.parametrize(("hours", "result"), [(23.9, "current"), (24, "refreshed")])
def test_a_key_is_fetched_again_after_a_day(desk: Desk, hours: float, result: str) -> None:
    desk.keys.ring = KeyRing("a key", None, START)
    desk.clock.advance(hours=hours)
    assert desk.refresh()["public_key"] == result


def test_a_key_is_fetched_at_once_when_a_callback_asks_for_it(desk: Desk) -> None:
    desk.keys.ring = KeyRing("a key", None, START)
    desk.provider.public_key = "a new key"
    assert desk.refresh(refetch_public_key=True)["public_key"] == "refreshed"
    assert desk.keys.ring == KeyRing("a new key", "a key", START, replaced_at=START)
    assert desk.heard.details(Fact.KEY_REFRESHED)["changed"] is True


def test_a_replaced_key_counts_for_two_days_and_no_longer() -> None:
    ring = KeyRing("old", None, START).with_key("new", START)
    assert ring.usable(START + timedelta(hours=47)) == ("new", "old")
    assert ring.with_key("new", START + timedelta(hours=24)).usable(
        START + timedelta(hours=47)
    ) == ("new", "old")
    assert ring.usable(START + timedelta(hours=48)) == ("new",)
    assert KeyRing().usable(START) == ()


def test_the_same_key_again_does_not_push_the_previous_one_out(desk: Desk) -> None:
    desk.keys.ring = KeyRing("a key", "an old key", START)
    desk.clock.advance(hours=25)
    desk.refresh()
    assert desk.keys.ring == KeyRing("a key", "an old key", desk.clock())
    assert desk.heard.details(Fact.KEY_REFRESHED)["changed"] is False


def test_two_rotations_leave_the_last_two_keys(desk: Desk) -> None:
    for key in ("one", "two", "three"):
        desk.provider.public_key = key
        desk.refresh(refetch_public_key=True)
    assert (desk.keys.ring.current, desk.keys.ring.previous) == ("three", "two")


@pytest.mark.parametrize("error", [PublicKeyError("404"), AuthenticationError("no token")])
def test_a_provider_without_a_key_leaves_the_stored_ones(desk: Desk, error: Exception) -> None:
    ring = desk.keys.ring = KeyRing("a key", "an old key", START)
    desk.clock.advance(hours=25)
    desk.provider.public_key = error
    assert desk.refresh() == {"token": "refreshed", "public_key": "unavailable"}
    assert desk.keys.ring == ring
    assert Fact.KEY_UNAVAILABLE in desk.heard.facts


def test_who_waits_with_a_refused_token_does_not_wait_for_a_key(desk: Desk) -> None:
    refused = desk.has_token()
    result = desk.refresh(refused_token=fingerprint(refused.value))
    assert result == {"token": "refreshed", "public_key": "current"}
    assert desk.provider.keys_given == 0


def test_a_result_is_plain_text_for_the_caller() -> None:
    assert f"{Refreshed.CURRENT}" == "current"


def test_the_stored_token_serves_the_keys_request(desk: Desk) -> None:
    stored = desk.has_token()
    assert StoredTokens(desk.tokens, desk.refresh_token).token() is stored


def test_without_a_stored_token_there_is_none(desk: Desk) -> None:
    with pytest.raises(AuthenticationError):
        StoredTokens(desk.tokens, desk.refresh_token).token()


def test_a_token_that_the_keys_request_was_refused_is_replaced_if_another_is_due(
    desk: Desk,
) -> None:
    refused = desk.has_token()
    desk.clock.advance(minutes=30)
    renewed = StoredTokens(desk.tokens, desk.refresh_token).renew(refused)
    assert renewed.value == "token-1"
    assert desk.tokens.token is renewed


def test_a_good_token_is_not_replaced_because_the_keys_request_was_refused(desk: Desk) -> None:
    refused = desk.has_token()
    desk.clock.advance(minutes=29)
    with pytest.raises(AuthenticationError, match="no other is due"):
        StoredTokens(desk.tokens, desk.refresh_token).renew(refused)
    assert desk.tokens.token is refused
    assert desk.provider.tokens_given == 0


def test_a_trial_names_the_version_that_was_tried_and_is_no_refresh(desk: Desk) -> None:
    desk.has_token()
    assert desk.refresh(try_credentials="v-2") == {"trial": "taken", "version": "v-2"}
    assert desk.tried == ["v-2"]
    assert [each.value for each in desk.tokens.written] == ["token-1"]


def test_a_refused_trial_names_its_version_and_leaves_the_token(desk: Desk) -> None:
    token = desk.has_token()
    desk.provider.faults.fail(AuthenticationError("no such app"), "provider.authenticate")
    answer = desk.refresh(try_credentials="v-2")
    assert answer["trial"] == "refused"
    assert answer["version"] == "v-2"
    assert "no such app" in answer["reason"]
    assert desk.tokens.token == token
