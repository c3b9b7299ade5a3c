"""One defect at a time, through the whole webhook: the exact answer, and what is kept."""

from __future__ import annotations

import json

import pytest

from finconnect.payments.model import Answer, Status
from tests.fakes.provider import TRANSACTION
from tests.hostile.bodies import genuine
from tests.hostile.defects.catalogue import ALL, DEFECTS
from tests.hostile.defects.defect import Defect
from tests.hostile.webhook import a_webhook, recorded

EVENTS = {"mismatch": ["payment.mismatch"], "unmatched": ["callback.unmatched"], "ignored": []}
# What a payment that is not open any more, or whose checkout is not answered, makes of a callback.
ELSEWHERE = {
    Status.UNKNOWN: {},
    Status.FAILED: {},
    Status.SUCCEEDED: {},
    Status.REJECTED: {},
    Status.NOT_SENT: {},
    Status.CREATED: {"mismatch": "held", "ignored": "held"},
}

each_defect = pytest.mark.parametrize("defect", ALL.values(), ids=ALL.keys())


@pytest.mark.parametrize("encoded", [False, True], ids=["as text", "as base64"])
@each_defect
def test_a_defect_gets_its_answer_and_leaves_the_payment_as_it_is(
    defect: Defect, encoded: bool
) -> None:
    webhook = a_webhook(recorded())
    before = webhook.payment()

    reply = webhook.send(defect.body, encoded=encoded)

    assert (reply.status, reply.word) == (defect.status, defect.word)
    assert webhook.payment() == before
    assert webhook.ledger.types() == EVENTS.get(defect.word, [])
    # What was answered with 200 is kept, and only that.
    assert webhook.keeps(defect.body) is (defect.status == 200)
    assert webhook.queue.waiting == []


@pytest.mark.parametrize(
    "defect",
    [each for each in ALL.values() if each.word == "mismatch"],
    ids=[name for name, each in ALL.items() if each.word == "mismatch"],
)
def test_a_disagreement_is_published_by_the_field(defect: Defect) -> None:
    webhook = a_webhook(recorded())
    webhook.send(defect.body)
    (event,) = webhook.ledger.events()
    data = json.loads(event.envelope)["data"]
    assert tuple(data["differences"]) == defect.differences
    assert data["status"] == "pending"
    assert len(event.envelope) < 4096


@pytest.mark.parametrize("status", ELSEWHERE, ids=[status.value for status in ELSEWHERE])
@each_defect
def test_no_defect_moves_a_payment_from_any_state(defect: Defect, status: Status) -> None:
    webhook = a_webhook(recorded(status))

    reply = webhook.send(defect.body)

    assert reply.status == defect.status
    assert reply.word == ELSEWHERE[status].get(defect.word, defect.word)
    assert webhook.state is status


@pytest.mark.parametrize(
    "defect",
    [each for each in ALL.values() if each.status == 200],
    ids=[name for name, each in ALL.items() if each.status == 200],
)
def test_what_came_before_the_checkouts_answer_is_no_better_after_it(defect: Defect) -> None:
    webhook = a_webhook(recorded(Status.CREATED))
    webhook.send(defect.body)
    webhook.answer_checkout(Answer(Status.PENDING, TRANSACTION))
    assert webhook.state is Status.PENDING
    assert "payment.succeeded" not in webhook.ledger.types()


@each_defect
def test_a_defect_twice_is_one_callback(defect: Defect) -> None:
    webhook = a_webhook(recorded())
    first = webhook.send(defect.body)
    after = webhook.snapshot()
    second = webhook.send(defect.body)
    assert second.status == first.status
    assert second.word == ("duplicate" if first.status == 200 else first.word)
    assert webhook.snapshot() == after


def test_the_genuine_callback_still_counts_after_all_of_them() -> None:
    webhook = a_webhook(recorded())
    for defect in ALL.values():
        webhook.send(defect.body)
    assert webhook.send(genuine()).word == "applied"
    assert webhook.state is Status.SUCCEEDED


def test_no_defect_has_two_names_by_mistake() -> None:
    assert all(DEFECTS.values())
    bodies = [(each.body, each.word) for each in ALL.values()]
    assert len(bodies) - len(set(bodies)) < len(bodies) // 20
