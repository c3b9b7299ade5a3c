"""What happened to a payment, moment by moment, with the bytes that went either way. Pure."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import singledispatch

from simulator import wire
from simulator.delivery import is_acknowledged
from simulator.entries import (
    CallbackAttempt,
    Charge,
    Checkout,
    Entry,
    HttpAnswer,
    HttpRequest,
    PhoneAnswer,
    Prompt,
)
from simulator.phones import format_amount


class Tone(StrEnum):
    """How a moment looks: as a matter of course, waiting, good, or bad."""

    PLAIN = "plain"
    WAIT = "wait"
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment; ``request`` or ``answer`` holds what was sent, ``callback`` explains a callback."""

    key: str
    at: datetime
    title: str
    detail: str = ""
    tone: Tone = Tone.PLAIN
    request: HttpRequest | None = None
    answer: HttpAnswer | None = None
    callback: CallbackAttempt | None = None
    transaction_id: str | None = None


def moments_of(entries: Iterable[Entry]) -> tuple[Moment, ...]:
    """All moments of the entries, in the order of time."""
    found = [moment for entry in entries for moment in _moments(entry)]
    return tuple(sorted(found, key=lambda moment: moment.at))


def status_word(attempt: CallbackAttempt) -> str:
    """The ``transactionstatus`` that a callback tells."""
    return str(wire.decode(attempt.request.body.encode()).get("transactionstatus"))


@singledispatch
def _moments(_: Entry) -> Iterator[Moment]:
    yield from ()


@_moments.register
def _(entry: Checkout) -> Iterator[Moment]:
    key = f"moment-{entry.seq}"
    yield Moment(
        key,
        _time(entry.at),
        "Checkout received",
        request=entry.request,
        transaction_id=entry.transaction_id,
    )
    if entry.answer is None:
        yield Moment(f"{key}-a", _time(entry.at), "Not answered yet", tone=Tone.WAIT)
        return
    is_taken = _is_taken(entry.answer)
    yield Moment(
        f"{key}-a",
        _time(entry.updated_at or entry.at),
        _answer_title("Answered", entry.answer),
        _message(entry.answer),
        Tone.GOOD if is_taken else Tone.BAD,
        answer=entry.answer,
    )


@_moments.register
def _(entry: Prompt) -> Iterator[Moment]:
    key = f"moment-{entry.seq}"
    yield Moment(
        key,
        _time(entry.at),
        f"Prompt on {entry.payment.msisdn}",
        "waits for the phone on this page" if entry.is_waiting else "",
        Tone.WAIT if entry.is_waiting else Tone.PLAIN,
        transaction_id=entry.payment.transaction_id,
    )
    if entry.answer is not None:
        title, tone = _ANSWERS[entry.answer]
        yield Moment(f"{key}-a", _time(entry.updated_at or entry.at), title, tone=tone)


_ANSWERS = {
    PhoneAnswer.APPROVE: ("The payer approved", Tone.GOOD),
    PhoneAnswer.WRONG_PIN: ("The payer entered a wrong PIN", Tone.BAD),
    PhoneAnswer.DECLINE: ("The payer declined", Tone.BAD),
    PhoneAnswer.IGNORE: ("The payer ignored it; no callback follows", Tone.BAD),
}


@_moments.register
def _(entry: Charge) -> Iterator[Moment]:
    yield Moment(
        f"moment-{entry.seq}",
        _time(entry.at),
        f"Payer charged TZS {format_amount(entry.amount)}",
        tone=Tone.GOOD,
    )


@_moments.register
def _(entry: CallbackAttempt) -> Iterator[Moment]:
    key = f"moment-{entry.seq}"
    times = f", try {entry.attempt}" if entry.attempt > 1 else ""
    by_hand = ", made by hand" if entry.origin == "control" else ""
    yield Moment(
        key,
        _time(entry.at),
        f"Callback sent: {status_word(entry)}{times}{by_hand}",
        request=entry.request,
        callback=entry,
        transaction_id=entry.transaction_id,
    )
    if entry.answer is None and entry.error is None:
        yield Moment(f"{key}-a", _time(entry.at), "The webhook has not answered", tone=Tone.WAIT)
        return
    yield Moment(
        f"{key}-a",
        _time(entry.updated_at or entry.at),
        _answer_title("The webhook answered", entry.answer) if entry.answer else "No answer",
        entry.error or _message(entry.answer),
        Tone.GOOD if is_acknowledged(entry) else Tone.BAD,
        answer=entry.answer,
    )


def _answer_title(what: str, answer: HttpAnswer) -> str:
    return f"{what} {answer.status}" if answer.status is not None else "No answer"


def _is_taken(answer: HttpAnswer) -> bool:
    """Whether a checkout's answer says that the prompt is on its way."""
    fields = _fields(answer)
    return answer.status == 200 and fields.get("success") is True  # noqa: PLR2004 - HTTP's OK


def _message(answer: HttpAnswer | None) -> str:
    """The words of an answer that tell most."""
    if answer is None:
        return ""
    if answer.note:
        return answer.note
    fields = _fields(answer)
    words = [str(fields[name]) for name in ("message", "status", "detail") if fields.get(name)]
    return words[0] if words else answer.content_type or "empty body"


def _fields(answer: HttpAnswer) -> dict[str, object]:
    with contextlib.suppress(ValueError):
        fields = wire.decode(answer.body.encode())
        if isinstance(fields, dict):
            return fields
    return {}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
