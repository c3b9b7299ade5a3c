"""The comparison of the books: it finds what does not agree, and nothing else."""

from collections import Counter
from dataclasses import replace

import pytest

from finconnect.payments.model import Disposition, Event, EventType, Kept, Status
from soak.books import Case, Told
from soak.compare import allowed_states, differences
from soak.plan import Planned, make_plan
from tests.fakes.builders import a_payment, a_received, an_event

SUCCESS = Told("digest-1", "success", True, True, True, 1)
FAILURE = replace(SUCCESS, digest="digest-2", outcome="failure")


def test_books_that_agree_have_no_difference() -> None:
    assert differences([a_case()]) == []


def test_a_second_prompt_is_found() -> None:
    assert whats(a_case(prompts=2)) == ["2 prompts and 1 charges"]


def test_a_charge_that_the_ledger_does_not_know_is_found() -> None:
    case = a_case(status=Status.PENDING, told=(), kept=[], kinds=(EventType.UNRESOLVED,))
    assert "the payer was charged, and the ledger does not say succeeded" in whats(case)


def test_a_success_that_nobody_told_of_is_found() -> None:
    assert "the ledger says succeeded, and no believable callback did" in whats(
        a_case(told=(), kept=[])
    )


def test_an_acknowledged_callback_that_is_not_kept_is_found() -> None:
    assert any("acknowledged, and is nowhere" in what for what in whats(a_case(kept=[])))


def test_an_acknowledged_forgery_that_was_dropped_is_found() -> None:
    forged = replace(SUCCESS, digest="digest-2", is_genuine=False)
    assert whats(a_case(told=(SUCCESS, forged))) == [
        "a callback (success) was acknowledged, and is nowhere"
    ]
    assert whats(a_case(told=(SUCCESS, forged), dead={"digest-2"})) == []


def test_a_callback_whose_key_is_gone_is_there_if_it_is_a_dead_letter() -> None:
    late = replace(SUCCESS, digest="digest-2")
    assert whats(a_case(told=(SUCCESS, late), dead={"digest-2"})) == []


def test_an_event_that_never_arrived_is_found() -> None:
    assert "1 events of the ledger never reached the subscriber" in whats(a_case(received={}))


def test_a_missing_conflict_is_found() -> None:
    kept = [a_kept("digest-1"), a_kept("digest-2")]
    found = whats(a_case(told=(SUCCESS, FAILURE), kept=kept))
    assert found == ["0 conflicts told, of callbacks ['failure', 'success']"]


@pytest.mark.parametrize(
    ("told", "prompts", "allowed"),
    [
        ((FAILURE, SUCCESS), 1, {Status.SUCCEEDED}),
        ((FAILURE,), 1, {Status.FAILED}),
        ((replace(SUCCESS, acknowledged=False),), 1, {Status.PENDING, Status.UNKNOWN}),
        ((replace(SUCCESS, is_genuine=False),), 1, {Status.PENDING, Status.UNKNOWN}),
        ((replace(SUCCESS, is_true=False),), 1, {Status.PENDING, Status.UNKNOWN}),
        ((), 0, {Status.NOT_SENT, Status.UNKNOWN, None}),
    ],
)
def test_the_facts_allow_only_some_states(
    told: tuple[Told, ...], prompts: int, allowed: set[Status | None]
) -> None:
    assert allowed_states(a_case(told=told, prompts=prompts, kept=[])) == allowed


def test_a_plan_has_every_behaviour_and_the_seed_repeats_it() -> None:
    plan = make_plan(100, seed=1)
    assert plan == make_plan(100, seed=1) != make_plan(100, seed=2)
    assert len({planned.behaviour for planned in plan}) == 25
    assert len({planned.external_id for planned in plan}) == 100


def whats(case: Case) -> list[str]:
    return [each.what for each in differences([case])]


def a_case(
    *,
    status: Status = Status.SUCCEEDED,
    prompts: int = 1,
    told: tuple[Told, ...] = (SUCCESS,),
    kept: list[Kept] | None = None,
    kinds: tuple[EventType, ...] = (EventType.SUCCEEDED,),
    received: dict[str, int] | None = None,
    dead: set[str] | None = None,
) -> Case:
    events = [an_outbox_item(f"id-{kind}", kind) for kind in kinds]
    return Case(
        Planned({"externalId": "order-1"}, "any-other", is_repeated=False, late_event=None),
        prompts=prompts,
        charges=1,
        told=told,
        payment=a_payment(status),
        kept=[a_kept("digest-1")] if kept is None else kept,
        events=events,
        dead=dead or set(),
        received=Counter({event.id: 1 for event in events} if received is None else received),
    )


def a_kept(digest: str) -> Kept:
    return Kept(replace(a_received(), digest=digest), Disposition.APPLIED)


def an_outbox_item(event_id: str, kind: EventType) -> Event:
    return replace(an_event(), id=event_id, type=kind)
