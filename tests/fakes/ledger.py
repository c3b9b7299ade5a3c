"""A ledger in memory, with the conditions of the one in DynamoDB.

The suite in ``ledger_contract`` holds both against the same tests.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from finconnect.payments.errors import ConcurrentChange, DuplicateCallback, LedgerUnavailable
from finconnect.payments.lookup import HistoryEntry
from finconnect.payments.model import (
    Change,
    Disposition,
    Event,
    Kept,
    Payment,
    PaymentKey,
    Received,
)
from finconnect.payments.reconcile import Age
from tests.fakes.faults import Faults


@dataclass(slots=True)
class InMemoryLedger:
    """Every port that the use cases have to the ledger, with all calls going through ``faults``."""

    faults: Faults = field(default_factory=Faults)
    payments: dict[PaymentKey, Payment] = field(default_factory=dict)
    inbox: dict[tuple[PaymentKey, str], Kept] = field(default_factory=dict)
    outbox: dict[tuple[PaymentKey, str], Event] = field(default_factory=dict)
    open_since: dict[PaymentKey, datetime] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def open(self, payment: Payment) -> Payment:
        """Record a new payment, or return the one that has its key."""

        def effect() -> Payment:
            if payment.key not in self.payments:
                self._store(payment)
            return self.payments[payment.key]

        return self._around("open", effect)

    def reopen(self, before: Payment, after: Payment) -> Payment:
        """Take a payment back to created, or return the one that is there now."""

        def effect() -> Payment:
            if before.key not in self.payments:
                raise LedgerUnavailable("the payment is busy")
            if self._is_as_read(before):
                self._store(after)
            return self.payments[before.key]

        return self._around("reopen", effect)

    def load(self, key: PaymentKey) -> Payment | None:
        """The payment as it is now, or None."""
        return self._around("load", lambda: self.payments.get(key))

    def history(self, key: PaymentKey) -> tuple[Payment, Sequence[HistoryEntry]] | None:
        """The payment and its events in their order, or None."""

        def effect() -> tuple[Payment, Sequence[HistoryEntry]] | None:
            if key not in self.payments:
                return None
            return self.payments[key], [
                HistoryEntry(event.time, str(event.type), event.status)
                for event in self.events(key)
            ]

        return self._around("history", effect)

    def held_callbacks(self, key: PaymentKey) -> Sequence[Received]:
        """The callbacks that wait for the checkout's answer."""

        def effect() -> Sequence[Received]:
            return [
                kept.callback
                for (owner, _), kept in sorted(self.inbox.items(), key=lambda item: item[0][1])
                if owner == key and kept.disposition is Disposition.HELD
            ]

        return self._around("held_callbacks", effect)

    def open_payments(self, before: datetime) -> Iterator[PaymentKey]:
        """The watched payments that are open since ``before``."""

        def effect() -> list[PaymentKey]:
            return [key for key, since in self.open_since.items() if since < before]

        yield from self._around("open_payments", effect)

    def count_open(self, before: datetime) -> dict[Age, int]:
        """How many watched payments are open since ``before``, and since then."""

        def effect() -> dict[Age, int]:
            silent = sum(since < before for since in self.open_since.values())
            return {Age.FRESH: len(self.open_since) - silent, Age.SILENT: silent}

        return self._around("count_open", effect)

    def commit(self, change: Change) -> None:
        """Write a change whole or not at all."""

        def effect() -> None:
            self._demand(change)
            if change.after is not None:
                self._store(change.after)
            for kept in (change.received, *change.resolved):
                if kept is not None:
                    self.inbox[kept.callback.key, kept.callback.digest] = kept
            for event in change.events:
                self.outbox[event.key, event.id] = event

        self._around("commit", effect)

    def events(self, key: PaymentKey | None = None) -> list[Event]:
        """The outbox in the order of its ids, of one payment or of all. For tests."""
        found = sorted(self.outbox.items(), key=lambda item: item[0][1])
        return [event for (owner, _), event in found if key in (None, owner)]

    def types(self, key: PaymentKey | None = None) -> list[str]:
        """The types of the outbox in order. For tests."""
        return [str(event.type) for event in self.events(key)]

    def _demand(self, change: Change) -> None:
        received = change.received
        if received and (received.callback.key, received.callback.digest) in self.inbox:
            raise DuplicateCallback("the callback is in the ledger already")
        if not self._payment_allows(change):
            raise ConcurrentChange("the payment has changed")
        for kept in change.resolved:
            there = self.inbox.get((kept.callback.key, kept.callback.digest))
            if there is None or there.disposition is not Disposition.HELD:
                raise ConcurrentChange("the payment has changed")
        if any((event.key, event.id) in self.outbox for event in change.events):
            raise ConcurrentChange("the payment has changed")

    def _payment_allows(self, change: Change) -> bool:
        before, after, received = change.before, change.after, change.received
        if before is not None and after is not None and after != before:
            return self._is_as_read(before)
        if before is not None:
            now = self.payments.get(before.key)
            return now is not None and now.version == before.version
        return received is None or received.callback.key not in self.payments

    def _is_as_read(self, before: Payment) -> bool:
        now = self.payments.get(before.key)
        return now is not None and (now.status, now.version) == (before.status, before.version)

    def _store(self, payment: Payment) -> None:
        self.payments[payment.key] = payment
        if not payment.watched:
            self.open_since.pop(payment.key, None)
        else:
            self.open_since.setdefault(payment.key, payment.updated_at)

    def _around[T](self, call: str, effect: Callable[[], T]) -> T:
        def locked() -> T:
            with self._lock:
                return effect()

        return self.faults.around(f"ledger.{call}", locked)
