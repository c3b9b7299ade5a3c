"""The provider changes its key while we may not ask for it: no callback is refused for that.

The verifier, the rationing and the key ring are the real ones; time passes as it is told to.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from finconnect.payments.aws.caches import CachedKeys
from finconnect.payments.aws.refresher import (
    FETCH_INTERVAL,
    LambdaRefresher,
    RationedKeyFetching,
)
from finconnect.payments.deferred import DEFAULT_DELAYS
from finconnect.payments.errors import SignatureRefused, VerificationUnavailable
from finconnect.payments.model import Verification
from finconnect.payments.refresh_key import RefreshPublicKey
from finconnect.payments.verify import FRESH, UnsignedCallbacks, VerifyCallback
from finconnect.providers.azampay.callback import AzampayCallbacks
from finconnect.providers.base import Callback
from tests.fakes.clock import START, FakeClock
from tests.fakes.guard_table import InMemoryGuardTable
from tests.fakes.provider import FakeProvider
from tests.fakes.signing import azampay_key, callback_body, other_key, public_pem
from tests.fakes.stores import InMemoryKeyStore
from tests.fakes.telemetry import RecordingTelemetry

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

GARBAGE = other_key(3)
INTERVAL, SHORT = FETCH_INTERVAL.total_seconds(), FRESH.total_seconds()
DUE = [*itertools.accumulate(DEFAULT_DELAYS)]
"""Seconds after its arrival at which a deferred callback is tried again."""


@cache
def signed_by(key: rsa.RSAPrivateKey) -> Callback:
    return AzampayCallbacks().parse_callback(callback_body(key))


class Refetching(LambdaRefresher):
    """token_refresh without Lambda between."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def refetch_public_key(self) -> bool:
        """Have the key fetched."""
        self._stack.fetched_at.append(self._stack.clock())
        self._stack.refresh(force=True)
        return True


@dataclass
class Stack:
    """The provider, one guard and one parameter, and a container that verifies."""

    clock: FakeClock = field(default_factory=FakeClock)
    fetched_at: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.provider, store = FakeProvider(), InMemoryKeyStore()
        heard = RecordingTelemetry()
        self.signs_with(azampay_key())
        self.refresh = RefreshPublicKey(self.provider, store, heard, self.clock)
        table, refresher = InMemoryGuardTable(), Refetching(self)
        self._verify = VerifyCallback(
            reader=AzampayCallbacks(),
            keys=CachedKeys(store, self.clock),
            fetching=RationedKeyFetching(table.client, "t", "azampay", refresher, self.clock),
            unsigned=UnsignedCallbacks.REJECT,
            telemetry=heard,
        )

    def signs_with(self, key: rsa.RSAPrivateKey) -> None:
        """The provider's key from now on."""
        self.key = key
        self.provider.public_key = public_pem(key)

    def at(self, seconds: float) -> None:
        """It is so many seconds after the start."""
        self.clock.now = START + timedelta(seconds=seconds)

    def judge(self, key: rsa.RSAPrivateKey) -> str:
        """What becomes of a callback that is signed with this key."""
        try:
            return str(self._verify(signed_by(key)))
        except SignatureRefused:
            return "refused"
        except VerificationUnavailable:
            return "deferred"


BELIEVED = str(Verification.SIGNATURE)


def test_one_of_the_tries_falls_after_the_next_permitted_fetch_and_one_is_left() -> None:
    assert DUE == [60, 360, 1260, 4860]
    assert DUE[1] > INTERVAL


@pytest.mark.parametrize("arrives", [SHORT, SHORT + 1, 100, INTERVAL - 1])
def test_a_key_changed_right_after_a_fetch_costs_no_callback(arrives: float) -> None:
    stack = Stack()
    assert stack.judge(azampay_key()) == BELIEVED  # the first fetch
    stack.at(1)
    stack.signs_with(other_key(1))
    stack.at(arrives)
    assert stack.judge(other_key(1)) == "deferred"
    stack.at(arrives + DUE[1])
    assert stack.judge(other_key(1)) == BELIEVED


def test_garbage_is_refused_by_a_key_that_was_fetched_seconds_ago_and_deferred_later() -> None:
    stack = Stack()
    words = []
    for seconds in (0, SHORT - 1, SHORT, INTERVAL - 1, INTERVAL):
        stack.at(seconds)
        words.append(stack.judge(GARBAGE))
    assert words == ["refused", "refused", "deferred", "deferred", "refused"]
    assert len(stack.fetched_at) == 2


@settings(max_examples=300)
@given(
    changes=st.floats(0, INTERVAL),
    arrives=st.floats(0, 2 * INTERVAL),
    noise=st.lists(st.floats(0, 2 * INTERVAL + DUE[1]), max_size=12),
)
@example(changes=29.9, arrives=0.2, noise=[])
def test_whatever_garbage_comes_between_a_new_key_is_found_in_time(
    changes: float, arrives: float, noise: Sequence[float]
) -> None:
    stack, arrival = Stack(), SHORT + max(changes, arrives)
    assert stack.judge(azampay_key()) == BELIEVED
    moments: list[tuple[float, str]] = [(changes, "change"), (arrival, "arrive")]
    moments += [(arrival + due, "try") for due in DUE[:2]] + [(each, "noise") for each in noise]
    word = ""
    for seconds, what in sorted(moments):
        stack.at(seconds)
        if what == "change":
            stack.signs_with(other_key(1))
        elif what == "noise":
            assert stack.judge(GARBAGE) in {"refused", "deferred"}
        elif word != BELIEVED:
            word = stack.judge(other_key(1))
            assert word in {BELIEVED, "deferred"}
    assert word == BELIEVED
    gaps = [later - sooner for sooner, later in itertools.pairwise(stack.fetched_at)]
    assert all(gap >= FETCH_INTERVAL - timedelta(seconds=1) for gap in gaps)
