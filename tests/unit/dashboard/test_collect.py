"""What is asked of CloudWatch, and what is made of its answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.stub import ANY, Stubber

from dashboard.body import read_body
from dashboard.collect import Span, collect, total

START = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SPAN = Span(START, START + timedelta(minutes=10))
ALARM = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:stack-EventsLateAlarm-X"
ROWS: list[list[Any]] = [
    ["Shop", "Sold", {"label": "sold"}],
    [{"expression": "SUM([a0, a1])", "label": "both", "id": "a"}],
    ["Shop", "Sold", "service", "till", {"id": "a0", "visible": False}],
    ["Other", "Sold", "service", "door", {"id": "a1", "visible": False}],
]
SALES: dict[str, Any] = {"title": "Sales", "view": "timeSeries", "stat": "Sum", "period": 60}
PLACE = {"x": 0, "y": 0, "width": 24, "height": 6}


def _collected(**properties: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:  # noqa: ANN401
    client = boto3.client("cloudwatch")
    widgets = [
        {
            **PLACE,
            "type": "metric",
            "properties": {**SALES, **properties, "metrics": ROWS},
        },
        {**PLACE, "type": "alarm", "properties": {"title": "Rings", "alarms": [ALARM]}},
    ]
    asked: list[dict[str, Any]] = []
    client.meta.events.register(
        "provide-client-params.cloudwatch.GetMetricData",
        lambda params, **_: asked.extend(params["MetricDataQueries"]),
    )
    with Stubber(client) as stub:
        stub.add_response("get_dashboard", {"DashboardBody": json.dumps({"widgets": widgets})})
        stub.add_response(
            "get_metric_data",
            {
                "MetricDataResults": [
                    {"Id": "q0", "Timestamps": [START], "Values": [5]},
                    {"Id": "q1", "Timestamps": [START], "Values": [2]},
                    {
                        "Id": "q2",
                        "Timestamps": [START, START + timedelta(minutes=1)],
                        "Values": [1, 4],
                    },
                ]
            },
            {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY, "ScanBy": ANY},
        )
        # In no particular order: which of the two namespaces has nothing is told by its name.
        for _ in range(2):
            stub.add_response("list_metrics", {"Metrics": []}, {"Namespace": ANY})
        stub.add_response(
            "describe_alarms",
            {"MetricAlarms": [{"AlarmName": "stack-EventsLateAlarm-X", "StateValue": "ALARM"}]},
            {"AlarmNames": ["stack-EventsLateAlarm-X"]},
        )
        return collect(client, "stack", SPAN), asked


def test_only_what_is_shown_comes_with_its_values() -> None:
    data, _ = _collected()
    sales = data["widgets"][0]
    at = START.timestamp()
    assert [(line["label"], line["points"]) for line in sales["series"]] == [
        ("sold", [(at, 5)]),
        ("both", [(at, 3), (at + 60, 4)]),
    ]
    assert sales["unpublished"] == ["Other", "Shop"]
    assert data["widgets"][1]["alarms"] == [("stack-EventsLateAlarm-X", "ALARM")]
    assert json.loads(json.dumps(data))["name"] == "stack"


def test_each_metric_is_asked_for_by_its_own_dimensions() -> None:
    _, asked = _collected()
    assert [query["MetricStat"]["Metric"]["Dimensions"] for query in asked] == [
        [],
        [{"Name": "service", "Value": "till"}],
        [{"Name": "service", "Value": "door"}],
    ]
    assert {query["MetricStat"]["Period"] for query in asked} == {60}


def test_a_total_is_of_the_whole_time() -> None:
    _, asked = _collected(setPeriodToTimeRange=True)
    assert {query["MetricStat"]["Period"] for query in asked} == {600}


@pytest.mark.parametrize(("seconds", "whole"), [(1, 60), (60, 60), (61, 120)])
def test_a_period_is_of_whole_minutes(seconds: int, whole: int) -> None:
    assert Span(START, START + timedelta(seconds=seconds)).seconds == whole


def test_a_series_without_a_value_adds_nothing() -> None:
    assert total([[(1.0, 2.0)], [], [(1.0, 1.0), (2.0, 4.0)]]) == [(1.0, 3.0), (2.0, 4.0)]


def test_the_stacks_own_dashboard_is_understood() -> None:
    file = Path(__file__).parents[3] / "dashboard.yaml"
    (text, _) = yaml.safe_load(file.read_text(encoding="utf-8"))["Fn::Sub"]
    text = text.replace("${AlarmsOnAws}", "")
    assert len(read_body(text)) > len("four")
