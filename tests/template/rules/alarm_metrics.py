"""What an alarm reads, whether it names one metric or reckons with several."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.template.nodes import Json
from tests.template.rules.resources import Resource, Template, of_type, target

OWN = "FinConnect"
EVERY_ALARM = {"Environment": "production", "DeploymentStyle": "Canary10Percent5Minutes"}
"""Parameters under which each alarm of the template is there."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One metric as an alarm reads it; ``id`` is its name in an expression, if there is one."""

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    period: int
    id: str | None = None

    @property
    def watched(self) -> tuple[str, str, str]:
        """Namespace, name, and what it is about: the value of the first dimension."""
        return self.namespace, self.metric, next(iter(self.dimensions.values()), "")


def alarms_of(template: Template) -> dict[str, Resource]:
    """The properties of each alarm, by logical id."""
    return of_type(template, "AWS::CloudWatch::Alarm")


def readings(alarm: Resource) -> Iterator[Reading]:
    """Every metric that an alarm reads."""
    if "MetricName" in alarm:
        yield _reading(alarm, alarm["Statistic"], alarm["Period"])
    for query in alarm.get("Metrics", []):
        if "MetricStat" in query:
            stat = query["MetricStat"]
            yield _reading(stat["Metric"], stat["Stat"], stat["Period"], query["Id"])


def expression(alarm: Resource) -> str | None:
    """The one expression whose value an alarm compares, if it reckons."""
    found = [query for query in alarm.get("Metrics", []) if query.get("ReturnData", True)]
    assert len(found) <= 1, found
    return str(found[0]["Expression"]) if found else None


def _reading(metric: Json, statistic: str, period: int, name: str | None = None) -> Reading:
    return Reading(
        namespace=metric["Namespace"],
        metric=metric["MetricName"],
        dimensions={each["Name"]: target(each["Value"]) for each in metric.get("Dimensions", [])},
        statistic=statistic,
        period=period,
        id=name,
    )
