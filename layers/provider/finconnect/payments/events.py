"""Events as subscribers see them: CloudEvents 1.0, with the phone number masked."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from ulid import ULID

from finconnect.clock import to_iso
from finconnect.money import format_amount
from finconnect.msisdn import mask_msisdn
from finconnect.payments.model import Event, EventType, Payment, Received
from finconnect.text import clean

type NewIds = Callable[[int], Sequence[str]]


def new_ids(count: int) -> Sequence[str]:
    """New ULIDs in ascending order, so that events of one transaction sort as they happened."""
    return sorted(str(ULID()) for _ in range(count))


def payment_view(payment: Payment) -> dict[str, Any]:
    """A payment as the API and the events show it."""
    return {
        "externalId": payment.key.external_id,
        "provider": payment.key.provider,
        "network": payment.network,
        "status": payment.status.value,
        "amount": format_amount(payment.amount),
        "currency": payment.currency,
        "accountNumber": mask_msisdn(payment.msisdn),
        "transactionId": payment.transaction_id,
        "message": payment.message,
        "createdAt": to_iso(payment.created_at),
        "updatedAt": to_iso(payment.updated_at),
    }


def callback_view(callback: Received) -> dict[str, Any]:
    """A callback as the events show it, for a person who must find out what happened."""
    return {
        "status": clean(callback.status_text, limit=64),
        "amount": None if callback.amount is None else format_amount(callback.amount),
        "accountNumber": None if callback.msisdn is None else mask_msisdn(callback.msisdn),
        "network": clean(callback.network, limit=64),
        "references": [clean(reference, limit=128) for reference in callback.references],
        "message": callback.message,
        "receivedAt": to_iso(callback.received_at),
    }


def payment_event(
    event_id: str,
    kind: EventType,
    payment: Payment,
    *,
    now: datetime,
    callback: Received | None = None,
    differences: Sequence[str] = (),
) -> Event:
    """An event about a payment as of that event, with the callback that caused it."""
    data = payment_view(payment)
    verification = callback.verification if callback else payment.verification
    if verification is not None:
        data["verification"] = verification.value
    if callback is not None and kind in (EventType.MISMATCH, EventType.CONFLICT):
        data["callback"] = callback_view(callback)
    if differences:
        data["differences"] = list(differences)
    return Event(
        id=event_id,
        type=kind,
        key=payment.key,
        network=payment.network,
        status=payment.status.value,
        time=now,
        envelope=_envelope(
            event_id, kind, payment.key.provider, payment.key.external_id, now, data
        ),
    )


def unmatched_event(event_id: str, callback: Received, *, now: datetime) -> Event:
    """An event about a callback that belongs to no payment."""
    key = callback.key
    data = {
        "externalId": key.external_id,
        "provider": key.provider,
        "verification": callback.verification.value,
        "callback": callback_view(callback),
    }
    return Event(
        id=event_id,
        type=EventType.UNMATCHED,
        key=key,
        network=clean(callback.network, limit=64) or "unknown",  # SNS takes no empty attribute
        status=callback.outcome.value if callback.outcome else "unknown",
        time=now,
        envelope=_envelope(event_id, EventType.UNMATCHED, key.provider, key.external_id, now, data),
    )


def _envelope(
    event_id: str, kind: EventType, provider: str, subject: str, now: datetime, data: dict[str, Any]
) -> str:
    # ASCII, with escapes: SNS and SQS take no text that XML could not carry.
    return json.dumps(
        {
            "specversion": "1.0",
            "id": event_id,
            "type": kind.value,
            "source": f"/payments/{provider}",
            "subject": subject,
            "time": to_iso(now),
            "datacontenttype": "application/json",
            "data": data,
        },
        separators=(",", ":"),
    )
