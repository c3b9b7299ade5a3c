"""A dashboard's body as CloudWatch keeps it, read into widgets.

Format: AWS's "Dashboard body structure and syntax" (DOC). Only what dashboard.yaml uses is read;
anything else raises ValueError, so that no panel is drawn as something that it is not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_SUM: Final = re.compile(r"SUM\(\[([a-z0-9, ]+)\]\)")
VIEWS: Final = ("timeSeries", "singleValue")


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a widget: a metric with its statistic, or the sum of hidden ones by their ids."""

    label: str
    color: str
    stat: str
    period: int
    id: str | None = None
    namespace: str = ""
    metric: str = ""
    dimensions: tuple[tuple[str, str], ...] = ()
    sum_of: tuple[str, ...] = ()
    is_visible: bool = True
    is_right: bool = False


@dataclass(frozen=True, slots=True)
class Widget:
    """A part of the dashboard, ``width`` of 24 columns wide. ``alarms`` are ARNs."""

    kind: str
    x: int
    y: int
    width: int
    height: int
    title: str = ""
    view: str = ""
    is_stacked: bool = False
    left_label: str = ""
    right_label: str = ""
    markdown: str = ""
    is_total: bool = False
    series: tuple[Series, ...] = ()
    alarms: tuple[str, ...] = ()


def read_body(text: str) -> Sequence[Widget]:
    """The widgets of a dashboard's body. Raises ValueError or KeyError for what is not known."""
    return [_widget(each) for each in json.loads(text)["widgets"]]


def _widget(raw: Mapping[str, Any]) -> Widget:
    kind, properties = raw["type"], raw["properties"]
    if kind not in ("alarm", "metric", "text"):
        raise ValueError(f"widgets of the type {kind} are not drawn")
    axes = properties.get("yAxis", {})
    widget = Widget(
        kind=kind,
        x=raw["x"],
        y=raw["y"],
        width=raw["width"],
        height=raw["height"],
        title=properties.get("title", ""),
        view=properties.get("view", ""),
        is_stacked=properties.get("stacked", False),
        left_label=axes.get("left", {}).get("label", ""),
        right_label=axes.get("right", {}).get("label", ""),
        markdown=properties.get("markdown", ""),
        is_total=properties.get("setPeriodToTimeRange", False),
        series=tuple(_series(row, properties) for row in properties.get("metrics", [])),
        alarms=tuple(properties.get("alarms", [])),
    )
    if kind == "metric" and widget.view not in VIEWS:
        raise ValueError(f"the view {widget.view} is not drawn")
    return widget


def _series(row: Sequence[Any], properties: Mapping[str, Any]) -> Series:
    options: Mapping[str, Any] = row[-1] if isinstance(row[-1], Mapping) else {}
    names = [part for part in row if isinstance(part, str)]
    return Series(
        label=options.get("label", ""),
        color=options.get("color", "#7f7f7f"),
        stat=options.get("stat", properties["stat"]),
        period=properties["period"],
        id=options.get("id"),
        namespace=names[0] if names else "",
        metric=names[1] if names else "",
        dimensions=tuple(zip(names[2::2], names[3::2], strict=True)),
        sum_of=_summed(options["expression"]) if "expression" in options else (),
        is_visible=options.get("visible", True),
        is_right=options.get("yAxis") == "right",
    )


def _summed(expression: str) -> tuple[str, ...]:
    found = _SUM.fullmatch(expression)
    if found is None:
        raise ValueError(f"the expression {expression} is not reckoned")
    return tuple(name.strip() for name in found[1].split(","))
