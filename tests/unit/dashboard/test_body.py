"""A dashboard's body is read as it is meant, and what cannot be drawn is refused."""

import json
from typing import Any

import pytest

from dashboard.body import Series, read_body

METRIC = ["Shop", "Sold", "service", "till", {"label": "sold", "color": "#00ff00", "stat": "p50"}]


def body(**changes: Any) -> str:  # noqa: ANN401
    properties = {
        "title": "Sales",
        "view": "timeSeries",
        "stat": "Sum",
        "period": 60,
        "metrics": [METRIC],
    } | changes.pop("properties", {})
    widget = {"type": "metric", "x": 0, "y": 1, "width": 12, "height": 6} | changes
    return json.dumps({"widgets": [widget | {"properties": properties}]})


def test_a_metric_is_read_with_its_place_and_its_options() -> None:
    (widget,) = read_body(body())
    assert (widget.x, widget.y, widget.width, widget.height) == (0, 1, 12, 6)
    assert widget.series == (
        Series(
            label="sold",
            color="#00ff00",
            stat="p50",
            period=60,
            namespace="Shop",
            metric="Sold",
            dimensions=(("service", "till"),),
        ),
    )


def test_a_metric_has_the_widgets_statistic_unless_it_has_its_own() -> None:
    (widget,) = read_body(body(properties={"metrics": [["Shop", "Sold", {"label": "sold"}]]}))
    assert widget.series[0].stat == "Sum"


def test_a_sum_names_what_it_sums() -> None:
    rows = [
        [{"expression": "SUM([a0, a1])", "label": "all", "id": "a"}],
        ["Shop", "Sold", "service", "till", {"id": "a0", "visible": False}],
        ["Shop", "Sold", "service", "door", {"id": "a1", "visible": False}],
    ]
    (widget,) = read_body(body(properties={"metrics": rows}))
    assert widget.series[0].sum_of == ("a0", "a1")
    assert [series.is_visible for series in widget.series] == [True, False, False]


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "log"},
        {"properties": {"view": "pie"}},
        {"properties": {"metrics": [[{"expression": "a0 / a1", "id": "a"}]]}},
    ],
)
def test_what_is_not_known_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"drawn|reckoned"):
        read_body(body(**changes))
