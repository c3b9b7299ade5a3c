"""Why a callback is believed: the keys at hand, a key fetched anew, or the URL's secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from finconnect.payments.errors import (
    SignatureRefused,
    StoreUnavailable,
    VerificationUnavailable,
)
from finconnect.payments.model import Verification
from finconnect.payments.telemetry import Fact
from finconnect.payments.verify import FetchState, UnsignedCallbacks, VerifyCallback
from finconnect.providers.azampay.callback import AzampayCallbacks
from tests.fakes.signing import azampay_key, callback_body, other_key, public_pem
from tests.fakes.stores import FakeFetching, FakeKeys
from tests.fakes.telemetry import RecordingTelemetry

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa


class Claims(FakeFetching):
    """A fetch whose claim is told otherwise."""

    def __init__(self, claim: Callable[[], FetchState]) -> None:
        super().__init__()
        self._claim = claim

    def claim(self) -> FetchState:
        return self._claim()


OURS = azampay_key()
NEXT = other_key(1)
FOREIGN = other_key(2)


@dataclass(slots=True)
class Verifier:
    """The use case with everything around it faked."""

    keys: FakeKeys = field(default_factory=FakeKeys)
    fetching: FakeFetching = field(default_factory=FakeFetching)
    unsigned: UnsignedCallbacks = UnsignedCallbacks.REJECT
    heard: RecordingTelemetry = field(default_factory=RecordingTelemetry)

    def __call__(self, key: rsa.RSAPrivateKey | None) -> Verification:
        reader = AzampayCallbacks()
        verify = VerifyCallback(reader, self.keys, self.fetching, self.unsigned, self.heard)
        return verify(reader.parse_callback(callback_body(key)))

    def holds(self, *keys: rsa.RSAPrivateKey) -> None:
        self.keys.cached = self.keys.stored = pems(*keys)

    def fetches(self, *keys: rsa.RSAPrivateKey) -> None:
        def fetch() -> bool:
            self.keys.stored = pems(*keys)
            return True

        self.fetching.fetches = fetch


@pytest.fixture
def verify() -> Verifier:
    return Verifier()


def pems(*keys: rsa.RSAPrivateKey) -> list[str]:
    return [public_pem(key) for key in keys]


def test_a_signature_by_the_current_key_is_believed_without_asking_anybody(
    verify: Verifier,
) -> None:
    verify.holds(OURS)
    assert verify(OURS) is Verification.SIGNATURE
    assert verify.keys.rereads == []
    assert verify.fetching.asked == 0


def test_a_signature_by_the_previous_key_is_believed_without_asking_anybody(
    verify: Verifier,
) -> None:
    verify.holds(NEXT, OURS)
    assert verify(OURS) is Verification.SIGNATURE
    assert verify.fetching.asked == 0


def test_a_key_that_another_container_has_fetched_is_found_in_the_store(
    verify: Verifier,
) -> None:
    verify.holds(OURS)
    verify.keys.stored = pems(NEXT, OURS)
    assert verify(NEXT) is Verification.SIGNATURE
    assert verify.fetching.asked == 0


def test_a_key_that_nobody_has_yet_is_fetched_and_tried_once_more(verify: Verifier) -> None:
    verify.holds(OURS)
    verify.fetches(NEXT, OURS)
    assert verify(NEXT) is Verification.SIGNATURE
    assert verify.fetching.fetched == 1
    assert verify.keys.rereads[-1] is True


def test_a_forged_signature_is_refused_after_one_fetch(verify: Verifier) -> None:
    verify.holds(OURS)
    verify.fetches(OURS)
    with pytest.raises(SignatureRefused):
        verify(FOREIGN)
    assert verify.fetching.fetched == 1
    assert verify.heard.facts == [Fact.CALLBACK_FORGED]


def test_a_forged_signature_is_refused_without_a_fetch_while_none_is_due(
    verify: Verifier,
) -> None:
    verify.holds(OURS)
    verify.fetching.state = FetchState.FETCHED
    with pytest.raises(SignatureRefused):
        verify(FOREIGN)
    assert verify.fetching.fetched == 0
    # What was fetched a moment ago may be newer than what this container has in memory.
    assert verify.keys.rereads == [False, True]


def test_a_signature_that_does_not_verify_while_nobody_may_fetch_may_yet_be_genuine(
    verify: Verifier,
) -> None:
    verify.holds(OURS)
    verify.fetching.state = FetchState.UNSETTLED
    with pytest.raises(VerificationUnavailable):
        verify(NEXT)
    assert verify.fetching.fetched == 0
    assert verify.heard.facts == [Fact.CALLBACK_UNVERIFIABLE]


def test_a_store_that_still_gives_out_the_key_of_before_the_fetch_refutes_nothing(
    verify: Verifier,
) -> None:
    verify.holds(OURS)
    verify.fetching.fetches = lambda: True  # and what it brought is not to be read yet
    verify.keys.fresh = False
    with pytest.raises(VerificationUnavailable):
        verify(NEXT)
    assert verify.heard.facts == [Fact.CALLBACK_UNVERIFIABLE]


def test_a_rotation_during_a_fetch_that_failed_is_deferred_and_then_believed(
    verify: Verifier,
) -> None:
    verify.holds(OURS)
    verify.fetching.fetches = _no_key
    for _ in range(3):
        with pytest.raises(VerificationUnavailable):
            verify(NEXT)
    assert verify.fetching.fetched == 1
    # Five minutes later the fetch is due again, and the provider answers this time.
    verify.fetching.state = FetchState.DUE
    verify.fetches(NEXT, OURS)
    assert verify(NEXT) is Verification.SIGNATURE
    assert verify(OURS) is Verification.SIGNATURE


def test_a_key_that_somebody_fetched_meanwhile_is_believed(verify: Verifier) -> None:
    verify.holds(OURS)
    claim = verify.fetching.claim

    def slow_claim() -> FetchState:
        verify.keys.stored = pems(NEXT, OURS)
        verify.fetching.state = FetchState.FETCHED
        return claim()

    verify.fetching = Claims(slow_claim)
    assert verify(NEXT) is Verification.SIGNATURE


def test_a_key_that_somebody_put_there_by_hand_and_is_none_proves_nothing(
    verify: Verifier,
) -> None:
    verify.keys.cached = verify.keys.stored = ["no key at all", *pems(OURS)]
    assert verify(OURS) is Verification.SIGNATURE
    assert verify.heard.facts == [Fact.KEY_UNAVAILABLE]


def test_garbage_causes_one_fetch_however_much_of_it_comes(verify: Verifier) -> None:
    verify.holds(OURS)
    verify.fetches(OURS)
    for _ in range(20):
        with pytest.raises(SignatureRefused):
            verify(FOREIGN)
    assert verify.fetching.fetched == 1


def _no_key() -> bool:
    return False


def _store_fails() -> bool:
    raise StoreUnavailable("no")


@pytest.mark.parametrize("fetches", [_no_key, _store_fails])
@pytest.mark.parametrize("keys", [(), (OURS,)])
def test_a_fetch_that_fails_leaves_the_callback_neither_believed_nor_refused(
    verify: Verifier, fetches: object, keys: tuple[rsa.RSAPrivateKey, ...]
) -> None:
    verify.holds(*keys)
    verify.fetching.fetches = fetches  # type: ignore[assignment]
    with pytest.raises(VerificationUnavailable):
        verify(NEXT)
    assert verify.heard.facts == [Fact.CALLBACK_UNVERIFIABLE]


def test_without_any_key_and_no_fetch_due_nothing_is_believed_or_refused(
    verify: Verifier,
) -> None:
    for state in (FetchState.UNSETTLED, FetchState.FETCHED):
        verify.fetching.state = state
        with pytest.raises(VerificationUnavailable):
            verify(OURS)


def test_the_first_key_of_all_is_fetched_and_believed(verify: Verifier) -> None:
    verify.fetches(OURS)
    assert verify(OURS) is Verification.SIGNATURE


def test_without_a_signature_a_callback_is_refused_by_default(verify: Verifier) -> None:
    verify.holds(OURS)
    with pytest.raises(SignatureRefused):
        verify(None)
    assert "UnsignedCallbacks=accept" in str(verify.heard.details(Fact.CALLBACK_UNSIGNED)["hint"])
    assert verify.fetching.asked == 0


def test_without_a_signature_a_callback_is_believed_for_its_url_where_that_is_chosen(
    verify: Verifier,
) -> None:
    verify.unsigned = UnsignedCallbacks.ACCEPT
    assert verify(None) is Verification.URL_SECRET
    assert verify.heard.facts == []


def test_a_wrong_signature_is_refused_even_where_unsigned_ones_are_taken(
    verify: Verifier,
) -> None:
    verify.unsigned = UnsignedCallbacks.ACCEPT
    verify.holds(OURS)
    verify.fetches(OURS)
    with pytest.raises(SignatureRefused):
        verify(FOREIGN)
