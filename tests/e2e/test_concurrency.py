"""Everybody at once: what is decided by one conditional write is decided once.

The emulator gives each concurrent call a worker of its own, as AWS does. The workers are started
beforehand, so that the callers really meet; and each function's environment stays as it is
throughout this file, because changing it would end them.
"""

import base64
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial

import httpx
import pytest

from local.events import EventQueue
from tests.e2e.crowd import CROWD, Provider, at_once, callback_body, warm
from tests.e2e.support import World, payment, wait_until

ROUNDS = 2
PENDING, SUCCEEDED = "payment.pending", "payment.succeeded"
FAILED, CONFLICT = "payment.failed", "payment.conflict"


@pytest.fixture
def provider(world: World) -> Iterator[Provider]:
    with closing(Provider(world)) as made:
        yield made


def test_fifty_equal_payments_are_sent_once(world: World) -> None:
    warm(lambda: world.merchant.get("nobody"))
    wanted = payment("never-answers")
    answers = at_once([lambda: world.merchant.post(wanted)] * CROWD)

    came = Counter(answer.status_code for answer in answers)
    assert came[202] == 1, came
    assert came[202] + came[200] + came[409] == CROWD, came
    replays = [answer for answer in answers if answer.status_code == 200]
    assert all(answer.headers["Idempotency-Replayed"] == "true" for answer in replays)
    book = world.simulator.book(wanted["externalId"])
    assert len(book["checkouts"]) == len(book["prompts"]) == 1
    assert world.event_types_of(wanted["externalId"]) == [PENDING]


def test_a_hundred_payments_with_a_refused_token_cost_one_call_to_the_authenticator(
    world: World,
) -> None:
    before = world.simulator.whole_book()["totals"]["tokenRequests"]
    world.simulator.expire_tokens()
    first, second = post_new(world, CROWD), post_new(world, CROWD)

    came = Counter(answer.status_code for answer in (*first, *second))
    assert came == {202: 2 * CROWD}
    assert world.simulator.whole_book()["totals"]["tokenRequests"] == before + 1
    for answer in (*first, *second):
        assert len(world.simulator.book(answer.json()["externalId"])["prompts"]) == 1


def test_fifty_equal_callbacks_change_the_state_once(
    world: World, provider: Provider, events: EventQueue
) -> None:
    paid = world.prompted()["externalId"]
    unsigned = callback_body(world, paid, tamper="unsigned")
    warm(lambda: provider.post(unsigned))
    answers = provider.post_at_once([callback_body(world, paid)] * CROWD)

    assert Counter(answer.status_code for answer in answers) == {200: CROWD}
    came = Counter(answer.json()["status"] for answer in answers)
    assert came == {"applied": 1, "duplicate": CROWD - 1}
    assert world.state_of(paid)["status"] == "succeeded"
    assert world.event_types_of(paid) == [PENDING, SUCCEEDED]
    assert len(world.items_of(paid, "CALLBACK#")) == 1
    told = events.wait_for(paid, SUCCEEDED)
    assert {event.id for event in events.of(paid) if event.type == SUCCEEDED} == {told.id}


def test_success_and_failure_race_and_success_wins_with_one_conflict(
    world: World, provider: Provider
) -> None:
    first = Counter[str]()
    for _ in range(ROUNDS):
        racing = [answer.json()["externalId"] for answer in post_new(world, CROWD // 2)]
        bodies = [
            callback_body(world, external_id, event=event)
            for external_id in racing
            for event in ("success", "failure")
        ]
        answers = provider.post_at_once(bodies)

        assert Counter(answer.status_code for answer in answers) == {200: len(bodies)}
        for external_id in racing:
            first[see_success_with_one_conflict(world, external_id)] += 1
    assert first.total() == ROUNDS * (CROWD // 2)


def see_success_with_one_conflict(world: World, external_id: str) -> str:
    """Which of the two came first."""
    assert world.state_of(external_id)["status"] == "succeeded"
    kinds = Counter(world.event_types_of(external_id))
    came_first = FAILED if kinds[FAILED] else SUCCEEDED
    assert kinds == Counter({PENDING, SUCCEEDED, CONFLICT, came_first})
    assert len(world.items_of(external_id, "CALLBACK#")) == 2
    return came_first


def test_garbage_makes_us_ask_for_the_key_once_and_a_new_key_is_found_under_it(
    world: World, provider: Provider
) -> None:
    paid = world.prompted()["externalId"]
    world.key_is_due()
    before = key_requests(world)
    world.simulator.rotate_key()
    genuine = callback_body(world, paid)
    answers = provider.post_at_once([*garbage(genuine, CROWD - 1), genuine])

    # Until the one fetch has settled, nobody can tell garbage from a new key: that waits its turn.
    told = {(each.status_code, each.json().get("status")) for each in answers[:-1]}
    assert told <= {(401, 401), (200, "deferred")}
    assert answers[-1].status_code == 200, answers[-1].text
    world.await_status(paid, "succeeded")

    answers += provider.post_at_once(garbage(genuine, CROWD))
    # Refused, where the key was fetched seconds ago; and whatever got a 200 is still there.
    assert {answer.status_code for answer in answers} <= {200, 401}
    wait_until("the queue is empty", lambda: world.messages_in("CallbackQueue") == 0, seconds=120)
    kept = sum(each.status_code == 200 for each in answers) - 1
    assert len(world.take_dead_letters()) == kept
    assert key_requests(world) == before + 1
    assert world.event_types_of(paid) == [PENDING, SUCCEEDED]


def garbage(genuine: bytes, count: int) -> list[bytes]:
    """Callbacks that differ from a genuine one in their signatures: each is noise of its own."""
    fields = json.loads(genuine)
    return [
        json.dumps({**fields, "signature": base64.b64encode(os.urandom(256)).decode()}).encode()
        for _ in range(count)
    ]


def post_new(world: World, count: int) -> Sequence[httpx.Response]:
    """Posts that many new payments at once; nobody answers the prompts."""
    return at_once([partial(world.merchant.post, payment("never-answers")) for _ in range(count)])


def key_requests(world: World) -> int:
    return int(world.simulator.whole_book()["totals"]["keyRequests"])
