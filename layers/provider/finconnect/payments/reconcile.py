"""Look at payments that went silent: ask where one can ask, else say so, and never guess."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from finconnect.clock import Clock, utc_now
from finconnect.payments.correlation import correlate
from finconnect.payments.decisions import decide_silence
from finconnect.payments.errors import ConcurrentChange, LedgerUnavailable
from finconnect.payments.events import NewIds, new_ids
from finconnect.payments.model import Change, Payment, PaymentKey, Received
from finconnect.payments.telemetry import Fact, Telemetry, tell_change
from finconnect.providers.base import CallbackOutcome

GIVE_UP_ASKING: Final = timedelta(days=3)
"""Until when a payment's status is asked for. It stays open after that too, and may be settled."""

type AskStatus = Callable[[Payment], CallbackOutcome | None]


class Age(StrEnum):
    """How long a payment has been open: a dimension of the metric that counts them."""

    FRESH = "fresh"
    """Since less than ``after``, or the provider was asked about it since."""
    SILENT = "silent"
    """Longer than that, and the next run's work. One that was told of is counted no more."""


class SilentPayments(Protocol):
    """What this use case needs of the ledger."""

    def count_open(self, before: datetime) -> Mapping[Age, int]:
        """How many watched payments are open since ``before``, and since then.

        Raises LedgerUnavailable.
        """
        ...

    def open_payments(self, before: datetime) -> Iterable[PaymentKey]:
        """The watched payments that are open since ``before``. Raises LedgerUnavailable."""
        ...

    def load(self, key: PaymentKey) -> Payment | None:
        """The payment as it is now, or None. Raises LedgerUnavailable."""
        ...

    def held_callbacks(self, key: PaymentKey) -> Sequence[Received]:
        """The callbacks that wait for the checkout's answer. Raises LedgerUnavailable."""
        ...

    def commit(self, change: Change) -> None:
        """Write a change whole. Raises ConcurrentChange, LedgerUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class ReconcilePayments:
    """Goes once through the payments that are open for longer than ``after``.

    ``ask`` is given only where a status call is configured. A run ends by itself after ``budget``;
    what is left is the next run's.
    """

    ledger: SilentPayments
    telemetry: Telemetry
    after: timedelta
    ask: AskStatus | None = None
    budget: timedelta = timedelta(seconds=40)
    clock: Clock = utc_now
    ids: NewIds = new_ids

    def __call__(self) -> dict[str, int]:
        """Reconcile, and count what the payments came to by status.

        One payment that fails does not keep the others waiting. Raises LedgerUnavailable at the end
        if any could not be read or written, so that the run counts as failed.
        """
        started, tally = self.clock(), Counter[str]()
        failed = self._count_open(started - self.after)
        for key in self.ledger.open_payments(started - self.after):
            if self.clock() - started > self.budget:
                break
            correlate(payment=str(key))
            try:
                tally[self._reconcile(key)] += 1
            except Exception as error:  # noqa: BLE001 (one odd payment must not stop all others)
                failed += 1
                self.telemetry.tell(
                    Fact.RECONCILE_FAILED, payment=str(key), error=type(error).__name__
                )
        correlate(payment=None)
        self.telemetry.tell(Fact.RECONCILED, not_reconciled=failed, statuses=dict(tally))
        if failed:
            raise LedgerUnavailable(f"{failed} payments could not be reconciled")
        return dict(tally)

    def _count_open(self, before: datetime) -> int:
        # What cannot be counted is no reason to leave the payments alone; it fails the run, too.
        try:
            counts = self.ledger.count_open(before)
        except LedgerUnavailable as error:
            self.telemetry.tell(Fact.RECONCILE_FAILED, error=type(error).__name__)
            return 1
        for age, count in counts.items():
            self.telemetry.tell(Fact.OPEN_PAYMENTS, age=age, count=count)
        return 0

    def _reconcile(self, key: PaymentKey) -> str:
        payment = self.ledger.load(key)
        if payment is None or not payment.status.is_open:
            return "settled"  # the index lags behind the table for a moment
        change = decide_silence(
            payment,
            self.ledger.held_callbacks(key) if payment.held else (),
            outcome=self._ask(payment),
            keep_watching=self._keeps_asking(payment),
            now=self.clock(),
            ids=self.ids,
        )
        if change.after == payment:
            return payment.status.value
        try:
            self.ledger.commit(change)
        except ConcurrentChange:
            return "changed"  # somebody knows more by now: the next run sees what
        tell_change(self.telemetry, change)
        return (change.after or payment).status.value

    def _ask(self, payment: Payment) -> CallbackOutcome | None:
        if self.ask is None or payment.transaction_id is None:
            return None
        return self.ask(payment)

    def _keeps_asking(self, payment: Payment) -> bool:
        can_ask = self.ask is not None and payment.transaction_id is not None
        return can_ask and self.clock() - payment.created_at < GIVE_UP_ASKING
