"""Every use case, every call that it makes, every fault: the promises hold after each.

Run one of them alone by the id that a failure prints, with what the functions logged:
``CRASH_LOG=INFO pytest -rP 'tests/crash/test_crash_points.py::test_the_promises_hold_after[…]'``.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import cast

import pytest

from tests.crash.scenario import Scenario, all_scenarios, faults_of

type Runner = Callable[[Scenario], list[str]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Record each use case once without faults: its calls are the scenarios."""
    if "scenario" in metafunc.fixturenames:
        scenarios = [*all_scenarios()]
        metafunc.parametrize("scenario", scenarios, ids=[each.id for each in scenarios])


@pytest.fixture(scope="module")
def run(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """Runs scenarios on all processors; a single one in this process, where it can be followed."""
    chosen = [
        cast("Scenario", item.callspec.params["scenario"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and "scenario" in item.fixturenames
    ]
    if len(chosen) == 1:
        yield faults_of
        return
    # Forked, so that every worker has the recordings already; frozen, because they stay.
    with ProcessPoolExecutor(mp_context=get_context("fork"), initializer=gc.freeze) as pool:
        running = {each.id: pool.submit(faults_of, each) for each in chosen}
        yield lambda scenario: running[scenario.id].result()
        pool.shutdown(cancel_futures=True)


def test_the_promises_hold_after(scenario: Scenario, run: Runner) -> None:
    broken = run(scenario)
    assert not broken, "\n".join([scenario.id, *broken])
