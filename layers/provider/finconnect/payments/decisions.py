"""What a fact does to a payment. Pure: no clock, no store, no provider.

::

    created < unknown < pending, rejected, not_sent < failed < succeeded

Facts only add up: a payment moves to the right or stays, so the same facts in any order end in the
same state. A verified and matching success wins whenever it comes, because the payer has been
charged. Whatever contradicts what was final is kept and published once as a conflict.

A callback that arrives before the checkout's answer is *held*: only the answer tells which
transaction it must belong to. It is decided together with the answer, in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from finconnect.payments.errors import TooManyHeld
from finconnect.payments.events import NewIds, new_ids, payment_event, unmatched_event
from finconnect.payments.model import (
    Answer,
    Change,
    Disposition,
    Event,
    EventType,
    Kept,
    Payment,
    Received,
    Status,
    Verification,
)
from finconnect.providers.base import CallbackOutcome

MAX_HELD: Final = 20
"""Each held callback takes part in the answer's transaction, which has room for a hundred items."""

_RANK: Final = {
    Status.CREATED: 0,
    Status.UNKNOWN: 1,
    Status.PENDING: 2,
    Status.REJECTED: 2,
    Status.NOT_SENT: 2,
    Status.FAILED: 3,
    Status.SUCCEEDED: 4,
}
_EVENT_OF: Final = {
    Status.PENDING: EventType.PENDING,
    Status.REJECTED: EventType.REJECTED,
    Status.UNKNOWN: EventType.UNKNOWN,
    Status.FAILED: EventType.FAILED,
    Status.SUCCEEDED: EventType.SUCCEEDED,
}
_STATUS_OF: Final = {
    CallbackOutcome.SUCCEEDED: Status.SUCCEEDED,
    CallbackOutcome.FAILED: Status.FAILED,
}
_SAYS_UNPAID: Final = (Status.FAILED, Status.REJECTED, Status.NOT_SENT)


@dataclass(frozen=True, slots=True)
class _Told:
    """One thing to publish: the payment as of then, and what caused it."""

    kind: EventType
    payment: Payment
    callback: Received | None = None
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Step:
    """The result of weighing one fact."""

    payment: Payment
    told: tuple[_Told, ...]
    disposition: Disposition


def decide_answer(
    payment: Payment,
    answer: Answer,
    held: Sequence[Received],
    *,
    now: datetime,
    ids: NewIds = new_ids,
) -> Change:
    """Weigh what the checkout came to, then every callback that was held for it."""
    after, told, resolved = _answered(payment, answer, held, now)
    after = replace(after, version=payment.version + 1, updated_at=now)
    return Change(payment, after, _events(told, now, ids), resolved=resolved)


def decide_callback(
    payment: Payment | None, callback: Received, *, now: datetime, ids: NewIds = new_ids
) -> Change:
    """Weigh a believed callback against the payment that it names, if there is one.

    Raises TooManyHeld for more early callbacks than one transaction could decide.
    """
    if payment is None:
        event = unmatched_event(ids(1)[0], callback, now=now)
        return Change(None, None, (event,), received=Kept(callback, Disposition.UNMATCHED))
    if payment.status is Status.CREATED:
        if payment.held >= MAX_HELD:
            raise TooManyHeld(payment.key.external_id)
        after = replace(payment, held=payment.held + 1, version=payment.version + 1)
        return Change(payment, after, received=Kept(callback, Disposition.HELD))
    step = _weigh_callback(payment, callback, now)
    changed = step.payment != payment
    after = replace(step.payment, version=payment.version + 1) if changed else payment
    return Change(payment, after, _events(step.told, now, ids), Kept(callback, step.disposition))


def decide_silence(
    payment: Payment,
    held: Sequence[Received],
    *,
    outcome: CallbackOutcome | None,
    keep_watching: bool,
    now: datetime,
    ids: NewIds = new_ids,
) -> Change:
    """Weigh that nothing was heard of an open payment, and what the provider says if asked.

    A payment whose request was never known to leave may have been sent: it becomes unknown, not
    failed. Silence is published once, and settles nothing.
    """
    after, told, resolved = payment, list[_Told](), tuple[Kept, ...]()
    if payment.status is Status.CREATED:
        after, told, resolved = _answered(payment, Answer(Status.UNKNOWN), held, now)
    if outcome is not None:
        asked = replace(after, verification=Verification.STATUS)
        step = _weigh(asked, _STATUS_OF[outcome], None, now)
        after, told = step.payment, [*told, *step.told]
    if after.status.is_open:
        after = replace(after, unresolved=True, watched=keep_watching)
        if not payment.unresolved:
            told = [*told, _Told(EventType.UNRESOLVED, after)]
        if keep_watching:
            after = replace(after, asked_at=now)
    if after == payment:
        return Change(payment, payment)
    updated_at = now if told else payment.updated_at
    after = replace(after, version=payment.version + 1, updated_at=updated_at)
    return Change(payment, after, _events(told, now, ids), resolved=resolved)


def reopen(payment: Payment, *, attempt_id: str, now: datetime) -> Payment:
    """A payment that was certainly never sent, taken back to be sent now."""
    return replace(
        payment,
        status=Status.CREATED,
        attempt_id=attempt_id,
        message=None,
        watched=True,
        version=payment.version + 1,
        updated_at=now,
    )


def differences(payment: Payment, callback: Received) -> tuple[str, ...]:
    """The fields in which a callback does not agree with what was asked for.

    A signature covers neither amount nor phone, and where no separator stands between the signed
    fields it also fits the same text cut elsewhere. This comparison is what closes both.
    """
    found = []
    if callback.amount != payment.amount:
        found.append("amount")
    if callback.msisdn != payment.msisdn:
        found.append("accountNumber")
    if callback.network.lower() != payment.network.lower():
        found.append("network")
    if not _is_same_transaction(payment, callback):
        found.append("transactionId")
    return tuple(found)


def _is_same_transaction(payment: Payment, callback: Received) -> bool:
    if payment.transaction_id is not None:
        return callback.references == (payment.transaction_id,)
    # The checkout never told its id. A signed id in the provider's own form is proof enough; a URL
    # secret alone is not.
    return (
        callback.verification is Verification.SIGNATURE
        and callback.reference_is_sound
        and len(callback.references) == 1
    )


def _answered(
    payment: Payment, answer: Answer, held: Sequence[Received], now: datetime
) -> tuple[Payment, list[_Told], tuple[Kept, ...]]:
    known = replace(
        payment,
        transaction_id=payment.transaction_id or answer.transaction_id,
        message=answer.message or payment.message,
        held=0,
    )
    step = _weigh(known, answer.status, None, now)
    told, resolved = [*step.told], []
    for callback in sorted(held, key=lambda each: (each.received_at, each.digest)):
        step = _weigh_callback(step.payment, callback, now)
        told += step.told
        resolved.append(Kept(callback, step.disposition))
    return step.payment, told, tuple(resolved)


def _weigh_callback(payment: Payment, callback: Received, now: datetime) -> _Step:
    differing = differences(payment, callback)
    if differing:
        told = _Told(EventType.MISMATCH, payment, callback, differing)
        return _Step(payment, (told,), Disposition.MISMATCH)
    if callback.outcome is None:
        return _Step(payment, (), Disposition.IGNORED)
    return _weigh(payment, _STATUS_OF[callback.outcome], callback, now)


def _weigh(payment: Payment, status: Status, callback: Received | None, now: datetime) -> _Step:
    contradiction = _contradict(payment.status, status)
    told = []
    after = payment
    if _RANK[status] > _RANK[payment.status]:
        watched = payment.watched and status.is_open
        after = replace(payment, status=status, watched=watched, updated_at=now)
        if callback is not None:
            after = replace(
                after, verification=callback.verification, message=callback.message or after.message
            )
        if status in _EVENT_OF:
            told.append(_Told(_EVENT_OF[status], after, callback))
    if contradiction and not payment.conflicted:
        after = replace(after, conflicted=True)
        told.append(_Told(EventType.CONFLICT, after, callback))
    return _Step(after, tuple(told), _disposition(payment, after, contradiction=contradiction))


def _disposition(before: Payment, after: Payment, *, contradiction: bool) -> Disposition:
    if contradiction:
        return Disposition.CONFLICT
    return Disposition.CONFIRMED if after.status is before.status else Disposition.APPLIED


def _contradict(one: Status, other: Status) -> bool:
    pair = (one, other)
    return Status.SUCCEEDED in pair and any(status in _SAYS_UNPAID for status in pair)


def _events(told: Sequence[_Told], now: datetime, ids: NewIds) -> tuple[Event, ...]:
    return tuple(
        payment_event(
            event_id,
            each.kind,
            each.payment,
            now=now,
            callback=each.callback,
            differences=each.differences,
        )
        for event_id, each in zip(ids(len(told)), told, strict=True)
    )
