"""`python dashboard/draw.py DATA.json PICTURE.png`: a picture of what was collected.

Runs on an environment of its own, which has matplotlib and nothing of the project: so it reads
plain data.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.dates import DateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

COLUMNS: Final = 24
WIDTH_INCHES: Final = 17.0
ROW_INCHES: Final = 0.43
DOTS: Final = 100
INK, FAINT, LINE = "#1f2328", "#6e7781", "#d0d7de"
STATES: Final = {
    "ALARM": ("#d62728", "white"),
    "OK": ("#e6f4ea", "#1a7f37"),
    "INSUFFICIENT_DATA": ("#eaeef2", "#57606a"),
    "": ("white", "#57606a"),
}
ALARM_COLUMNS: Final = 7

type Data = dict[str, Any]


def draw(data: Data, path: Path) -> None:
    """Draw the dashboard into a PNG file."""
    rows = max(widget["y"] + widget["height"] for widget in data["widgets"])
    mpl.rcParams.update({"font.size": 8, "text.color": INK, "axes.edgecolor": LINE})
    figure = Figure(figsize=(WIDTH_INCHES, rows * ROW_INCHES), facecolor="white")
    for widget in data["widgets"]:
        _KINDS[widget["kind"]](figure, widget, data, rows)
    figure.savefig(path, dpi=DOTS, metadata={"Software": None})


def _box(figure: Figure, widget: Data, rows: int, inside: tuple[float, ...]) -> Any:  # noqa: ANN401
    """Axes within a widget; ``inside`` are its margins in rows: left, right, top, bottom."""
    left, right, top, bottom = inside
    column = ROW_INCHES / WIDTH_INCHES  # margins are as wide as they are high
    return figure.add_axes(
        (
            widget["x"] / COLUMNS + left * column,
            1 - (widget["y"] + widget["height"] - bottom) / rows,
            widget["width"] / COLUMNS - (left + right) * column,
            (widget["height"] - top - bottom) / rows,
        )
    )


def _text(figure: Figure, widget: Data, data: Data, rows: int) -> None:
    axes = _box(figure, widget, rows, (0.5, 0.5, 0.2, 0))
    axes.set_axis_off()
    heading, _, rest = widget["markdown"].partition("\n")
    is_title = heading.startswith("# ")
    span = " to ".join(f"{_time(data[edge]):%H:%M}" for edge in ("start", "end"))
    more = f"   {_time(data['end']):%Y-%m-%d}, {span} UTC" if is_title else ""
    axes.text(
        *(0, 0.62, heading.lstrip("# ") + more),
        fontsize=17 if is_title else 14,
        fontweight="bold",
        va="center",
    )
    axes.text(0, 0.15, rest.replace("`", ""), fontsize=9.5, color=FAINT, va="center")
    if not is_title:
        axes.axhline(1.0, color=INK, linewidth=1.2)
        axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)


def _alarms(figure: Figure, widget: Data, _data: Data, rows: int) -> None:
    axes = _box(figure, widget, rows, (0.5, 0.5, 0.7, 0.1))
    axes.set_axis_off()
    alarms = sorted(widget["alarms"], key=lambda each: each[1] != "ALARM")
    ringing = sum(state == "ALARM" for _, state in alarms)
    title = f"{widget['title']}: " + (f"{ringing} of {len(alarms)}" if ringing else "nothing")
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold")
    lines = -(-len(alarms) // ALARM_COLUMNS)
    for number, (name, state) in enumerate(alarms):
        row, column = divmod(number, ALARM_COLUMNS)
        back, ink = STATES.get(state, STATES[""])
        axes.text(
            *(column / ALARM_COLUMNS, 1 - (row + 0.5) / max(lines, 1), f" {_shown(name)} "),
            fontsize=7.5,
            color=ink,
            va="center",
            bbox={"facecolor": back, "edgecolor": "none", "pad": 1.6},
        )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)


def _shown(alarm: str) -> str:
    """`stack-TokenRefreshFailedAlarm-ABC123` → `Token refresh failed`."""
    found = re.search(r"([A-Z][A-Za-z]+?)Alarm(?:-|$)", alarm)
    words = re.findall(r"[A-Z][a-z]+", found[1]) if found else [alarm]
    return " ".join([words[0], *(word.lower() for word in words[1:])])


def _metric(figure: Figure, widget: Data, data: Data, rows: int) -> None:
    if widget["view"] == "singleValue":
        _numbers(figure, widget, rows)
    else:
        _graph(figure, widget, data, rows)


def _numbers(figure: Figure, widget: Data, rows: int) -> None:
    axes = _box(figure, widget, rows, (0.5, 0.5, 0.7, 0.1))
    axes.set_axis_off()
    axes.set_title(widget["title"], loc="left", fontsize=10, fontweight="bold")
    each = 1 / max(len(widget["series"]), 1)
    for number, line in enumerate(widget["series"]):
        value = sum(value for _, value in line["points"])
        shown = f"{value:,.0f}" if line["points"] else "none"
        axes.text(number * each, 0.72, shown, fontsize=24, color=line["color"], va="center")
        axes.text(number * each, 0.28, line["label"], fontsize=10, color=FAINT, va="center")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)


def _graph(figure: Figure, widget: Data, data: Data, rows: int) -> None:
    has_right = any(line["is_right"] and line["points"] for line in widget["series"])
    axes = _box(figure, widget, rows, (1.5, 1.5 if has_right else 0.9, 0.8, 1.9))
    axes.set_title(widget["title"], loc="left", fontsize=10, fontweight="bold")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_ylabel(widget["left_label"], color=FAINT)
    axes.tick_params(colors=FAINT, length=2)
    axes.set_xlim(_time(data["start"]), _time(data["end"]))
    axes.set_xticks(_ticks(data["start"], data["end"]))
    axes.xaxis.set_major_formatter(DateFormatter("%H:%M", tz=UTC))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=widget["left_label"] not in _REAL))
    right = axes.twinx() if has_right else None
    if widget["is_stacked"]:
        _stack(axes, widget)
    else:
        for line in widget["series"]:
            _line(right if right is not None and line["is_right"] else axes, line)
    for side, label in ((axes, None), (right, widget["right_label"])):
        if side is not None:
            side.set_ylim(bottom=0, top=max(side.get_ylim()[1], 1) * 1.05)
            if label:
                side.set_ylabel(label, color=FAINT)
                side.tick_params(colors=FAINT, length=2)
                side.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
                side.spines[["top"]].set_visible(False)
    _legend(axes, widget)
    _say_if_empty(axes, widget)


_REAL: Final = ("seconds", "milliseconds")
_STEPS: Final = (60, 120, 300, 600, 900, 1800, 3600, 7200)
_MOST_TICKS: Final = 6


def _ticks(start: float, end: float) -> list[datetime]:
    """Round times, a few of them."""
    fitting = [step for step in _STEPS if (end - start) / step <= _MOST_TICKS]
    step = fitting[0] if fitting else _STEPS[-1]
    first = -(-int(start) // step) * step
    return [_time(at) for at in range(first, int(end) + 1, step)]


def _line(axes: Any, line: Data) -> None:  # noqa: ANN401
    times = [_time(at) for at, _ in line["points"]]
    values = [value for _, value in line["points"]]
    axes.plot(times, values, color=line["color"], marker="o", markersize=2.6, linewidth=1.3)


def _stack(axes: Any, widget: Data) -> None:  # noqa: ANN401
    base: dict[float, float] = {}
    for line in widget["series"]:
        points = line["points"]
        axes.bar(
            [_time(at + line["period"] / 2) for at, _ in points],
            [value for _, value in points],
            bottom=[base.get(at, 0.0) for at, _ in points],
            width=line["period"] * 0.85 / 86_400,  # days
            color=line["color"],
        )
        for at, value in points:
            base[at] = base.get(at, 0.0) + value


def _legend(axes: Any, widget: Data) -> None:  # noqa: ANN401
    handles = [
        mpl.lines.Line2D([], [], color=line["color"], linewidth=3, label=_label(line))
        for line in widget["series"]
    ]
    columns = 2 if len(handles) > 1 else 1
    columns = len(handles) if widget["width"] > COLUMNS / 3 else columns
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(-0.02, -0.14),
        ncols=columns,
        frameon=False,
        fontsize=7,
        handlelength=1.0,
        columnspacing=1.0,
        labelspacing=0.25,
        borderaxespad=0.0,
    )


def _label(line: Data) -> str:
    return f"{line['label']} (right)" if line["is_right"] else str(line["label"])


def _say_if_empty(axes: Any, widget: Data) -> None:  # noqa: ANN401
    if any(line["points"] for line in widget["series"]):
        return
    lacking = ", ".join(widget["unpublished"])
    what = f"nothing is published\nin {lacking} here" if lacking else "nothing in this time"
    axes.text(*(0.5, 0.5, what), transform=axes.transAxes, ha="center", va="center", color=FAINT)
    axes.set_yticks([])


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


_KINDS: Final = {"text": _text, "alarm": _alarms, "metric": _metric}


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]))
