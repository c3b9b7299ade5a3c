"""The invariants, looked at with every write and every answer, not only at the end.

What is broken is noted and asserted later: raised here, it would be taken for a fault of AWS.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from finconnect.payments.model import (
    Disposition,
    Event,
    EventType,
    Kept,
    Payment,
    Status,
    Verification,
)
from finconnect.providers.base import CallbackOutcome
from simulator.book import Book
from tests.crash.ledger_view import PaymentView, ledger_view

RANK: Final = {
    Status.CREATED: 0,
    Status.UNKNOWN: 1,
    Status.PENDING: 2,
    Status.REJECTED: 2,
    Status.NOT_SENT: 2,
    Status.FAILED: 3,
    Status.SUCCEEDED: 4,
}
SAYS_NOT_PROMPTED: Final = (Status.REJECTED, Status.NOT_SENT)
_STATE_EVENTS: Final = {
    f"payment.{status.value}": status
    for status in Status
    if status not in (Status.CREATED, Status.NOT_SENT)
}


@dataclass(slots=True)
class Audit:
    """Watches the ledger and holds it against the provider's book.

    ``writer`` names the function that is writing.
    """

    book: Callable[[], Book]
    writer: Callable[[], str]
    broken: list[str] = field(default_factory=list)

    def observe[T](self, write: Callable[[], T]) -> T:
        """Have a write of the ledger, and look at what it changed."""
        before = ledger_view()
        result = write()
        after = ledger_view()
        for reference in {*before, *after}:
            then, now = (each.get(reference, PaymentView()) for each in (before, after))
            if then != now:
                self.broken += [f"{reference}: {text}" for text in _faults(then, now)]
                self._check_writer(reference, then, now)
                self.look_at(reference, now)
        return result

    def _check_writer(self, reference: str, then: PaymentView, now: PaymentView) -> None:
        """Only who sent the checkout can know that nobody was prompted."""
        was, is_now = (each.payment and each.payment.status for each in (then, now))
        said = is_now in SAYS_NOT_PROMPTED and was is not is_now
        told = any(event.type is EventType.REJECTED for event in _new_events(then, now))
        if (said or told) and self.writer() != "payments":
            self.broken.append(f"{reference}: {self.writer()} made it {is_now}")

    def look_at(self, reference: str, view: PaymentView) -> None:
        """Hold one payment against what the provider knows of it."""
        book = self.book().view(reference)
        if len(book.prompts) > 1:
            self.broken.append(f"{reference}: {len(book.prompts)} prompts")
        taken = [each for each in book.checkouts if each.behaviour is not None]
        if len(taken) > 1:
            self.broken.append(f"{reference}: the provider took {len(taken)} checkouts")
        payment = view.payment
        if payment is None:
            return
        if payment.status in SAYS_NOT_PROMPTED and book.prompts:
            self.broken.append(f"{reference}: {payment.status}, and a prompt is out")
        if payment.status is Status.SUCCEEDED and not self._is_paid(reference, payment, view):
            self.broken.append(f"{reference}: succeeded, and nobody said so")
        if payment.status is Status.FAILED and not self._was_told(
            reference, view, CallbackOutcome.FAILED
        ):
            self.broken.append(f"{reference}: failed, and nobody said so")

    def sent_digests(self, reference: str | None = None) -> set[str]:
        """The callbacks that the provider has sent, by the digest of their bytes."""
        return {
            hashlib.sha256(b64decode(each.request.body_base64)).hexdigest()
            for each in self.book().view(reference).callbacks
        }

    def _is_paid(self, reference: str, payment: Payment, view: PaymentView) -> bool:
        if payment.verification is Verification.STATUS:
            return bool(self.book().view(reference).charges)
        return self._was_told(reference, view, CallbackOutcome.SUCCEEDED)

    def _was_told(self, reference: str, view: PaymentView, outcome: CallbackOutcome) -> bool:
        sent = self.sent_digests(reference)
        said = [kept for digest, kept in view.callbacks.items() if digest in sent]
        return any(
            kept.callback.outcome is outcome and kept.disposition is not Disposition.MISMATCH
            for kept in said
        )


def _faults(then: PaymentView, now: PaymentView) -> Iterable[str]:
    """What is wrong with a change by itself: each fact with its event, each event with its fact."""
    if gone := {*then.events} - {*now.events} or {*then.callbacks} - {*now.callbacks}:
        yield f"{sorted(gone)} is gone from the books"
    if any(now.events.get(name) != event for name, event in then.events.items()):
        yield "an event was changed after it was written"
    new = _new_events(then, now)
    types = Counter(str(event.type) for event in new)
    yield from _state_faults(then.payment, now.payment, [str(event.type) for event in new])
    expected = {
        "payment.conflict": _newly(then.payment, now.payment, "conflicted"),
        "payment.unresolved": _newly(then.payment, now.payment, "unresolved"),
        "payment.mismatch": _became(then, now, Disposition.MISMATCH),
        "callback.unmatched": _became(then, now, Disposition.UNMATCHED),
    }
    for name, count in expected.items():
        if types[name] != count:
            yield f"{types[name]} {name} written where {count} belong"


def _new_events(then: PaymentView, now: PaymentView) -> list[Event]:
    return [now.events[name] for name in sorted({*now.events} - {*then.events})]


def _state_faults(before: Payment | None, after: Payment | None, types: list[str]) -> Iterable[str]:
    told = [_STATE_EVENTS[each] for each in types if each in _STATE_EVENTS]
    was, is_now = before and before.status, after and after.status
    ranks = [RANK[status] for status in told]
    if ranks != sorted(set(ranks)):
        yield f"states told out of order: {told}"
    if was is is_now or is_now in (None, Status.CREATED, Status.NOT_SENT):
        if told:
            yield f"{told} told, and the state is still {is_now}"
    elif not told or told[-1] is not is_now:
        yield f"{was} became {is_now}, and what is told is {told}"


def _newly(before: Payment | None, after: Payment | None, flag: str) -> int:
    return int(bool(getattr(after, flag, False)) and not getattr(before, flag, False))


def _became(then: PaymentView, now: PaymentView, disposition: Disposition) -> int:
    def has(view: PaymentView) -> set[str]:
        return {digest for digest, kept in view.callbacks.items() if _is(kept, disposition)}

    return len(has(now) - has(then))


def _is(kept: Kept, disposition: Disposition) -> bool:
    return kept.disposition is disposition
