"""Events as subscribers see them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from finconnect.payments.decisions import decide_answer
from finconnect.payments.events import new_ids, payment_event, payment_view, unmatched_event
from finconnect.payments.model import Answer, Event, EventType, Received, Status
from tests.fakes.builders import MSISDN, a_payment, a_received
from tests.fakes.clock import START
from tests.fakes.provider import TRANSACTION

ID = "01JABCDEFGHJKMNPQRSTVWXYZ0"


def envelope(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(event.envelope)
    return found


def an_event(kind: EventType, received: Received | None = None) -> Event:
    payment = a_payment(Status.SUCCEEDED, transaction_id=TRANSACTION)
    return payment_event(ID, kind, payment, now=START, callback=received)


def test_an_envelope_is_a_cloud_event() -> None:
    event = an_event(EventType.SUCCEEDED, a_received())
    data = envelope(event).pop("data")
    assert {name: value for name, value in envelope(event).items() if name != "data"} == {
        "specversion": "1.0",
        "id": ID,
        "type": "payment.succeeded",
        "source": "/payments/azampay",
        "subject": "order-1",
        "time": "2026-03-01T09:30:00.000000Z",
        "datacontenttype": "application/json",
    }
    payment = a_payment(Status.SUCCEEDED, transaction_id=TRANSACTION)
    assert data == payment_view(payment) | {"verification": "signature"}


def test_what_a_filter_needs_stands_beside_the_envelope() -> None:
    event = an_event(EventType.SUCCEEDED)
    assert (event.type, event.key.provider, event.network, event.status) == (
        "payment.succeeded",
        "azampay",
        "Mpesa",
        "succeeded",
    )


@pytest.mark.parametrize("kind", [EventType.MISMATCH, EventType.CONFLICT])
def test_what_a_person_must_look_at_comes_with_the_callback(kind: EventType) -> None:
    received = a_received(amount="7.5", message="hello")
    assert envelope(an_event(kind, received))["data"]["callback"] == {
        "status": "success",
        "amount": "7.50",
        "accountNumber": "2557*****678",
        "network": "Mpesa",
        "references": [TRANSACTION],
        "message": "hello",
        "receivedAt": "2026-03-01T09:30:00.000000Z",
    }


def test_an_orphans_event_says_whose_it_would_be() -> None:
    event = unmatched_event(ID, a_received(utilityref="order-9"), now=START)
    assert envelope(event)["subject"] == "order-9"
    assert envelope(event)["data"]["externalId"] == "order-9"
    assert event.status == "succeeded"


@pytest.mark.parametrize("operator", [" ", "\u200b", "\u2028"])
def test_an_orphans_event_always_has_a_network_that_sns_takes(operator: str) -> None:
    # SNS refuses a message attribute without text, and then the event could never be published.
    event = unmatched_event(ID, a_received(operator=operator), now=START)
    assert event.network.strip()


@pytest.mark.parametrize("kind", [EventType.MISMATCH, EventType.UNMATCHED])
def test_no_event_holds_a_full_number_or_a_control_character(kind: EventType) -> None:
    received = a_received(
        message=f"paid by {MSISDN}\n\x1b[31m",
        transactionstatus=f"{MSISDN}\u202e",
        transid=MSISDN,
        operator=f"\u2028{MSISDN}",
    )
    event = (
        unmatched_event(ID, received, now=START)
        if kind is EventType.UNMATCHED
        else an_event(kind, received)
    )
    assert MSISDN not in event.envelope
    assert MSISDN not in event.network
    assert all(character not in event.envelope for character in ("\x1b", "\u202e", "\u2028"))


@pytest.mark.parametrize(
    ("amount", "text"), [("1000", "1000"), ("1000.5", "1000.50"), ("1000.50", "1000.50")]
)
def test_an_amount_is_text_without_a_loose_digit(amount: str, text: str) -> None:
    assert payment_view(a_payment(amount=Decimal(amount)))["amount"] == text


def test_ids_ascend_and_are_ulids() -> None:
    ids = new_ids(50)
    assert [*ids] == sorted(set(ids))
    assert all(len(each) == 26 for each in ids)


def test_times_are_utc() -> None:
    local = datetime.fromisoformat("2026-03-01T12:30:00+03:00")
    assert payment_view(a_payment(updated_at=local))["updatedAt"] == "2026-03-01T09:30:00.000000Z"
    assert local.astimezone(UTC) == START


def test_the_events_of_one_change_sort_as_they_happened() -> None:
    # Real ids of one millisecond differ only by chance: they are put in order before they are used.
    held = [a_received(transactionstatus="failure"), a_received(mnoreference="b")]
    change = decide_answer(
        a_payment(held=2), Answer(Status.PENDING, TRANSACTION), held, now=START, ids=new_ids
    )
    kinds = [event.type for event in sorted(change.events, key=lambda event: event.id)]
    assert kinds == [event.type for event in change.events]
    assert kinds[0] is EventType.PENDING
    assert kinds[-1] is EventType.CONFLICT
