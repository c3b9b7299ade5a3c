"""Publish events again from the ledger, with the ids they always had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from finconnect.payments.model import Event, PaymentKey
from ops.stack import Stack


def republish_payment(stack: Stack, external_id: str) -> Iterator[Event]:
    """Publish all events of one payment again, in their order; yields each once it is out."""
    record = stack.ledger.record(PaymentKey("azampay", external_id))
    yield from _publish(stack, record.events)


def republish_between(stack: Stack, start: datetime, end: datetime) -> Iterator[Event]:
    """Publish all events from ``start`` to before ``end`` again; reads the whole table once."""
    yield from _publish(stack, stack.ledger.events_between(start, end))


def republish_within(stack: Stack, spans: Sequence[tuple[datetime, datetime]]) -> Iterator[Event]:
    """The same for several times that do not overlap; the whole table is read once for all."""
    start, end = spans[0][0], spans[-1][1]
    events = stack.ledger.events_between(start, end)
    chosen = (each for each in events if any(one <= each.time < other for one, other in spans))
    yield from _publish(stack, chosen)


def _publish(stack: Stack, events: Iterable[Event]) -> Iterator[Event]:
    publisher = stack.publisher
    for event in events:
        publisher.publish(event)
        yield event
