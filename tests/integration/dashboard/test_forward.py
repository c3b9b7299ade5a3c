"""Metrics leave the log once, however often somebody looks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from dashboard.forward import SETTLED_SECONDS, forward_new
from local.aws import LocalAws

GROUP = "/finconnect/stack/payments"


def line(milliseconds: int, value: float = 1) -> dict[str, Any]:
    metrics = [{"Name": "Sold", "Unit": "Count"}]
    directive = {"Namespace": "Shop", "Dimensions": [["service"]], "Metrics": metrics}
    said = {
        "_aws": {"Timestamp": milliseconds, "CloudWatchMetrics": [directive]},
        "service": "till",
        "Sold": [value],
    }
    return {"timestamp": milliseconds, "message": json.dumps(said)}


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    with mock_aws():
        made = LocalAws("https://logs.us-east-1.amazonaws.com")
        make: Any = made.session.client
        clients: dict[str, Any] = {name: make(name) for name in ("logs", "ssm", "cloudwatch")}
        made.client = clients.__getitem__  # type: ignore[method-assign, assignment]
        made.__dict__["logs"] = clients["logs"]
        clients["logs"].create_log_group(logGroupName=GROUP)
        clients["logs"].create_log_stream(logGroupName=GROUP, logStreamName="one")
        yield made


def log(aws: LocalAws, *events: dict[str, Any]) -> None:
    aws.logs.put_log_events(
        logGroupName=GROUP,
        logStreamName="one",
        logEvents=[{"timestamp": each["timestamp"], "message": each["message"]} for each in events],
    )


def ago(seconds: float) -> int:
    return int((time.time() - seconds) * 1000)


def test_what_is_new_is_put_in_and_nothing_twice(aws: LocalAws) -> None:
    log(aws, line(ago(60)), {"timestamp": ago(59), "message": "no metric"}, line(ago(58)))
    assert forward_new(aws, "/finconnect/stack/") == 2
    assert forward_new(aws, "/finconnect/stack/") == 0


def test_what_is_too_young_is_the_next_ones(aws: LocalAws) -> None:
    log(aws, line(ago(60)), line(ago(SETTLED_SECONDS / 4)))
    assert forward_new(aws, "/finconnect/stack/") == 1


def test_other_stacks_are_left_alone(aws: LocalAws) -> None:
    log(aws, line(ago(60)))
    assert forward_new(aws, "/finconnect/another/") == 0
