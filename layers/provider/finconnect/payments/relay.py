"""Publish what the outbox holds: at least once, always with the same id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from finconnect.clock import Clock, utc_now
from finconnect.payments.correlation import correlate
from finconnect.payments.errors import PublishFailed
from finconnect.payments.model import Event
from finconnect.payments.telemetry import Fact, Telemetry


class Publisher(Protocol):
    """Where events go."""

    def publish(self, event: Event) -> None:
        """Publish an event. Raises PublishFailed."""
        ...


@dataclass(frozen=True, slots=True)
class RelayEvent:
    """Publishes one event of the outbox."""

    publisher: Publisher
    telemetry: Telemetry
    clock: Clock = utc_now

    def __call__(self, event: Event) -> None:
        """Publish ``event``. Raises PublishFailed, and then it must be given again."""
        correlate(payment=str(event.key))
        try:
            self.publisher.publish(event)
        except PublishFailed as error:
            self.telemetry.tell(
                Fact.EVENT_NOT_PUBLISHED,
                payment=str(event.key),
                event=event.id,
                type=event.type,
                reason=str(error),
            )
            raise
        self.telemetry.tell(
            Fact.EVENT_PUBLISHED,
            payment=str(event.key),
            event=event.id,
            type=event.type,
            lag_seconds=(self.clock() - event.time).total_seconds(),
        )
