"""Faults of ours count against the running version; nobody else's do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_lambda_powertools import Metrics

from finconnect.payments.aws import powertools
from finconnect.payments.telemetry import Fact

OURS = {Fact.REQUEST_FAILED, Fact.UNEXPECTED}


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401
    """Tells a fact as version 7 of a function, and returns the metrics of its own that it wrote."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "FinConnect")
    metrics = Metrics(service="stack-payments")
    monkeypatch.setattr(powertools, "metrics", metrics)
    monkeypatch.setattr(powertools, "VERSION", "7")

    def tell(fact: Fact) -> list[dict[str, Any]]:
        powertools.PowertoolsTelemetry().tell(fact)
        metrics.provider.metric_set.clear()
        lines = map(json.loads, capsys.readouterr().out.splitlines())
        return [line for line in lines if "ServerError" in line]

    return tell


@pytest.mark.parametrize("fact", Fact, ids=lambda fact: fact.name)
def test_a_fault_of_ours_counts_against_the_version_and_no_other_does(
    emitted: Any,  # noqa: ANN401
    fact: Fact,
) -> None:
    assert len(emitted(fact)) == (1 if fact in OURS else 0)


def test_it_is_told_by_service_and_version(emitted: Any) -> None:  # noqa: ANN401
    (line,) = emitted(Fact.UNEXPECTED)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "FinConnect"
    assert sorted(directive["Dimensions"][0]) == ["service", "version"]
    assert (line["service"], line["version"], line["ServerError"]) == ("stack-payments", "7", [1])
