"""Fresh modules for the harness, and the tally at the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest

from tests.crash.faults import Fault
from tests.crash.tally import ORDERS
from tests.integration.functions.deployment import forget_functions

_SCENARIO: Final = re.compile(r"\[(?P<story>[a-z-]+)/(?P<call>\d\d-[^/]+.*)/(?P<fault>[a-z-]+)\]$")
_ran: Counter[tuple[str, str]] = Counter()
_failed: Counter[tuple[str, str]] = Counter()
_points: set[tuple[str, str]] = set()


@pytest.fixture(scope="package", autouse=True)
def fresh_functions() -> Iterator[None]:
    """Neither inherit another suite's clients and modules, nor leave ours behind."""
    forget_functions()
    yield
    forget_functions()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count what ran, by use case and fault."""
    found = _SCENARIO.search(report.nodeid)
    if report.when != "call" or found is None:
        return
    _ran[found["story"], found["fault"]] += 1
    _points.add((found["story"], found["call"]))
    if report.failed:
        _failed[found["story"], found["fault"]] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tallies: for each use case, and for each fault."""
    write = terminalreporter.write_line
    if ORDERS.examples:
        write("")
        write(ORDERS.line)
    if not _ran:
        return
    stories = list(dict.fromkeys(story for story, _ in _ran))
    write("")
    write(
        f"crash points: {_ran.total()} scenarios, {_failed.total()} failed: {len(stories)} use "
        f"cases, {len(_points)} external calls, {len(Fault)} faults"
    )
    write(f"{'':24}{'calls':>6}{'runs':>6}{'failed':>8}")
    for story in stories:
        points = sum(1 for name, _ in _points if name == story)
        write(f"{story:24}{points:6}{_of(_ran, story):6}{_of(_failed, story):8}")
    write(f"{'by fault':30}{'runs':>6}{'failed':>8}")
    for fault in Fault:
        ran, failed = (
            sum(count for (_, name), count in tally.items() if name == fault)
            for tally in (_ran, _failed)
        )
        write(f"{fault.value:30}{ran:6}{failed:8}")


def _of(tally: Counter[tuple[str, str]], story: str) -> int:
    return sum(count for (name, _), count in tally.items() if name == story)
