"""The table of test numbers, as a table. What each does is tested over HTTP."""

import re

from simulator.behaviours import (
    ANY_OTHER,
    APPROVED,
    BY_NUMBER,
    EVENTS,
    UNATTENDED,
    Behaviour,
    Step,
    Turn,
    Wait,
    behaviour_of,
)

NAMES = [
    "approve-at-once",
    "approve-after-5s",
    "decline",
    "insufficient-funds",
    "wrong-pin",
    "never-answers",
    "callback-first",
    "duplicate-callback",
    "success-then-failure",
    "unsigned-callback",
    "forged-signature",
    "changed-amount",
    "failed-word",
    "invalid-vendor",
    "invalid-field",
    "unauthorised-once",
    "token-locked",
    "empty-200",
    "html-502",
    "connection-reset",
    "slow-answer",
    "accepted-but-timed-out",
    "key-path-404",
    "rotated-key",
]


def test_numbers_follow_each_other_and_do_not_move() -> None:
    """Other people's tests use the numbers: a new behaviour goes to the end."""
    expected = {f"2557000000{nn:02d}": name for nn, name in enumerate(NAMES, start=1)}
    assert {number: b.name for number, b in BY_NUMBER.items()} == expected


def test_every_behaviour_says_what_it_does() -> None:
    for behaviour in (*BY_NUMBER.values(), ANY_OTHER, UNATTENDED):
        assert re.fullmatch(r"[A-Z].*\.", behaviour.summary)


def test_any_other_number_asks_the_phone() -> None:
    assert behaviour_of("255712345678") is ANY_OTHER
    assert behaviour_of("255700000099") is ANY_OTHER
    assert ANY_OTHER.turns == (Turn(asks_phone=True, steps=()),)


def test_where_nobody_is_there_any_other_number_approves() -> None:
    behaviour = behaviour_of("255712345678", is_attended=False)
    assert behaviour.turns == (Turn(steps=(Step(APPROVED, Wait.AUTO_APPROVAL),)),)
    assert behaviour_of("255700000003", is_attended=False) is BY_NUMBER["255700000003"]


def test_the_last_turn_repeats() -> None:
    first, second = Turn(prompts=False), Turn()
    behaviour = Behaviour("name", "Summary.", (first, second))
    assert [behaviour.turn(i) for i in range(4)] == [first, second, second, second]


def test_only_a_prompted_payer_is_charged_or_told_of() -> None:
    for behaviour in BY_NUMBER.values():
        for turn in behaviour.turns:
            assert turn.prompts or not turn.steps


def test_nobody_is_charged_twice_for_one_prompt() -> None:
    for behaviour in BY_NUMBER.values():
        for turn in behaviour.turns:
            assert sum(step.outcome.charges for step in turn.steps) <= 1


def test_events_made_by_hand_charge_nobody() -> None:
    assert {"success", "failure", "failed", "pending"} <= set(EVENTS)
    assert not any(outcome.charges for outcome in EVENTS.values())
