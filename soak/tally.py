"""The tally that a run prints."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from soak.books import Case
from soak.compare import LEFT_TO_A_PERSON, Difference

SHOWN_DIFFERENCES = 40


def tally(
    cases: Sequence[Case],
    found: Sequence[Difference],
    faults: Mapping[str, int],
    answers: Mapping[str, int],
    notes: Mapping[str, object],
) -> Iterator[str]:
    """The lines: what was injected and answered, the three books, and their differences."""
    states = Counter(str(case.payment.status) if case.payment else "absent" for case in cases)
    events = Counter(str(event.type) for case in cases for event in case.events)
    received = sum((case.received for case in cases), Counter[str]())
    told = [each for case in cases for each in case.told]
    behaviours = {case.planned.behaviour for case in cases}
    yield f"payments     {len(cases)} of {len(behaviours)} behaviours"
    yield f"answers      {_counts(answers)}"
    yield f"AWS calls    {faults.get('calls', 0)}"
    yield f"AWS faults   {_counts({k: v for k, v in faults.items() if k != 'calls'})}"
    for name, value in notes.items():
        yield f"{name:<12} {value}"
    yield f"prompts      {sum(case.prompts for case in cases)}"
    yield f"charges      {sum(case.charges for case in cases)}"
    left = sum(case.charges for case in cases if case.planned.behaviour in LEFT_TO_A_PERSON)
    yield f"  of them    {left} left to a person (unsigned callback, other amount)"
    yield (
        f"callbacks    {sum(each.attempts for each in told)} sent, {len(told)} different, "
        f"{sum(each.acknowledged for each in told)} acknowledged, "
        f"{sum(len(case.kept) for case in cases)} kept, "
        f"{sum(len(case.dead) for case in cases)} dead letters"
    )
    yield f"states       {_counts(states)}"
    yield f"events       {sum(events.values())}: {_counts(events)}"
    yield f"received     {len(received)} events, {received.total()} messages"
    yield f"differences  {len(found)}"
    yield from _shown(found)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def _shown(found: Iterable[Difference]) -> Iterator[str]:
    for each in list(found)[:SHOWN_DIFFERENCES]:
        yield f"  {each.external_id} ({each.behaviour}): {each.what}"
