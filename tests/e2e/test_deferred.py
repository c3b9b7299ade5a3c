"""Callbacks for which there is no key: kept in the queue, verified later, or kept for a person."""

import json

from local.events import EventQueue
from tests.e2e.support import World, wait_until

PATIENCE = 60.0
QUEUE, DEAD_LETTERS = "CallbackQueue", "CallbackDeadLetterQueue"
STATES = ["payment.pending", "payment.succeeded"]


def test_without_a_key_a_callback_waits_and_is_verified_once_there_is_one(
    world: World, events: EventQueue
) -> None:
    paid = world.prompted()["externalId"]
    with world.without_key():
        answer = world.callback(paid)
        assert (answer.status_code, answer.json()) == (200, {"status": "deferred"})
        assert world.state_of(paid)["status"] == "pending"

    told = events.wait_for(paid, "payment.succeeded")
    assert told.data["verification"] == "signature"
    assert world.event_types_of(paid) == STATES
    # Late or at once, the same callback has one place.
    assert world.callback(paid).json() == {"status": "duplicate"}
    wait_until("the queue is empty", lambda: world.messages_in(QUEUE) == 0)
    assert world.messages_in(DEAD_LETTERS) == 0


def test_a_callback_that_never_finds_a_key_is_kept_and_can_be_redriven(
    world: World, events: EventQueue
) -> None:
    paid = world.prompted()["externalId"]
    with world.without_key():
        assert world.callback(paid).json() == {"status": "deferred"}
        await_dead_letter(world)
        assert world.messages_in(QUEUE) == 0
        assert world.state_of(paid)["status"] == "pending"

    redriven = world.ops("redrive", "callbacks")
    assert redriven.returncode == 0, redriven.stderr
    assert redriven.stdout.splitlines()[-1] == "1 done"
    events.wait_for(paid, "payment.succeeded")
    assert world.event_types_of(paid) == STATES
    wait_until("the queue is empty", lambda: world.messages_in(QUEUE) == 0)
    assert world.messages_in(DEAD_LETTERS) == 0


def test_garbage_that_came_without_a_key_is_not_believed_and_not_dropped_either(
    world: World,
) -> None:
    paid = world.prompted()["externalId"]
    with world.without_key():
        assert world.callback(paid, tamper="signature").json() == {"status": "deferred"}

    await_dead_letter(world)
    assert world.messages_in(QUEUE) == 0
    assert world.state_of(paid)["status"] == "pending"
    assert world.items_of(paid, "CALLBACK#") == []
    # A person who has looked at it throws it away.
    (dead,) = world.take_dead_letters()
    assert json.loads(json.loads(dead)["body"])["utilityref"] == paid


def test_a_callback_whose_key_was_replaced_is_kept_until_a_person_gives_the_key_back(
    world: World, events: EventQueue
) -> None:
    paid, earlier = (world.prompted()["externalId"] for _ in range(2))
    world.key_is_due()
    assert world.callback(earlier).json() == {"status": "applied"}
    its_key = world.key_ring()["current"]
    with world.without_key():
        assert world.callback(paid).json() == {"status": "deferred"}
        world.simulator.rotate_key()
    await_dead_letter(world)
    assert world.state_of(paid)["status"] == "pending"
    assert world.key_ring()["current"] != its_key

    world.put_previous_key(its_key)
    redriven = world.ops("redrive", "callbacks")
    assert redriven.stdout.splitlines()[-1] == "1 done", redriven.stderr
    events.wait_for(paid, "payment.succeeded")
    assert world.event_types_of(paid) == STATES
    assert world.messages_in(DEAD_LETTERS) == 0


def await_dead_letter(world: World) -> None:
    wait_until(
        "it is a dead letter", lambda: world.messages_in(DEAD_LETTERS) == 1, seconds=PATIENCE
    )
