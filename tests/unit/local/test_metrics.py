"""Metrics out of log lines, as CloudWatch makes them."""

import json
from datetime import UTC, datetime

from local.metrics import metric_data

LINE = {
    "_aws": {
        "Timestamp": 1795576200000,
        "CloudWatchMetrics": [
            {
                "Namespace": "FinConnect",
                "Dimensions": [["operation", "service"]],
                "Metrics": [{"Name": "ProviderLatency", "Unit": "Milliseconds"}],
            }
        ],
    },
    "operation": "checkout",
    "service": "local-payments",
    "ProviderLatency": [120.5, 80.0],
}


def test_a_line_becomes_one_datum_for_each_metric_and_set_of_dimensions() -> None:
    ((namespace, datum),) = metric_data([json.dumps(LINE)])
    assert namespace == "FinConnect"
    assert datum == {
        "MetricName": "ProviderLatency",
        "Dimensions": [
            {"Name": "operation", "Value": "checkout"},
            {"Name": "service", "Value": "local-payments"},
        ],
        "Timestamp": datetime(2026, 11, 25, 3, 10, tzinfo=UTC),
        "Values": [120.5, 80.0],
        "Unit": "Milliseconds",
    }


def test_other_lines_are_no_metrics() -> None:
    lines = ["START RequestId", "{broken", "[1]", "7", json.dumps({"message": "payment_accepted"})]
    assert list(metric_data(lines)) == []
