"""What CloudWatch does with a function's metrics, for the emulator, which leaves them in the log.

A function writes its metrics as lines of its log, in the embedded metric format; AWS makes metrics
of them by itself. Here the lines are read out of the log and put in as metrics, as they say.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from local.aws import LocalAws
from local.function_logs import read_log_group

BATCH = 500


def forward_metrics(aws: LocalAws, log_group: str) -> int:
    """Puts in every metric of one log group; returns how many there were.

    Once for each group: what is put in twice is counted twice.
    """
    data = list(metric_data(read_log_group(aws, log_group)))
    for namespace in sorted({namespace for namespace, _ in data}):
        mine = [datum for named, datum in data if named == namespace]
        for start in range(0, len(mine), BATCH):
            aws.client("cloudwatch").put_metric_data(
                Namespace=namespace, MetricData=mine[start : start + BATCH]
            )
    return len(data)


def metric_data(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The metrics in a log, each with its namespace, as PutMetricData takes them."""
    for text in lines:
        line = _embedded(text)
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            for names in directive["Dimensions"]:
                for metric in directive["Metrics"]:
                    yield directive["Namespace"], _datum(line, metric, names)


def _embedded(text: str) -> Mapping[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def _datum(
    line: Mapping[str, Any], metric: Mapping[str, Any], names: Iterable[str]
) -> dict[str, Any]:
    values = line[metric["Name"]]
    return {
        "MetricName": metric["Name"],
        "Dimensions": [{"Name": name, "Value": line[name]} for name in names],
        "Timestamp": datetime.fromtimestamp(line["_aws"]["Timestamp"] / 1000, UTC),
        "Values": values if isinstance(values, list) else [values],
        "Unit": metric["Unit"],
    }
