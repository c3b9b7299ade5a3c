"""What each fact does to a payment: every arrow of the state diagram, and every contradiction."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from finconnect.payments.decisions import decide_answer, decide_callback, differences, reopen
from finconnect.payments.model import (
    Answer,
    Change,
    Disposition,
    Payment,
    Received,
    Status,
    Verification,
)
from tests.fakes.builders import a_payment, a_received
from tests.fakes.clock import START, FakeIds
from tests.fakes.provider import TRANSACTION

LATER = START + timedelta(minutes=1)
OTHER = "f" * 32


def answered(status: Status, *held: Received, payment: Payment | None = None) -> Change:
    known = TRANSACTION if status is Status.PENDING else None
    before = payment or a_payment(held=len(held))
    return decide_answer(before, Answer(status, known, "said"), held, now=LATER, ids=FakeIds())


def called(payment: Payment | None, received: Received) -> Change:
    return decide_callback(payment, received, now=LATER, ids=FakeIds())


def success(**fields: Any) -> Received:  # noqa: ANN401
    return a_received(**fields)


def failure(**fields: Any) -> Received:  # noqa: ANN401
    return a_received(transactionstatus="failure", message="declined", **fields)


def status_of(change: Change) -> Status:
    assert change.after is not None
    return change.after.status


def types(change: Change) -> list[str]:
    return [str(event.type) for event in change.events]


def known(status: Status, **changes: Any) -> Payment:  # noqa: ANN401
    """A payment in a state, with the transaction id where the checkout was accepted."""
    accepted = status in (Status.PENDING, Status.FAILED, Status.SUCCEEDED)
    return a_payment(status, **({"transaction_id": TRANSACTION if accepted else None} | changes))


@pytest.mark.parametrize(
    ("status", "event"),
    [
        (Status.PENDING, ["payment.pending"]),
        (Status.REJECTED, ["payment.rejected"]),
        (Status.UNKNOWN, ["payment.unknown"]),
        (Status.NOT_SENT, []),
    ],
)
def test_the_answer_takes_a_created_payment_where_it_says(status: Status, event: list[str]) -> None:
    change = answered(status)
    assert status_of(change) is status
    assert types(change) == event
    assert change.after is not None
    assert change.after.message == "said"
    assert change.after.version == 2
    assert change.after.updated_at == LATER


def test_an_accepted_checkout_tells_the_transaction() -> None:
    change = answered(Status.PENDING)
    assert change.after is not None
    assert change.after.transaction_id == TRANSACTION


@pytest.mark.parametrize(
    ("before", "callback", "after", "events", "disposition"),
    [
        ("pending", "success", "succeeded", ["payment.succeeded"], "applied"),
        ("pending", "failure", "failed", ["payment.failed"], "applied"),
        ("unknown", "success", "succeeded", ["payment.succeeded"], "applied"),
        ("unknown", "failure", "failed", ["payment.failed"], "applied"),
        ("failed", "success", "succeeded", ["payment.succeeded", "payment.conflict"], "conflict"),
        ("rejected", "success", "succeeded", ["payment.succeeded", "payment.conflict"], "conflict"),
        ("not_sent", "success", "succeeded", ["payment.succeeded", "payment.conflict"], "conflict"),
        ("succeeded", "failure", "succeeded", ["payment.conflict"], "conflict"),
        ("succeeded", "success", "succeeded", [], "confirmed"),
        ("failed", "failure", "failed", [], "confirmed"),
    ],
)
def test_a_callback_moves_a_payment_or_contradicts_it(
    before: str, callback: str, after: str, events: list[str], disposition: str
) -> None:
    received = a_received(transactionstatus=callback)
    change = called(known(Status(before)), received)
    assert status_of(change) == after
    assert types(change) == events
    assert change.received is not None
    assert change.received.disposition == disposition


@pytest.mark.parametrize("status", [Status.REJECTED, Status.NOT_SENT])
def test_a_failure_after_a_refusal_contradicts_nothing(status: Status) -> None:
    change = called(known(status), failure())
    assert status_of(change) is Status.FAILED
    assert types(change) == ["payment.failed"]


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.CREATED])
@pytest.mark.parametrize("word", ["pending", "processing", "SUCCESS", "Failure", "x"])
def test_a_word_that_is_not_known_changes_nothing_and_is_kept(status: Status, word: str) -> None:
    payment = known(status)
    change = called(payment, a_received(transactionstatus=word))
    assert change.after == payment
    assert change.events == ()
    assert change.received is not None
    assert change.received.disposition is Disposition.IGNORED


@pytest.mark.parametrize(("first", "second"), [("success", "failure"), ("failure", "success")])
def test_a_contradiction_is_published_once_however_often_it_is_repeated(
    first: str, second: str
) -> None:
    payment: Payment | None = known(Status.PENDING)
    published = []
    for number, word in enumerate([first, second, first, second]):
        change = called(payment, a_received(transactionstatus=word, mnoreference=str(number)))
        payment = change.after
        published += types(change)
    assert payment is not None
    assert payment.status is Status.SUCCEEDED
    assert published.count("payment.conflict") == 1


@pytest.mark.parametrize("word", ["failure", "failed"])
def test_both_words_of_failure_mean_it(word: str) -> None:
    assert status_of(called(known(Status.PENDING), a_received(transactionstatus=word))) == "failed"


def test_a_callback_before_the_answer_is_held_and_changes_no_state() -> None:
    change = called(a_payment(), success())
    assert status_of(change) is Status.CREATED
    assert change.events == ()
    assert change.after is not None
    assert (change.after.held, change.after.version) == (1, 2)
    assert change.received is not None
    assert change.received.disposition is Disposition.HELD


@pytest.mark.parametrize(
    ("answer", "after", "events"),
    [
        ("pending", "succeeded", ["payment.pending", "payment.succeeded"]),
        ("unknown", "succeeded", ["payment.unknown", "payment.succeeded"]),
        ("rejected", "succeeded", ["payment.rejected", "payment.succeeded", "payment.conflict"]),
        ("not_sent", "succeeded", ["payment.succeeded", "payment.conflict"]),
    ],
)
def test_a_held_success_is_decided_with_the_answer(
    answer: str, after: str, events: list[str]
) -> None:
    change = answered(Status(answer), success())
    assert status_of(change) == after
    assert types(change) == events
    assert change.after is not None
    assert change.after.held == 0
    assert change.after.verification is Verification.SIGNATURE
    assert [kept.disposition.value for kept in change.resolved] == [
        "conflict" if "payment.conflict" in events else "applied"
    ]


def test_held_callbacks_are_weighed_in_the_order_of_their_coming() -> None:
    late = failure(at=START + timedelta(seconds=2))
    early = success(at=START + timedelta(seconds=1))
    change = answered(Status.PENDING, late, early)
    assert [kept.callback for kept in change.resolved] == [early, late]
    assert types(change) == ["payment.pending", "payment.succeeded", "payment.conflict"]


def test_a_held_callback_of_another_transaction_is_a_mismatch() -> None:
    other = success(externalreference=OTHER, transid=OTHER)
    change = answered(Status.PENDING, other)
    assert status_of(change) is Status.PENDING
    assert types(change) == ["payment.pending", "payment.mismatch"]
    assert change.resolved[0].disposition is Disposition.MISMATCH


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.CREATED])
@pytest.mark.parametrize(
    ("field", "value", "difference"),
    [
        ("amount", "1001", "amount"),
        ("amount", "999.99", "amount"),
        ("amount", "-1000", "amount"),
        ("amount", None, "amount"),
        ("msisdn", "255712345679", "accountNumber"),
        ("msisdn", "+255712345678", "accountNumber"),
        ("msisdn", None, "accountNumber"),
        ("operator", "Tigo", "network"),
    ],
)
def test_each_field_that_differs_is_a_mismatch_and_moves_nothing(
    status: Status, field: str, value: str | None, difference: str
) -> None:
    payment = known(status)
    fields: dict[str, Any] = {field: value}
    change = called(payment, a_received(**fields))
    assert change.after == payment
    assert types(change) == ["payment.mismatch"]
    data = json.loads(change.events[0].envelope)["data"]
    assert data["differences"] == [difference]
    assert data["status"] == status.value
    assert data["callback"]["references"] == [TRANSACTION]


def test_all_differences_are_named() -> None:
    received = a_received(
        amount="1", msisdn="255700000001", operator="Airtel", externalreference=OTHER
    )
    assert differences(known(Status.PENDING), received) == (
        "amount",
        "accountNumber",
        "network",
        "transactionId",
    )


@pytest.mark.parametrize("spelling", ["mpesa", "MPESA", "Mpesa"])
def test_the_network_agrees_in_any_spelling_of_case(spelling: str) -> None:
    assert differences(known(Status.PENDING), a_received(operator=spelling)) == ()


@pytest.mark.parametrize(
    ("recorded", "received"),
    [("1000", "1000.00"), ("1000.50", "1000.5"), ("1000", 1000), ("1000", 1000.0)],
)
def test_the_amount_agrees_in_any_writing(recorded: str, received: object) -> None:
    payment = known(Status.PENDING, amount=Decimal(recorded))
    assert differences(payment, a_received(amount=received)) == ()


def test_the_number_agrees_in_both_writings() -> None:
    assert differences(known(Status.PENDING), a_received(msisdn="0712345678")) == ()


@pytest.mark.parametrize("verification", [Verification.SIGNATURE, Verification.URL_SECRET])
@pytest.mark.parametrize(
    "fields",
    [
        {"externalreference": OTHER},
        {"transid": OTHER},
        {"externalreference": OTHER, "transid": OTHER},
        {"externalreference": TRANSACTION.upper(), "transid": TRANSACTION.upper()},
        {"externalreference": TRANSACTION[1:], "utilityref": f"order-1{TRANSACTION[0]}"},
    ],
)
def test_every_id_must_be_that_of_the_checkout(
    verification: Verification, fields: dict[str, Any]
) -> None:
    received = a_received(verification=verification, **fields)
    assert differences(known(Status.PENDING), received) == ("transactionId",)


@pytest.mark.parametrize("verification", [Verification.SIGNATURE, Verification.URL_SECRET])
@pytest.mark.parametrize("transid", [TRANSACTION, None, ""])
def test_the_id_of_the_checkout_is_enough_where_it_is_known(
    verification: Verification, transid: str | None
) -> None:
    received = a_received(verification=verification, transid=transid)
    assert differences(known(Status.PENDING), received) == ()


@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.REJECTED, Status.NOT_SENT])
@pytest.mark.parametrize(
    ("reference", "transid", "agrees"),
    [
        (TRANSACTION, TRANSACTION, True),
        (TRANSACTION, None, True),
        (OTHER, OTHER, True),
        (TRANSACTION.upper(), None, True),
        (TRANSACTION, OTHER, False),
        (TRANSACTION[:31], None, False),
        (f"{TRANSACTION}0", None, False),
        ("g" * 32, None, False),
        ("٣" * 32, None, False),
        ("null", None, False),
    ],
)
def test_without_the_checkouts_id_a_signed_one_in_azampays_form_is_proof(
    status: Status, reference: str, transid: str | None, agrees: bool
) -> None:
    received = a_received(externalreference=reference, transid=transid)
    assert differences(known(status), received) == (() if agrees else ("transactionId",))


@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.REJECTED, Status.NOT_SENT])
def test_without_the_checkouts_id_the_url_secret_is_no_proof(status: Status) -> None:
    change = called(known(status), success(verification=Verification.URL_SECRET))
    assert status_of(change) is status
    assert types(change) == ["payment.mismatch"]


def test_an_unsigned_callback_that_agrees_in_everything_settles_and_says_why() -> None:
    change = called(known(Status.PENDING), success(verification=Verification.URL_SECRET))
    assert status_of(change) is Status.SUCCEEDED
    assert change.after is not None
    assert change.after.verification is Verification.URL_SECRET
    assert json.loads(change.events[0].envelope)["data"]["verification"] == "url-secret"


def test_a_held_unsigned_callback_needs_the_id_that_the_answer_tells() -> None:
    unsigned = success(verification=Verification.URL_SECRET)
    assert status_of(answered(Status.PENDING, unsigned)) is Status.SUCCEEDED
    assert status_of(answered(Status.UNKNOWN, unsigned)) is Status.UNKNOWN


def test_a_callback_without_a_payment_is_an_orphan() -> None:
    change = called(None, success())
    assert change.before is None
    assert change.after is None
    assert types(change) == ["callback.unmatched"]
    assert change.received is not None
    assert change.received.disposition is Disposition.UNMATCHED


def test_a_reopened_payment_is_as_new() -> None:
    not_sent = known(Status.NOT_SENT, message="no route", version=4)
    again = reopen(not_sent, attempt_id="attempt-2", now=LATER)
    assert again.status is Status.CREATED
    assert (again.attempt_id, again.message, again.version) == ("attempt-2", None, 5)
    assert (again.created_at, again.updated_at) == (START, LATER)
    assert again.watched


def test_an_event_shows_the_payment_as_of_that_event() -> None:
    change = answered(Status.PENDING, success())
    assert [event.status for event in change.events] == ["pending", "succeeded"]
    assert [json.loads(event.envelope)["data"]["status"] for event in change.events] == [
        "pending",
        "succeeded",
    ]


def test_the_callbacks_message_replaces_the_answers() -> None:
    change = called(known(Status.PENDING, message="said"), failure())
    assert change.after is not None
    assert change.after.message == "declined"


def test_events_of_one_change_have_ascending_ids() -> None:
    ids = [event.id for event in answered(Status.REJECTED, success()).events]
    assert ids == sorted(set(ids))
    assert len(ids) == 3
