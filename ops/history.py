"""A payment's whole history: the payment, each callback, each event, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from finconnect.clock import to_iso
from finconnect.money import format_amount
from finconnect.msisdn import mask_msisdn
from finconnect.payments.model import Event, Kept, Payment, PaymentKey
from ops.stack import Stack


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened, and when."""

    at: datetime
    text: str


def history(stack: Stack, external_id: str) -> Iterator[str]:
    """The lines of a payment's history. Phone numbers are masked, as everywhere."""
    record = stack.ledger.record(PaymentKey("azampay", external_id))
    if record.payment is None and not record.callbacks:
        yield f"no payment and no callback with externalId {external_id}"
        return
    if record.payment is not None:
        yield from _head(record.payment)
    lines = [_callback(kept) for kept in record.callbacks]
    lines += [_event(event) for event in record.events]
    if record.payment is not None:
        lines.append(Line(record.payment.created_at, "recorded, before anything was sent"))
    for line in sorted(lines, key=lambda each: each.at):
        yield f"{to_iso(line.at)}  {line.text}"


def _head(payment: Payment) -> Iterator[str]:
    yield f"{payment.key}: {payment.status}"
    yield (
        f"  {format_amount(payment.amount)} {payment.currency} from "
        f"{mask_msisdn(payment.msisdn)} by {payment.network}"
    )
    yield f"  provider's transaction: {payment.transaction_id or 'not known'}"
    if payment.message:
        yield f"  provider's message: {payment.message}"


def _callback(kept: Kept) -> Line:
    callback = kept.callback
    return Line(
        callback.received_at,
        f"callback {callback.status_text!r} by {callback.verification}: {kept.disposition} "
        f"(digest {callback.digest[:12]})",
    )


def _event(event: Event) -> Line:
    return Line(event.time, f"event {event.type}, status {event.status} (id {event.id})")
