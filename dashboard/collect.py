"""What a dashboard shows of a time: its widgets with the values that CloudWatch has for them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from dashboard.body import Series, Widget, read_body

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

QUERIES: Final = 500
"""As many metrics as GetMetricData takes at once."""
ALARMS: Final = 100
"""As many names as DescribeAlarms takes at once."""

type Points = list[tuple[float, float]]
"""Seconds since 1970, and the value."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time to look at."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        """How long it is, in whole minutes: CloudWatch takes no other period."""
        return math.ceil((self.end - self.start).total_seconds() / 60) * 60


def collect(client: CloudWatchClient, name: str, span: Span) -> dict[str, Any]:
    """The dashboard called ``name`` with its values, as plain data for who draws it.

    Needs cloudwatch:GetDashboard, GetMetricData, ListMetrics and DescribeAlarms. Raises
    ClientError; ValueError or KeyError for a body that is not understood.
    """
    widgets = read_body(client.get_dashboard(DashboardName=name)["DashboardBody"])
    wanted = [
        (place, number, _timed(widget, series, span))
        for place, widget in enumerate(widgets)
        for number, series in enumerate(widget.series)
        if not series.sum_of
    ]
    found = _values(client, [series for _, _, series in wanted], span)
    points = {
        (place, number): values for (place, number, _), values in zip(wanted, found, strict=True)
    }
    silent = _unpublished(client, widgets)
    states = _states(client, widgets)
    return {
        "name": name,
        "start": span.start.timestamp(),
        "end": span.end.timestamp(),
        "widgets": [
            _drawable(widget, place, points, silent, states) for place, widget in enumerate(widgets)
        ],
    }


def _timed(widget: Widget, series: Series, span: Span) -> tuple[Series, int]:
    return series, span.seconds if widget.is_total else series.period


def _values(
    client: CloudWatchClient, wanted: Sequence[tuple[Series, int]], span: Span
) -> list[Points]:
    found: list[Points] = []
    for batch in batched(wanted, QUERIES, strict=False):
        answers: dict[str, Points] = defaultdict(list)
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[
                _query(f"q{number}", series, period)
                for number, (series, period) in enumerate(batch)
            ],
            StartTime=span.start,
            EndTime=span.end,
            ScanBy="TimestampAscending",
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                answers[result["Id"]] += [
                    (_seconds(at), value)
                    for at, value in zip(result["Timestamps"], result["Values"], strict=True)
                ]
        found += [answers[f"q{number}"] for number in range(len(batch))]
    return found


def _query(name: str, series: Series, period: int) -> Any:  # noqa: ANN401 (the client's own form)
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": series.namespace,
                "MetricName": series.metric,
                "Dimensions": [{"Name": key, "Value": value} for key, value in series.dimensions],
            },
            "Period": period,
            "Stat": series.stat,
        },
    }


def _seconds(at: datetime | str) -> float:
    # The emulator's answer holds texts where AWS's holds times.
    return (datetime.fromisoformat(at) if isinstance(at, str) else at).timestamp()


def _drawable(
    widget: Widget,
    place: int,
    points: Mapping[tuple[int, int], Points],
    silent: set[str],
    states: Mapping[str, str],
) -> dict[str, Any]:
    ids = {
        series.id: points[place, number]
        for number, series in enumerate(widget.series)
        if series.id and not series.sum_of
    }
    lines = [
        {
            "label": series.label,
            "color": series.color,
            "is_right": series.is_right,
            "period": series.period,
            "points": total([ids[name] for name in series.sum_of])
            if series.sum_of
            else points[place, number],
        }
        for number, series in enumerate(widget.series)
        if series.is_visible
    ]
    used = {each.namespace for each in widget.series if each.namespace}
    return asdict(widget) | {
        "series": lines,
        "alarms": [(_alarm_name(arn), states.get(_alarm_name(arn), "")) for arn in widget.alarms],
        "unpublished": sorted(used) if used <= silent else [],
    }


def total(several: Sequence[Points]) -> Points:
    """The sum of several series; one that has no value at a time adds nothing to it."""
    sums: dict[float, float] = defaultdict(float)
    for points in several:
        for at, value in points:
            sums[at] += value
    return sorted(sums.items())


def _unpublished(client: CloudWatchClient, widgets: Sequence[Widget]) -> set[str]:
    """The namespaces in which there is nothing: an emulator does not publish all of AWS's."""
    used = {each.namespace for widget in widgets for each in widget.series if each.namespace}
    return {name for name in used if not client.list_metrics(Namespace=name)["Metrics"]}


def _states(client: CloudWatchClient, widgets: Sequence[Widget]) -> dict[str, str]:
    names = [_alarm_name(arn) for widget in widgets for arn in widget.alarms]
    return {
        name: state
        for batch in batched(names, ALARMS, strict=False)
        for name, state in _read(client, batch)
    }


def _read(client: CloudWatchClient, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for alarm in client.describe_alarms(AlarmNames=list(names))["MetricAlarms"]:
        yield alarm["AlarmName"], alarm["StateValue"]


def _alarm_name(arn: str) -> str:
    return arn.split(":alarm:", 1)[-1]
