"""Alarms that reckon with several metrics ring when they should, and not before.

The expressions are CloudWatch's metric math; what they use of it is also Python, once ``IF`` and
``FILL`` are there. A metric without data is None, and a reckoning with it comes to nothing.
"""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

import pytest

from tests.template.documents import ROOT, deployed, read_openapi, read_template
from tests.template.rules.alarm_metrics import alarms_of, expression, readings

if TYPE_CHECKING:
    from collections.abc import Callable

ALARMS = alarms_of(deployed(read_template(), read_openapi()))
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
}
STOPPED = {"TokenRefreshStoppedAlarm": 30, "ReconcilerStoppedAlarm": 20}
RUNBOOK = ROOT / "docs" / "runbook.md"
RECKONING = {name: alarm for name, alarm in ALARMS.items() if "Metrics" in alarm}


def rings(alarm: str, **values: float) -> bool:
    """Whether an alarm is in alarm when its metrics have these values, the others having none."""
    properties = RECKONING[alarm]
    known: dict[str, Any] = {
        str(each.id): values.get(str(each.id)) for each in readings(properties)
    }
    assert values.keys() <= known.keys(), known
    result = value_of(str(expression(properties)), known)
    if result is None:
        return bool(properties["TreatMissingData"] == "breaching")
    return COMPARISONS[properties["ComparisonOperator"]](result, properties["Threshold"])


def value_of(text: str, known: dict[str, Any]) -> float | None:
    tree = ast.parse(text, mode="eval")
    allowed = (ast.Expression, ast.Call, ast.Name, ast.Load, ast.Constant, ast.Compare, ast.BinOp)
    operators = (ast.GtE, ast.Eq, ast.Add, ast.Mult, ast.Div)
    assert all(isinstance(node, allowed + operators) for node in ast.walk(tree)), text
    functions = {
        "IF": lambda condition, yes, no: yes if condition else no,
        "FILL": lambda value, instead: instead if value is None else value,
    }
    code, scope = compile(tree, "expression", "eval"), {"__builtins__": {}} | known | functions
    try:
        found: float = eval(code, scope)  # noqa: S307 (nothing but what is allowed above)
    except (TypeError, ZeroDivisionError):
        return None
    return found


@pytest.mark.parametrize(
    ("values", "ring"),
    [
        ({}, False),  # nobody pays
        ({"sent": 3, "unknown": 3}, False),  # too few to tell
        ({"sent": 4, "unknown": 1}, False),
        ({"sent": 4, "unknown": 2}, True),
        ({"sent": 4, "not_sent": 2}, True),
        ({"sent": 10, "unknown": 3, "not_sent": 2}, True),
        ({"sent": 1000, "unknown": 100, "not_sent": 399}, False),
        ({"sent": 1000, "not_sent": 1000}, True),
        ({"unknown": 5}, False),  # answers to what was sent before
    ],
)
def test_a_failing_provider_rings(values: dict[str, float], ring: bool) -> None:
    assert rings("ProviderFailingAlarm", **values) is ring


@pytest.mark.parametrize(
    ("values", "ring"),
    [
        ({}, False),  # the reconciler stopped: another alarm tells of that
        ({"waiting": 0}, False),
        ({"waiting": 2}, False),
        ({"waiting": 3}, True),
        ({"waiting": 300}, True),
        ({"waiting": 300, "recorded": 1}, False),
        ({"waiting": 300, "duplicates": 1}, False),
        ({"waiting": 300, "deferred": 1}, False),
        ({"waiting": 2, "recorded": 0}, False),
    ],
)
def test_no_callbacks_ring(values: dict[str, float], ring: bool) -> None:
    assert rings("NoCallbacksAlarm", **values) is ring


@pytest.mark.parametrize(("stopped", "minutes"), STOPPED.items())
def test_a_schedule_that_stopped_rings_when_it_says(stopped: str, minutes: int) -> None:
    alarm = RECKONING[stopped]
    # Without a run the value is 0 and not nothing: for nothing CloudWatch waits several periods.
    assert value_of(str(expression(alarm)), {"runs": None}) == 0
    assert rings(stopped)
    assert not rings(stopped, runs=1)
    (runs,) = readings(alarm)
    assert runs.period * alarm["EvaluationPeriods"] == 60 * minutes
    assert f"not run for {minutes} minutes" in alarm["AlarmDescription"]
    entry = RUNBOOK.read_text().split(f"### {stopped}\n")[1].split("\n### ")[0]
    assert f"not run for {minutes} minutes" in entry


def test_all_are_looked_at() -> None:
    assert set(RECKONING) == {"NoCallbacksAlarm", "ProviderFailingAlarm", *STOPPED}


@pytest.mark.parametrize("alarm", RECKONING)
def test_all_metrics_of_one_alarm_have_one_period(alarm: str) -> None:
    assert len({each.period for each in readings(RECKONING[alarm])}) == 1
