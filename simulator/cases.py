"""The story of a payment, read from the lines of the book that share its reference. Pure."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from simulator.behaviours import BY_NUMBER
from simulator.delivery import is_acknowledged
from simulator.entries import CallbackAttempt, Charge, Checkout, Entry, PhoneAnswer, Prompt
from simulator.moments import Moment, Tone, moments_of, status_word
from simulator.validation import InvalidCheckout, Order, parse_checkout


class State(StrEnum):
    """How a payment stands, as far as the payer and AzamPay know."""

    WAITING = "waiting"
    UNDER_WAY = "under way"
    PAID = "paid"
    FAILED = "failed"
    CLAIMED = "claimed"
    IGNORED = "ignored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Case:
    """One reference: who pays what, how it stands, and what happened, in the order of time.

    ``behaviour`` names the test number's script. ``is_delivered`` tells whether the webhook has
    taken the latest callback; None where none was due. ``order`` is the number of its first line.
    """

    key: str
    order: int
    reference: str | None
    msisdn: str | None
    network: str | None
    amount: str | None
    behaviour: str | None
    state: State
    is_delivered: bool | None
    started_at: datetime
    moments: tuple[Moment, ...]

    @property
    def headline(self) -> Moment:
        """The moment that says most of how it stands: what is waited for, or else the latest."""
        waiting = [moment for moment in self.moments if moment.tone is Tone.WAIT]
        return waiting[-1] if waiting else self.moments[-1]

    @property
    def words(self) -> str:
        """What a search looks into."""
        ids = {m.transaction_id for m in self.moments if m.transaction_id}
        known = (self.reference, self.msisdn, self.network, self.amount, self.behaviour, self.state)
        return " ".join([*filter(None, known), *sorted(ids)]).lower()


def case_key(entry: Entry) -> str | None:
    """The key of the case that an entry belongs to; None if it belongs to none.

    A checkout without a readable reference is a case of its own.
    """
    if entry.external_id is not None:
        return "case-" + hashlib.sha256(entry.external_id.encode()).hexdigest()[:16]
    return f"case-{entry.seq}" if isinstance(entry, Checkout) else None


def build_case(entries: Sequence[Entry]) -> Case:
    """The case of all entries with one reference, in order; there is at least one."""
    key = case_key(entries[0])
    assert key is not None  # noqa: S101 - callers choose entries by their key
    order = _order(entries)
    return Case(
        key=key,
        order=entries[0].seq,
        reference=entries[0].external_id,
        msisdn=order.msisdn if order else None,
        network=order.network if order else None,
        amount=order.amount if order else None,
        behaviour=_script(entries),
        state=_state(entries),
        is_delivered=_is_delivered(_of(CallbackAttempt, entries)),
        started_at=datetime.fromisoformat(entries[0].at),
        moments=moments_of(entries),
    )


def _of[E: Entry](kind: type[E], entries: Iterable[Entry]) -> list[E]:
    return [entry for entry in entries if isinstance(entry, kind)]


def _order(entries: Sequence[Entry]) -> Order | None:
    """What was ordered last and could be read."""
    for prompt in reversed(_of(Prompt, entries)):
        paid = prompt.payment
        return Order(paid.msisdn, paid.amount, paid.currency, paid.external_id, paid.network, {})
    for checkout in reversed(_of(Checkout, entries)):
        try:
            return parse_checkout(checkout.request.body.encode())
        except InvalidCheckout:
            continue
    return None


def _script(entries: Sequence[Entry]) -> str | None:
    scripts = {behaviour.name for behaviour in BY_NUMBER.values()}
    names = [checkout.behaviour for checkout in _of(Checkout, entries)]
    return next((name for name in reversed(names) if name in scripts), None)


def _state(entries: Sequence[Entry]) -> State:
    prompts = _of(Prompt, entries)
    if any(prompt.is_waiting for prompt in prompts):
        return State.WAITING
    if _of(Charge, entries):
        return State.PAID
    told = [status_word(attempt) for attempt in _of(CallbackAttempt, entries)]
    if told:
        return _TOLD.get(told[-1], State.UNDER_WAY)
    if prompts:
        is_ignored = prompts[-1].answer is PhoneAnswer.IGNORE
        return State.IGNORED if is_ignored else State.UNDER_WAY
    is_answered = all(checkout.answer for checkout in _of(Checkout, entries))
    return State.REFUSED if is_answered else State.UNDER_WAY


# A callback that says success where nobody paid: forged, or made by hand.
_TOLD = {"success": State.CLAIMED, "failure": State.FAILED, "failed": State.FAILED}


def _is_delivered(attempts: Sequence[CallbackAttempt]) -> bool | None:
    ended = [each for each in attempts if each.answer is not None or each.error is not None]
    return is_acknowledged(ended[-1]) if ended else None
