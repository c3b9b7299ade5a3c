"""The dashboard shows what there is: each metric is counted by the code or published by AWS."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest

from tests.template.documents import ROOT, deployed, read_openapi, read_template
from tests.template.nodes import Json, Node
from tests.template.rules.resources import of_type, target
from tests.template.test_house_rules import PRODUCTION

QUESTIONS = ["Is money moving?", "Is anything stuck?", "Is AzamPay up?", "Are we up?"]
# What AWS publishes, by namespace: the metrics used here, and the dimensions that they come with.
PUBLISHED = {
    "AWS/ApiGateway": ({"4XXError", "5XXError", "Count"}, ["ApiName", "Stage"]),
    "AWS/DynamoDB": ({"WriteThrottleEvents"}, ["TableName"]),
    "AWS/Lambda": ({"Duration", "Errors", "Throttles"}, ["FunctionName"]),
    "AWS/SQS": ({"ApproximateNumberOfMessagesVisible"}, ["QueueName"]),
}
OWN_DIMENSIONS = {
    "ProviderLatency": ["service", "operation"],
    "OpenPayments": ["service", "age"],
}
OWN_VALUES = {
    "operation": {"checkout", "public_key", "status", "token"},
    "age": {"fresh", "silent"},
}
WIDTH = 24


class Metric(NamedTuple):
    """A metric as a widget names it."""

    namespace: str
    name: str
    dimensions: dict[str, str]


@cache
def _production() -> Node:
    return deployed(read_template(), read_openapi(), PRODUCTION)


def _text() -> str:
    (dashboard,) = of_type(_production(), "AWS::CloudWatch::Dashboard").values()
    return _filled(dashboard["DashboardBody"]["Fn::Sub"])


def _filled(substitution: Json) -> str:
    text, values = substitution
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value["Fn::Sub"] if value else "")
    return str(text)


def _widgets() -> list[dict[str, Any]]:
    widgets: list[dict[str, Any]] = json.loads(_text())["widgets"]
    return widgets


def _metrics() -> list[Metric]:
    return [
        Metric(namespace, name, dict(zip(rest[::2], rest[1::2], strict=True)))
        for widget in _widgets()
        for namespace, name, *rest in (
            [part for part in row if isinstance(part, str)]
            for row in widget["properties"].get("metrics", [])
            if isinstance(row[0], str)
        )
    ]


@cache
def _counted() -> set[str]:
    """Every text in the layer's code that names something: a metric is among them."""
    package = ROOT / "layers" / "provider" / "finconnect"
    return {
        node.value
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_it_asks_four_questions_in_their_order() -> None:
    titles = [
        re.match(r"## \d\. (.*)", widget["properties"]["markdown"])
        for widget in _widgets()
        if widget["type"] == "text"
    ]
    assert [found[1] for found in titles if found] == QUESTIONS


@pytest.mark.parametrize("metric", _metrics(), ids=lambda m: f"{m.name}-{'-'.join(m.dimensions)}")
def test_a_metric_is_one_that_somebody_publishes(metric: Metric) -> None:
    if metric.namespace == "FinConnect":
        assert metric.name in _counted()
        assert list(metric.dimensions) == OWN_DIMENSIONS.get(metric.name, ["service"])
    else:
        names, dimensions = PUBLISHED[metric.namespace]
        assert metric.name in names
        assert list(metric.dimensions) == dimensions


def test_a_metric_is_of_a_service_and_a_value_that_there_are() -> None:
    services = {
        target(function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"])
        for function in of_type(_production(), "AWS::Lambda::Function").values()
    }
    for metric in _metrics():
        for name, value in metric.dimensions.items():
            assert value in {"service": services, **OWN_VALUES}.get(name, {value}), metric


def test_what_it_names_is_in_the_template() -> None:
    known = _production()["Resources"].keys() | {"AWS::StackName", "AWS::Region"}
    named = {name.split(".")[0] for name in re.findall(r"\$\{([\w:.]+)\}", _text())}
    assert named - {["Api", "Stage"][0]} - known == set()


@pytest.mark.parametrize("environment", ["sandbox", "local"])
def test_every_alarm_is_on_it(environment: str) -> None:
    # But those that are there only while a deployment shifts traffic: they are CodeDeploy's.
    template = deployed(read_template(), read_openapi(), {"Environment": environment})
    (dashboard,) = of_type(template, "AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(_filled(dashboard["DashboardBody"]["Fn::Sub"]))["widgets"]
    (alarms,) = [widget["properties"] for widget in widgets if widget["type"] == "alarm"]
    shown = [arn.removeprefix("${").removesuffix(".Arn}") for arn in alarms["alarms"]]
    assert sorted(shown) == sorted(of_type(template, "AWS::CloudWatch::Alarm"))


def test_an_expression_reckons_with_metrics_of_its_own_widget() -> None:
    for widget in _widgets():
        rows = widget["properties"].get("metrics", [])
        options = [row[-1] for row in rows if isinstance(row[-1], dict)]
        ids = {each["id"] for each in options if each.get("visible") is False}
        used = {
            name
            for each in options
            for name in re.findall(r"\b[a-z]\d\b", each.get("expression", ""))
        }
        assert used == ids, widget["properties"]["title"]
        assert all(
            re.fullmatch(r"SUM\(\[[a-z0-9, ]+\]\)", each["expression"])
            for each in options
            if "expression" in each
        )


def test_every_line_says_what_it_is() -> None:
    for widget in _widgets():
        for row in widget["properties"].get("metrics", []):
            assert row[-1].get("label") or row[-1].get("visible") is False, row


def test_the_widgets_fill_the_width_and_do_not_overlap() -> None:
    cells = [cell for widget in _widgets() for cell in _cells(widget)]
    assert len(cells) == len(set(cells))
    bottom = max(widget["y"] + widget["height"] for widget in _widgets())
    assert len(cells) == WIDTH * bottom


def _cells(widget: dict[str, Any]) -> Iterator[tuple[int, int]]:
    for x in range(widget["x"], widget["x"] + widget["width"]):
        for y in range(widget["y"], widget["y"] + widget["height"]):
            yield x, y
