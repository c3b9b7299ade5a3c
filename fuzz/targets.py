"""What is fuzzed: functions that take any bytes and raise only if something is wrong.

They know nothing of the fuzzer, so that what it found is reproduced without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from finconnect.errors import CallbackError
from finconnect.payments.model import Status
from finconnect.providers.azampay.callback import AzampayCallbacks
from finconnect.providers.base import Verdict
from tests.hostile.bodies import PEM
from tests.hostile.container import URL_SECRET
from tests.hostile.properties import STATES, World, hold

type Target = Callable[[bytes], None]

_CALLBACKS: Final = AzampayCallbacks()
# The bits of the first byte say where the rest of them arrives.
_ENCODED, _ACCEPTS_UNSIGNED, _NO_KEY, _WRONG_SECRET = 1, 2, 4, 8
_STATE_SHIFT: Final = 4
_OLD_KEY: Final = 64


def callback(data: bytes) -> None:
    """Parse and verify: one error type, or a callback that survives the queue unchanged."""
    try:
        parsed = _CALLBACKS.parse_callback(data)
    except CallbackError:
        return
    verdict = _CALLBACKS.verify_callback(parsed, PEM)
    assert (verdict is Verdict.UNSIGNED) is (parsed.signature is None)  # noqa: S101 (the property)
    again = _CALLBACKS.parse_callback(parsed.retained.encode())
    assert replace(again, digest=parsed.digest) == parsed  # noqa: S101 (the property)


def webhook(data: bytes) -> None:
    """The whole handler, in the world that the first byte names, with the rest as the body."""
    hold(world_of(data[0] if data else 0), data[1:])


def world_of(number: int) -> World:
    """The world that a byte names."""
    return World(
        status=STATES[(number >> _STATE_SHIFT) % len(STATES)],
        accepts_unsigned=bool(number & _ACCEPTS_UNSIGNED),
        has_key=not number & _NO_KEY,
        key_is_fresh=not number & _OLD_KEY,
        encoded=bool(number & _ENCODED),
        secret=URL_SECRET[:-1] if number & _WRONG_SECRET else URL_SECRET,
    )


def worlds() -> list[int]:
    """The bytes of the worlds to begin with: each state, and each peculiarity once."""
    peculiar = (0, _ENCODED, _ACCEPTS_UNSIGNED, _NO_KEY, _WRONG_SECRET, _OLD_KEY)
    pending = STATES.index(Status.PENDING) << _STATE_SHIFT
    states = (index << _STATE_SHIFT for index in range(len(STATES)))
    return sorted({*states, *(pending | bits for bits in peculiar)})


TARGETS: Final[Mapping[str, Target]] = {"callback": callback, "webhook": webhook}
