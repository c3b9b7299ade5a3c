"""What the functions measure is what the alarms read: same name, same dimensions, same unit."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from finconnect.payments.reconcile import Age
from finconnect.payments.telemetry import Fact
from finconnect.providers.http import Operation
from tests.integration.functions.everything import WatchedDeployment
from tests.template.documents import deployed, read_openapi, read_template
from tests.template.rules.alarm_metrics import EVERY_ALARM, OWN, Reading, alarms_of, readings
from tests.template.rules.resources import of_type, target

TEMPLATE = deployed(read_template(), read_openapi(), EVERY_ALARM)
BY_VERSION = "ServerError"
"""Counted for each version that runs, so that a deployment can go back on its own version alone."""
COUNTERS = {fact.value.metric: "Count" for fact in Fact if fact.value.metric} | {
    BY_VERSION: "Count"
}
MEASURES = {measured.metric: measured for fact in Fact for measured in fact.value.measures}
ANY = "any version: the one that runs, and the one that is deployed"
BOUNDED: dict[str, set[str]] = {"operation": set(Operation), "age": set(Age), "version": {ANY}}


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as CloudWatch would take it, its service by the name in the template."""

    name: str
    unit: str
    dimensions: frozenset[tuple[str, str]]


@pytest.fixture(scope="module")
def written(happened: WatchedDeployment) -> set[Metric]:
    """Every metric that came out of any function."""
    found = set()
    for function, line in happened.metrics():
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == OWN
        (names,) = directive["Dimensions"]
        values = {name: str(line[name]) for name in names} | {"service": service_of(function)}
        values |= {"version": ANY} if "version" in values else {}
        for metric in directive["Metrics"]:
            assert all(isinstance(value, float) for value in line[metric["Name"]])
            found.add(Metric(metric["Name"], metric["Unit"], frozenset(values.items())))
    return found


def service_of(function: str) -> str:
    """The service name that the template gives to the function in this folder."""
    for name, properties in read_template()["Resources"].items():
        if properties.get("Properties", {}).get("CodeUri") == f"functions/{function}":
            made = of_type(TEMPLATE, "AWS::Lambda::Function")[name]
            return target(made["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"])
    raise AssertionError(f"no function of the template is made from functions/{function}")


def own_readings() -> list[tuple[str, Reading]]:
    return [
        (name, reading)
        for name, alarm in alarms_of(TEMPLATE).items()
        for reading in readings(alarm)
        if reading.namespace == OWN
    ]


def test_there_is_something_to_compare() -> None:
    assert len(own_readings()) > 20


@pytest.mark.parametrize(
    ("alarm", "reading"), own_readings(), ids=[f"{n}-{r.metric}" for n, r in own_readings()]
)
def test_an_alarm_reads_what_a_function_writes(
    written: set[Metric], alarm: str, reading: Reading
) -> None:
    wanted = frozenset(
        (name, ANY if name == "version" else value) for name, value in reading.dimensions.items()
    )
    found = [each for each in written if (each.name, each.dimensions) == (reading.metric, wanted)]
    assert found, f"{alarm} waits for {reading.metric} {sorted(wanted)}: nobody writes that"
    set_unit = alarms_of(TEMPLATE)[alarm].get("Unit", found[0].unit)
    assert {each.unit for each in found} == {set_unit}


def test_every_metric_that_is_declared_is_written_somewhere(written: set[Metric]) -> None:
    assert {each.name for each in written} == COUNTERS.keys() | MEASURES.keys()


def test_units_are_those_that_are_declared(written: set[Metric]) -> None:
    units = COUNTERS | {name: measured.unit for name, measured in MEASURES.items()}
    assert {each.name: each.unit for each in written} == units


def test_dimensions_are_few_and_bounded(written: set[Metric]) -> None:
    for each in written:
        by = "version" if each.name == BY_VERSION else None
        by = MEASURES[each.name].by if each.name in MEASURES else by
        dimensions = dict(each.dimensions)
        assert dimensions.keys() == {"service"} | ({by} if by else set()), each
        assert by is None or dimensions[by] in BOUNDED[by], each
    assert len(written) < 100


def test_each_call_to_the_provider_is_measured(written: set[Metric]) -> None:
    latencies = {
        (dict(each.dimensions)["service"], dict(each.dimensions)["operation"])
        for each in written
        if each.name == "ProviderLatency"
    }
    assert latencies == {
        ("${AWS::StackName}-payments", "checkout"),
        ("${AWS::StackName}-token-refresh", "token"),
        ("${AWS::StackName}-token-refresh", "public_key"),
        ("${AWS::StackName}-reconciler", "status"),
    }


def test_counts_are_written_also_when_the_handler_fails(happened: WatchedDeployment) -> None:
    failed = [line for function, line in happened.metrics() if "TokenRefreshFailed" in line]
    assert failed, "the run that failed wrote nothing"
    assert all(line["TokenTimeLeft"] == [0.0] for line in failed)
