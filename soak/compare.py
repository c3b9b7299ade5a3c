"""What the books must agree on. Pure: it only compares."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from finconnect.payments.model import Disposition, EventType, Status
from soak.books import Case, Told

REFUSED = frozenset({"invalid-vendor", "invalid-field"})
LEFT_TO_A_PERSON = frozenset({"unsigned-callback", "changed-amount"})
"""The payer was charged, and the callback is not one that may be believed."""
_ONCE = frozenset(EventType) - {EventType.MISMATCH}
_TOLD_BY_AN_EVENT = {
    Status.PENDING: EventType.PENDING,
    Status.UNKNOWN: EventType.UNKNOWN,
    Status.REJECTED: EventType.REJECTED,
    Status.FAILED: EventType.FAILED,
    Status.SUCCEEDED: EventType.SUCCEEDED,
}


@dataclass(frozen=True)
class Difference:
    """Something on which the books do not agree."""

    external_id: str
    behaviour: str
    what: str


def differences(cases: Iterable[Case]) -> Sequence[Difference]:
    """Every difference between the provider's book, the ledger, and the subscriber's."""
    return [
        Difference(case.external_id, case.planned.behaviour, what)
        for case in cases
        for what in _of_case(case)
    ]


def _of_case(case: Case) -> Iterator[str]:
    yield from _of_money(case)
    yield from _of_state(case)
    yield from _of_inbox(case)
    yield from _of_outbox(case)
    yield from _of_subscriber(case)


def _of_money(case: Case) -> Iterator[str]:
    if case.prompts > 1 or case.charges > 1:
        yield f"{case.prompts} prompts and {case.charges} charges"
    is_believed = case.payment is not None and case.payment.status is Status.SUCCEEDED
    is_for_a_person = case.planned.behaviour in LEFT_TO_A_PERSON
    if case.charges and not is_believed and not is_for_a_person:
        yield "the payer was charged, and the ledger does not say succeeded"
    if is_believed and not any(each.outcome == "success" for each in believable(case)):
        yield "the ledger says succeeded, and no believable callback did"


def _of_state(case: Case) -> Iterator[str]:
    allowed = allowed_states(case)
    found = case.payment.status if case.payment else None
    if found not in allowed:
        yield f"the state is {found}, and the facts allow only {sorted(map(str, allowed))}"
    if case.payment is not None and case.payment.held:
        yield f"{case.payment.held} callbacks are held, and nobody will decide them"


def allowed_states(case: Case) -> frozenset[Status | None]:
    """The states that the provider's own book allows, once everything has been delivered."""
    outcomes = {each.outcome for each in believable(case)}
    if "success" in outcomes:
        return frozenset({Status.SUCCEEDED})
    if "failure" in outcomes:
        return frozenset({Status.FAILED})
    if case.prompts:
        return frozenset({Status.PENDING, Status.UNKNOWN})
    if case.planned.behaviour in REFUSED:
        return frozenset({Status.REJECTED, Status.UNKNOWN, Status.NOT_SENT, None})
    if case.planned.behaviour == "connection-reset":
        return frozenset({Status.UNKNOWN, Status.NOT_SENT, None})
    return frozenset({Status.NOT_SENT, Status.UNKNOWN, None})


def believable(case: Case) -> Sequence[Told]:
    """The callbacks that reached the ledger's side, are the provider's own, and tell the truth.

    One that was answered 503 may be in the ledger too: its write happened, or it waited in the
    queue meanwhile.
    """
    kept = {each.callback.digest for each in case.kept}
    arrived = [each for each in case.told if each.acknowledged or each.digest in kept]
    return [each for each in arrived if each.is_genuine and each.is_true]


def _of_inbox(case: Case) -> Iterator[str]:
    kept = {each.callback.digest: each for each in case.kept}
    for each in case.told:
        if each.acknowledged and each.digest not in {*kept, *case.dead}:
            yield f"a callback ({each.outcome}) was acknowledged, and is nowhere"
    if set(kept) - {each.digest for each in case.told}:
        yield "the ledger has a callback that the provider never sent"
    forged = {each.digest for each in case.told if not each.is_genuine}
    if forged & set(kept):
        yield "the ledger has a callback that is not the provider's"


def _of_outbox(case: Case) -> Iterator[str]:
    kinds = Counter(event.type for event in case.events)
    twice = sorted(kind for kind in _ONCE if kinds[kind] > 1)
    if twice:
        yield f"more than one event {', '.join(twice)}"
    if case.payment is not None:
        wanted = _TOLD_BY_AN_EVENT.get(case.payment.status)
        if wanted is not None and not kinds[wanted]:
            yield f"the state is {case.payment.status}, and no event told of it"
        if case.payment.status.is_open and not kinds[EventType.UNRESOLVED]:
            yield "it is open for long, and no event told of the silence"
    outcomes = {each.outcome for each in believable(case)}
    if kinds[EventType.CONFLICT] != int({"success", "failure"} <= outcomes):
        yield f"{kinds[EventType.CONFLICT]} conflicts told, of callbacks {sorted(outcomes)}"
    untrue = sum(1 for each in case.kept if each.disposition is Disposition.MISMATCH)
    if kinds[EventType.MISMATCH] != untrue:
        yield f"{kinds[EventType.MISMATCH]} mismatches told, and {untrue} kept"


def _of_subscriber(case: Case) -> Iterator[str]:
    told, received = {event.id for event in case.events}, set(case.received)
    if told - received:
        yield f"{len(told - received)} events of the ledger never reached the subscriber"
    if received - told:
        yield f"{len(received - told)} events reached the subscriber that the ledger has not"
