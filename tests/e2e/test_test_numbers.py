"""Each of the stand-in's test numbers through the deployed stack, as the README's table has it."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from local.events import EventQueue
from local.stack import LocalStack
from simulator.behaviours import BY_NUMBER
from tests.e2e.numbers import ALONE, COURSES, PAID, Course
from tests.e2e.support import World, payment, wait_until

# A worker of the emulator for each call; more at once would only wait for the processor.
AT_ONCE = 5
# The answer that takes a minute, and what comes after it.
PATIENCE_SECONDS = 90.0
SERVER_ERROR = 500


@dataclass(frozen=True)
class Posted:
    """A payment to a test number, and what its POST was answered."""

    wanted: dict[str, Any]
    response: httpx.Response

    @property
    def external_id(self) -> str:
        return str(self.wanted["externalId"])


@pytest.fixture(scope="module")
def posted(stack: LocalStack) -> Iterator[Mapping[str, Posted]]:
    """A payment to every number that leaves the others alone, some at a time."""
    with closing(World(stack)) as world, ThreadPoolExecutor(AT_ONCE) as pool:
        # A forged callback is called forged by a key that was fetched for it.
        world.key_is_due()
        names = [name for name in COURSES if name not in ALONE]
        yield dict(zip(names, pool.map(lambda name: post(world, name), names), strict=True))


def post(world: World, name: str) -> Posted:
    wanted = payment(name)
    return Posted(wanted, world.merchant.post(wanted))


def see(world: World, one: Posted, course: Course) -> None:
    """Waits until the payment has come to what its course says, and to nothing else."""
    body = one.response.json()
    status, word = course.answer
    assert one.response.status_code == status
    assert (body.get("code") or body["status"]) in (word, course.also)
    wait_until(
        f"callbacks were answered {course.told}",
        lambda: len(told(world, one)) >= len(course.told),
        seconds=PATIENCE_SECONDS,
    )
    assert {*told(world, one)} == {*course.told}
    expected = sorted(f"payment.{event}" for event in course.events)
    assert world.event_types_of(one.external_id) == expected
    assert world.state_of(one.external_id)["status"] == course.status


def told(world: World, one: Posted) -> list[int]:
    """How callbacks were answered; those that the emulator had no worker for are sent again."""
    attempts = world.simulator.book(one.external_id)["callbacks"]
    statuses = [each["answer"]["status"] for each in attempts if each["answer"]]
    return [status for status in statuses if status < SERVER_ERROR]


def test_every_number_has_its_course() -> None:
    assert [*COURSES] == [each.name for each in BY_NUMBER.values()]


@pytest.mark.parametrize("name", [name for name in COURSES if name not in ALONE])
def test_a_number_comes_to_what_the_table_says(
    world: World, posted: Mapping[str, Posted], name: str
) -> None:
    see(world, posted[name], COURSES[name])


def test_a_duplicate_is_in_the_ledger_once(world: World, posted: Mapping[str, Posted]) -> None:
    see(world, posted["duplicate-callback"], COURSES["duplicate-callback"])
    assert len(world.items_of(posted["duplicate-callback"].external_id, "CALLBACK#")) == 1


def test_nobody_is_prompted_twice(world: World, posted: Mapping[str, Posted]) -> None:
    prompts = {
        name: world.simulator.book(one.external_id)["totals"]["prompts"]
        for name, one in posted.items()
    }
    nobody = {"invalid-vendor", "invalid-field", "connection-reset"}
    assert prompts == {name: int(name not in nobody) for name in posted}


def test_a_callback_that_comes_first_is_held_until_the_answer(world: World) -> None:
    see(world, post(world, "callback-first"), COURSES["callback-first"])


def test_unauthorised_once_costs_one_more_checkout_and_one_prompt(world: World) -> None:
    one = post(world, "unauthorised-once")
    see(world, one, COURSES["unauthorised-once"])
    book = world.simulator.book(one.external_id)
    assert [each["answer"]["status"] for each in book["checkouts"]] == [401, 200]
    assert book["totals"]["prompts"] == 1


def test_a_locked_token_sends_nothing_and_the_same_post_again_does(world: World) -> None:
    one = post(world, "token-locked")
    see(world, one, COURSES["token-locked"])
    assert int(one.response.headers["Retry-After"]) > 0
    answers: list[httpx.Response] = []

    def is_taken() -> bool:
        answers.append(world.merchant.post(one.wanted))
        return answers[-1].status_code != one.response.status_code

    wait_until("it is taken", is_taken)
    see(world, Posted(one.wanted, answers[-1]), PAID)


@pytest.mark.parametrize("name", ["key-path-404", "rotated-key"])
def test_a_new_key_is_fetched_for_the_callback_that_needs_it(
    world: World, events: EventQueue, name: str
) -> None:
    # As if the last fetch were five minutes ago: more often it is not fetched anew.
    world.key_is_due()
    before = world.simulator.whole_book()["totals"]["keyRequests"]
    one = post(world, name)
    see(world, one, COURSES[name])
    succeeded = events.wait_for(one.external_id, "payment.succeeded")
    assert succeeded.data["verification"] == "signature"
    asked = world.simulator.whole_book()["keyRequests"][before:]
    assert [each["status"] for each in asked] == ([404, 200] if name == "key-path-404" else [200])
