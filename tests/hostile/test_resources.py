"""Small bodies that ask for much: memory and time stay in proportion to the bytes that came."""

from __future__ import annotations

import signal
import tracemalloc
from collections.abc import Iterator
from types import FrameType
from typing import Final

import pytest

from finconnect.payments.errors import MAX_BODY_BYTES
from tests.hostile.bodies import changed, genuine, raw
from tests.hostile.webhook import a_webhook, recorded

MAX_MEMORY: Final = 16 * 1024 * 1024
HANG_SECONDS: Final = 60
"""No measure of speed: only what turns a test that would never end into one that fails."""

GREEDY: Final = {
    "1e400": raw("amount", "1e400"),
    "1E+999999999": raw("amount", "1E+999999999"),
    "1E-999999999": raw("amount", "1E-999999999"),
    "the largest exponent": raw("amount", "1E+999999999999999999"),
    "an exponent beyond all": raw("amount", "1E+9999999999999999999"),
    "a small exponent in each field": changed(
        **{f"x{number}": 0 for number in range(2_000)}
    ).replace(b":0", b":1E+999999999"),
    "5,000 digits": raw("amount", "9" * 5000),
    "4,300 digits, many times": raw("amount", "[" + ",".join(["9" * 4300] * 14) + "]"),
    "60,000 digits after the point": raw("amount", "0." + "3" * 60_000),
    "1E+999999999 as text": changed(amount="1E+999999999"),
    "9 * 60,000 as text": changed(amount="9" * 60_000),
    "brackets": b"[" * MAX_BODY_BYTES,
    "lists": raw("amount", "[" * 9_000 + "]" * 9_000),
    "commas": raw("amount", "[" + "0," * 31_000 + "0]"),
    "empty objects": raw("amount", "[" + "{}," * 20_000 + "{}]"),
    "keys that collide": raw(
        "additionalProperties", "{" + ",".join(f'"{n * 2**61}":0' for n in range(2_000)) + "}"
    ),
    "backslashes": changed(message="\\" * 30_000),
    "digits like a phone number's": changed(message="255" * 20_000),
    "0 and space": changed(message="0 " * 30_000),
    "+255 again and again": changed(message="+255 7 1 2 3 4 5 6 7 " * 2_900),
    "space": changed(message=" " * 60_000),
    "a signature of 4,096 letters": changed(signature="/" * 4096),
}


@pytest.fixture(autouse=True)
def watchdog() -> Iterator[None]:
    def bark(_: int, __: FrameType | None) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, bark)
    signal.alarm(HANG_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("body", GREEDY.values(), ids=GREEDY.keys())
def test_a_greedy_body_gets_its_answer_in_bounded_memory(body: bytes) -> None:
    assert len(body) <= MAX_BODY_BYTES
    webhook = a_webhook(recorded())
    webhook.send(genuine(utilityref="warm"))
    tracemalloc.start()
    try:
        reply = webhook.send(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert reply.status in {200, 400, 401}
    assert peak < MAX_MEMORY


def test_six_megabytes_are_turned_away_before_they_are_read() -> None:
    body = b'{"a":' * 1_200_000
    webhook = a_webhook(recorded())
    tracemalloc.start()
    try:
        assert webhook.send(body).status == 413
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(body)
