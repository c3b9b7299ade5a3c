"""Telling a fact breaks nothing: neither a payment, nor the log's own fields."""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

import finconnect
from finconnect.payments.aws import powertools
from finconnect.payments.correlation import correlate, forget
from finconnect.payments.telemetry import Fact

LAYER = Path(finconnect.__file__).parent
RESERVED = {*vars(logging.makeLogRecord({})), "message", "asctime"}
"""What ``logging`` refuses in ``extra``."""
OUR_FIELDS = {"level", "location", "timestamp", "service"}
"""What each line says of itself."""
SPREAD = {"about(callback)", "ids"}
"""What is told by ``**``: its names are looked at where it is made."""


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    yield
    forget()
    powertools.metrics.provider.metric_set.clear()


def tell(fact: Fact, **details: object) -> None:
    powertools.PowertoolsTelemetry().tell(fact, **details)


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_line_with_a_name_that_the_log_refuses_is_lost_and_told_of(
    caplog: pytest.LogCaptureFixture, name: str
) -> None:
    tell(Fact.RECONCILED, **{name: 1})
    assert [record.message for record in caplog.records] == ["line_lost"]


def test_a_line_that_is_lost_says_whose_it_was(caplog: pytest.LogCaptureFixture) -> None:
    correlate(payment="azampay/order-1")
    tell(Fact.PAYMENT_ACCEPTED, created=1)
    (record,) = caplog.records
    said = vars(record)
    assert (said["msg"], said["levelname"]) == ("line_lost", "ERROR")
    assert (said["lost"], said["error"]) == ("payment_accepted", "KeyError")
    assert said["payment"] == "azampay/order-1"


def test_what_counts_is_counted_also_where_its_line_is_lost() -> None:
    tell(Fact.PAYMENT_ACCEPTED, created=1)
    assert "PaymentAccepted" in powertools.metrics.provider.metric_set


def test_a_log_that_is_broken_altogether_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError

    for level in list(powertools._LOG):
        monkeypatch.setitem(powertools._LOG, level, broken)
    for fact in Fact:
        tell(fact)


def calls(function: str) -> Iterator[ast.Call]:
    """Every call of something by this name in the layer."""
    for path in sorted(LAYER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and function == (
                getattr(node.func, "attr", None) or getattr(node.func, "id", None)
            ):
                yield node


def names_told() -> set[str]:
    details = {
        word.arg for name in ("tell", "correlate") for each in calls(name) for word in each.keywords
    }
    returned = {
        key.value
        for path in LAYER.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == "about"
        for each in ast.walk(node)
        if isinstance(each, ast.Dict)
        for key in each.keys
        if isinstance(key, ast.Constant)
    }
    return {str(name) for name in details | returned if name is not None}


def test_no_detail_of_a_fact_has_a_name_of_the_logs_own() -> None:
    names = names_told() | {each.detail for fact in Fact for each in fact.value.measures}
    assert {"payment", "external_id", "statuses", "age_seconds"} <= names
    assert names & (RESERVED | OUR_FIELDS) == set()


def test_nothing_is_told_under_names_that_are_only_known_when_it_runs() -> None:
    spread = {
        ast.unparse(word.value)
        for each in calls("tell")
        for word in each.keywords
        if word.arg is None
    }
    assert spread <= SPREAD
