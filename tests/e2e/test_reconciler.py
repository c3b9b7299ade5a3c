"""Payments that went silent: the reconciler says so once, and guesses nothing.

A payment counts as silent after fifteen minutes. They are not waited for: the ledger's index is
told that the payment was left open an hour ago.
"""

import httpx

from local.events import EventQueue
from tests.e2e.support import World, payment, wait_until

PENDING, UNKNOWN = "payment.pending", "payment.unknown"
SUCCEEDED, UNRESOLVED = "payment.succeeded", "payment.unresolved"
SERVER_ERROR = 500


def test_a_silent_payment_is_told_of_once_and_a_late_callback_settles_it(
    world: World, events: EventQueue
) -> None:
    paid = world.prompted()["externalId"]
    world.reconcile()
    assert world.event_types_of(paid) == [PENDING]

    world.make_silent(paid)
    world.reconcile()
    world.reconcile()
    assert events.wait_for(paid, UNRESOLVED).data["status"] == "pending"
    assert world.state_of(paid)["status"] == "pending"
    assert world.event_types_of(paid) == [PENDING, UNRESOLVED]

    assert world.callback(paid).status_code == 200
    assert events.wait_for(paid, SUCCEEDED).data["status"] == "succeeded"
    assert world.event_types_of(paid) == [PENDING, SUCCEEDED, UNRESOLVED]


def test_a_payment_whose_function_died_becomes_unknown_and_is_not_sent_again(
    world: World, events: EventQueue
) -> None:
    wanted = payment("slow-answer")
    died = die_while_sending(world, wanted)
    assert died.status_code >= SERVER_ERROR
    assert world.state_of(wanted["externalId"])["status"] == "created"
    assert world.merchant.post(wanted).json()["code"] == "in_progress"

    world.make_silent(wanted["externalId"])
    world.reconcile()
    assert events.wait_for(wanted["externalId"], UNKNOWN).data["status"] == "unknown"
    events.wait_for(wanted["externalId"], UNRESOLVED)
    replayed = world.merchant.post(wanted)
    assert (replayed.status_code, replayed.json()["status"]) == (200, "unknown")

    assert world.callback(wanted["externalId"]).status_code == 200
    events.wait_for(wanted["externalId"], SUCCEEDED)
    assert len(world.simulator.book(wanted["externalId"])["checkouts"]) == 1


def die_while_sending(world: World, wanted: dict[str, object]) -> httpx.Response:
    """Posts a payment whose function is killed after the checkout left, before its answer."""
    with world.time_out("PaymentsFunction", seconds=4):
        answer = world.merchant.post(wanted)
    external_id = str(wanted["externalId"])
    wait_until("it was sent", lambda: bool(world.simulator.book(external_id)["prompts"]))
    return answer
