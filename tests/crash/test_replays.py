"""A year later: nothing signed carries a time, so the ledger, which never forgets, is the defence.

The real handlers on one clock, which is set a year on. Keys and tokens have been renewed since.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest

from finconnect.payments.model import Disposition, Status
from simulator.behaviours import EVENTS
from simulator.callbacks import Callback, build_callback
from tests.crash.ledger_view import PaymentView, ledger_view
from tests.crash.stories import BY_NAME, REFERENCE
from tests.crash.world import World

YEAR: Final = 365


@pytest.fixture(params=["success", "failure"])
def story(request: pytest.FixtureRequest) -> str:
    return "callback" if request.param == "success" else "callback-failure"


@pytest.fixture
def world(story: str) -> Iterator[World]:
    """A payment that was settled by a callback, and everything a year after."""
    with World() as made:
        BY_NAME[story].prepare(made)
        BY_NAME[story].act(made)
        made.settle()
        made.instant.advance(days=YEAR)
        made.containers.restart()
        made.run_schedule("token_refresh")
        yield made


def seen() -> PaymentView:
    return ledger_view()[REFERENCE]


def came(world: World) -> Callback:
    """The callback that settled the payment, byte for byte."""
    sent = world.provider.machine.book.view(REFERENCE).callbacks[0]
    body = b64decode(sent.request.body_base64)
    return Callback(REFERENCE, sent.transaction_id, body, sent.signature_input)


def another(world: World, word: str) -> Callback:
    """The provider's word on the same payment in other bytes; the signature covers the word."""
    machine = world.provider.machine
    payment = machine.book.payment(REFERENCE)
    assert payment is not None
    built = build_callback(payment, EVENTS[word], machine.keys)
    body = json.dumps(json.loads(built.body) | {"message": "once more"}).encode()
    return replace(built, body=body)


def arrives(world: World, callback: Callback, times: int = 1) -> None:
    courier, before = world.provider.machine.courier, len(world.gateway.deliveries)
    for _ in range(times):
        world.provider.starts(lambda: courier.deliver(callback, retried=True))
        world.deliver_all()
    answers = world.gateway.deliveries[before:]
    assert [each.status for each in answers] == [200] * times
    world.settle()


def test_the_same_callback_is_a_duplicate_and_changes_nothing(world: World) -> None:
    before, published = seen(), len(world.stream.published())
    assert before.payment is not None
    assert before.payment.status in (Status.SUCCEEDED, Status.FAILED)
    arrives(world, came(world), times=3)
    assert seen() == before
    assert len(world.stream.published()) == published


def test_another_callback_with_the_same_word_is_kept_and_nothing_is_told_twice(
    world: World, story: str
) -> None:
    before = seen()
    word = "success" if story == "callback" else "failure"
    arrives(world, another(world, word))
    after = seen()
    assert len(after.callbacks) == len(before.callbacks) + 1
    (kept,) = [each for key, each in after.callbacks.items() if key not in before.callbacks]
    assert kept.disposition is Disposition.CONFIRMED
    assert after.events == before.events
    assert not world.audit.broken


def test_another_callback_that_contradicts_is_told_once_however_often_it_comes(
    world: World, story: str
) -> None:
    before = seen()
    contradiction = another(world, "failure" if story == "callback" else "success")
    arrives(world, contradiction, times=3)
    after = seen()
    assert after.payment is not None
    assert after.payment.status is Status.SUCCEEDED  # the payer has paid, whenever it is told
    new = [str(after.events[name].type) for name in after.events if name not in before.events]
    told = ["payment.conflict", "payment.succeeded"][: 1 if story == "callback" else 2]
    assert sorted(new) == told
    assert not world.audit.broken
