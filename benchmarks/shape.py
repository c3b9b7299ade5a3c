"""What of the stack costs money or sets a limit, read from the template itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_MINUTES = re.compile(r"rate\((\d+) minutes?\)")
MINUTES_A_MONTH = 730 * 60


@dataclass(frozen=True, slots=True)
class Shape:
    """Counts of resources, and limits. Memory in GB, runs a month, throttles in requests a second.

    ``watched`` are the metrics that alarms look at: an alarm over an expression has several.
    """

    watched: int
    dashboards: int
    secrets: int
    keys: int
    runs: dict[str, float]
    memory: float
    access_log_bytes: int
    kept_months: float
    payment_throttle: int
    callback_throttle: int
    stream_batch: int
    stream_parallel: int


def read_shape(template: Path) -> Shape:
    """The shape of the stack with the template's own defaults; what is conditional counts."""
    document = _load(template)
    resources: dict[str, Any] = document["Resources"]
    parameters: dict[str, Any] = document["Parameters"]
    stream = resources["EventRelayFunction"]["Properties"]["Events"]["Outbox"]["Properties"]
    runs = {
        name.removesuffix("Schedule"): MINUTES_A_MONTH / _minutes(each["ScheduleExpression"])
        for name, each in _of(resources, "AWS::Scheduler::Schedule")
    }
    return Shape(
        watched=sum(_watched(each) for _, each in _of(resources, "AWS::CloudWatch::Alarm")),
        dashboards=len(list(_of(resources, "AWS::CloudWatch::Dashboard"))),
        secrets=len(list(_of(resources, "AWS::SecretsManager::Secret"))),
        keys=len(list(_of(resources, "AWS::KMS::Key"))),
        runs=runs,
        memory=document["Globals"]["Function"]["MemorySize"] / 1024,
        access_log_bytes=len(str(_access_log(resources))),
        kept_months=parameters["LogRetentionDays"]["Default"] / 30,
        payment_throttle=parameters["ThrottleRate"]["Default"],
        callback_throttle=_callback_throttle(resources),
        stream_batch=stream["BatchSize"],
        stream_parallel=stream.get("ParallelizationFactor", 1),
    )


def _of(resources: dict[str, Any], kind: str) -> list[tuple[str, dict[str, Any]]]:
    found = ((name, each) for name, each in resources.items() if each["Type"] == kind)
    return [(name, each.get("Properties", {})) for name, each in found]


def _watched(alarm: dict[str, Any]) -> int:
    metrics = alarm.get("Metrics", [{"MetricStat": {}}])
    return sum("MetricStat" in each for each in metrics)


def _minutes(expression: str) -> int:
    found = _MINUTES.fullmatch(expression)
    if found is None:
        raise ValueError(f"{expression}: only rate(... minutes) is known here")
    return int(found[1])


def _access_log(resources: dict[str, Any]) -> str:
    """The access log's format: what it writes has about its length."""
    setting = resources["Api"]["Properties"]["AccessLogSetting"]
    chosen = setting[1] if isinstance(setting, list) else setting
    return str(chosen["Format"])


def _callback_throttle(resources: dict[str, Any]) -> int:
    settings = resources["Api"]["Properties"]["MethodSettings"]
    (found,) = [each for each in settings if "webhooks" in each["ResourcePath"]]
    limit = found["ThrottlingRateLimit"]
    return int(limit) if isinstance(limit, int) else 0


def _load(template: Path) -> dict[str, Any]:
    class Loader(yaml.SafeLoader):
        """Takes CloudFormation's own tags for their content."""

    def content(loader: Loader, _: str, node: yaml.Node) -> Any:  # noqa: ANN401 - YAML
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node, deep=True)
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        return str(node.value)

    Loader.add_multi_constructor("!", content)
    document: dict[str, Any] = yaml.load(template.read_text(encoding="utf-8"), Loader)  # noqa: S506 - a safe loader
    return document
