"""Payments, payloads and callbacks with usual values, so that a test names only what matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from finconnect.payments.events import payment_event
from finconnect.payments.model import (
    Change,
    Disposition,
    Event,
    EventType,
    Kept,
    Payment,
    PaymentKey,
    Received,
    Status,
    Verification,
    new_payment,
    receive,
)
from finconnect.providers.azampay.callback import AzampayCallbacks
from finconnect.providers.azampay.payload import read_payload
from tests.fakes.clock import START
from tests.fakes.signing import callback_body

KEY: Final = PaymentKey("azampay", "order-1")
MSISDN: Final = "255712345678"
OPEN: Final = (Status.CREATED, Status.UNKNOWN, Status.PENDING)


def a_payload(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    """What a merchant posts."""
    return {
        "accountNumber": MSISDN,
        "amount": "1000",
        "currency": "TZS",
        "externalId": "order-1",
        "provider": "Mpesa",
    } | changes


def a_payment(
    status: Status = Status.CREATED,
    *,
    external_id: str = "order-1",
    **changes: Any,  # noqa: ANN401 (any field)
) -> Payment:
    """A payment; its amount is 1,000 shillings, and an open one is watched."""
    payment = new_payment(
        "azampay",
        read_payload(a_payload(externalId=external_id)),
        fingerprint="f" * 64,
        attempt_id="attempt-1",
        now=START,
    )
    usual: dict[str, Any] = {"status": status, "watched": status in OPEN}
    return replace(payment, **(usual | changes))


def a_received(
    *,
    at: datetime = START,
    verification: Verification = Verification.SIGNATURE,
    **fields: Any,  # noqa: ANN401 (any JSON)
) -> Received:
    """A believed callback; ``fields`` are those of AzamPay's body."""
    callback = AzampayCallbacks().parse_callback(callback_body(**fields))
    return receive("azampay", callback, verification, lambda: at)


def an_event(number: int = 1, payment: Payment | None = None) -> Event:
    """An event to publish."""
    return payment_event(
        f"{number:026d}",
        EventType.PENDING,
        payment or a_payment(Status.PENDING),
        now=START,
    )


def a_move(before: Payment, status: Status, *events: Event, **changes: Any) -> Change:  # noqa: ANN401
    """The change that takes a payment to another state."""
    moved: dict[str, Any] = {
        "status": status,
        "version": before.version + 1,
        "watched": before.watched and status in OPEN,
    }
    after = replace(before, **(moved | changes))
    return Change(before, after, events)


def a_holding(before: Payment, callback: Received) -> Change:
    """The change that holds a callback for the checkout's answer."""
    after = replace(before, held=before.held + 1, version=before.version + 1)
    return Change(before, after, received=Kept(callback, Disposition.HELD))
