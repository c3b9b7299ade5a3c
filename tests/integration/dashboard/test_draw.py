"""The picture, drawn for real: empty panels, values, and an alarm that rings."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard.body import Widget, read_body

ROOT = Path(__file__).parents[3]
CHARTS = ROOT / ".tools" / "charts" / "bin" / "python"  # `make integration` has it installed
START = 1_764_072_000
RED = (0xD6, 0x27, 0x28)
COUNT = """
import sys
from PIL import Image
wanted = tuple(map(int, sys.argv[2:]))
colours = Image.open(sys.argv[1]).convert("RGB").getcolors(2 ** 24)
print(sum(count for count, colour in colours if colour == wanted))
"""


def drawable(widget: Widget, value: float | None, state: str) -> dict[str, Any]:
    """A widget as it is collected: each line with ten values, or with none."""
    times = range(START, START + 600, 60) if value is not None else range(0)
    lines = [
        {
            "label": series.label,
            "color": "#2ca02c",
            "is_right": series.is_right,
            "period": series.period,
            "points": [(at, value) for at in times],
        }
        for series in widget.series
        if series.is_visible
    ]
    alarms = [(f"stack-{number}OddAlarm-X", state) for number in range(len(widget.alarms))]
    return asdict(widget) | {"series": lines, "alarms": alarms, "unpublished": ["AWS/SQS"]}


def draw(folder: Path, *, value: float | None = None, state: str = "OK") -> Path:
    """Draws the stack's own dashboard, and returns the picture."""
    (text, _) = yaml.safe_load((ROOT / "dashboard.yaml").read_text(encoding="utf-8"))["Fn::Sub"]
    widgets = read_body(text.replace("${AlarmsOnAws}", ""))
    data = {
        "name": "stack",
        "start": START,
        "end": START + 600,
        "widgets": [drawable(widget, value, state) for widget in widgets],
    }
    (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
    picture = folder / "picture.png"
    command = [str(CHARTS), "dashboard/draw.py", str(folder / "data.json"), str(picture)]
    environment = {"MPLCONFIGDIR": str(folder)}
    subprocess.run(command, check=True, cwd=ROOT, env=environment, timeout=120)
    return picture


def pixels(picture: Path, colour: tuple[int, int, int]) -> int:
    """How many pixels have exactly that colour."""
    command = [str(CHARTS), "-c", COUNT, str(picture), *map(str, colour)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return int(done.stdout)


def test_a_stack_without_values_is_a_picture_with_empty_panels(tmp_path: Path) -> None:
    picture = draw(tmp_path)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert pixels(picture, RED) == 0


def test_values_are_drawn(tmp_path: Path) -> None:
    green = (0x2C, 0xA0, 0x2C)
    # The legends have the colour, too: the lines and bars come on top of that.
    empty = pixels(draw(tmp_path), green)
    assert pixels(draw(tmp_path, value=12.5), green) > 2 * empty


@pytest.mark.parametrize(("state", "is_red"), [("OK", False), ("ALARM", True), ("", False)])
def test_an_alarm_that_rings_is_seen(tmp_path: Path, state: str, is_red: bool) -> None:
    assert (pixels(draw(tmp_path, state=state), RED) > 1000) is is_red
