"""One scenario: a use case, run once with one fault, and everything that follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from tests.crash.faults import Call, Plan
from tests.crash.outcome import Outcome, differences, outcome_of, unfinished, unsafe
from tests.crash.stories import BY_NAME, STORIES, Story
from tests.crash.world import World


@dataclass(frozen=True, slots=True)
class Scenario:
    """Which use case, which of its calls, which fault. ``id`` names it on the command line."""

    story: str
    plan: Plan

    @property
    def id(self) -> str:
        """For instance ``payment/03-payments:dynamodb.TransactWriteItems/lost``."""
        return f"{self.story}/{self.plan.number:02d}-{self.plan.call}/{self.plan.fault.value}"


@dataclass(frozen=True, slots=True)
class Recording:
    """A run without faults: the calls of the use case, and how it all ended."""

    calls: tuple[Call, ...]
    outcome: Outcome


@cache
def recording(name: str) -> Recording:
    """Run a use case without faults. Raises AssertionError if even that breaks a promise."""
    story = BY_NAME[name]
    with _world(story, None) as world:
        _act(story, world)
        story.later(world)
        world.settle()
        broken = [*unsafe(world), *unfinished(world)]
        assert not broken, f"{name} without faults: {broken}"
        return Recording(tuple(world.injector.calls), outcome_of(world))


def all_scenarios() -> Iterable[Scenario]:
    """Every call of every use case, with every fault that may happen to it."""
    for story in STORIES:
        for number, call in enumerate(recording(story.name).calls, 1):
            for fault in call.faults:
                yield Scenario(story.name, Plan(number, call, fault))


def faults_of(scenario: Scenario) -> list[str]:
    """Run a scenario; returns what it broke."""
    story, plan = BY_NAME[scenario.story], scenario.plan
    with _world(story, plan) as world:
        _act(story, world)
        broken = [*_not_as_planned(world, plan)]
        story.later(world)
        world.settle()
        if plan.fault.is_outage:
            broken += unsafe(world)
            world.recover()
            world.settle()
        world.gateway.check_all_kept()
        broken += [*unsafe(world), *unfinished(world)]
        broken += differences(recording(scenario.story).outcome, outcome_of(world))
        return list(dict.fromkeys(broken))


def _world(story: Story, plan: Plan | None) -> World:
    return World(plan, asks_for_status=story.asks_for_status, shards=story.shards)


def _act(story: Story, world: World) -> None:
    story.prepare(world)
    world.injector.armed = True
    story.act(world)
    world.injector.armed = False


def _not_as_planned(world: World, plan: Plan) -> Iterable[str]:
    calls = world.injector.calls
    if not world.injector.fired or calls[plan.number - 1] != plan.call:
        yield f"the fault never happened; the calls were {[str(call) for call in calls]}"
    if world.injector.deaths != world.containers.died:
        yield "somebody swallowed the end of the process"
    if plan.fault.is_death and not world.containers.died:
        yield "the process did not die"
