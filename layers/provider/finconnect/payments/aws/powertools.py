"""Facts as one JSON log line each and as EMF metrics, by Powertools.

A line or a metric that cannot be written is lost, and told of: it never fails what it is about.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from finconnect.payments.correlation import correlate, correlated, forget
from finconnect.payments.telemetry import Fact, FactKind, Measured

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()  # service and level come from POWERTOOLS_SERVICE_NAME and POWERTOOLS_LOG_LEVEL
metrics = Metrics()  # and the namespace from POWERTOOLS_METRICS_NAMESPACE

_LOG: Final = {
    logging.INFO: logger.info,
    logging.WARNING: logger.warning,
    logging.ERROR: logger.error,
}


VERSION: Final = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
"""The version of the function that runs: Lambda sets it, and it is none of our settings."""

type Handler[R] = Callable[[dict[str, Any], LambdaContext], R]


class PowertoolsTelemetry:
    """Tells facts to the log, counts those that have a metric, and measures what they measure."""

    def tell(self, fact: Fact, /, **details: object) -> None:
        """Tell a fact with its details. No detail may be a secret or a full phone number."""
        kind = fact.value
        shown: dict[str, Any] = {
            name: value for name, value in {**correlated(), **details}.items() if value is not None
        }
        with _harmless(Fact.LINE_LOST, lost=kind.name):
            _LOG[kind.level](kind.name, extra=shown)
        with _harmless(Fact.METRIC_LOST):
            _count(kind, shown)


def counted[R](handler: Handler[R]) -> Handler[R]:
    """Decorate a handler so that what it counted is written out, also when it fails.

    Its log lines then have the gateway's name of the request, where a request is what it handles.
    """

    @functools.wraps(handler)
    def wrapped(event: dict[str, Any], context: LambdaContext) -> R:
        forget()
        correlate(api_request_id=event.get("requestContext", {}).get("requestId"))
        try:
            return handler(event, context)
        finally:
            forget()
            with _harmless(Fact.METRIC_LOST):
                _flush()

    return wrapped


def _count(kind: FactKind, details: Mapping[str, Any]) -> None:
    if kind.metric is not None:
        metrics.add_metric(name=kind.metric, unit=MetricUnit.Count, value=1)
    for measured in kind.measures:
        if measured.detail in details:
            _measure(measured, details)
    if kind.is_ours:
        _count_against_version()


def _measure(measured: Measured, details: Mapping[str, Any]) -> None:
    name, unit, value = measured.metric, MetricUnit(measured.unit), details[measured.detail]
    if measured.by is None:
        metrics.add_metric(name=name, unit=unit, value=value)
        return
    # Another dimension is another EMF line: all metrics of one line have the same dimensions.
    with single_metric(name=name, unit=unit, value=value) as metric:
        metric.add_dimension(name=measured.by, value=str(details[measured.by]))


def _count_against_version() -> None:
    """What a deployment goes back on."""
    with single_metric(
        name="ServerError",
        unit=MetricUnit.Count,
        value=1,
        default_dimensions={"service": metrics.service or "", "version": VERSION},
    ):
        pass


def _flush() -> None:
    # Powertools' own decorator complains of every invocation that had nothing to count.
    if metrics.provider.metric_set:
        try:
            metrics.flush_metrics()
        finally:
            metrics.provider.clear_metrics()


@contextmanager
def _harmless(loss: Fact, **details: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 (money is not lost for a line or a number in a chart)
        kind, name = loss.value, type(error).__name__
        with suppress(Exception):  # where the log itself is broken, nobody can be told
            _LOG[kind.level](kind.name, extra={**correlated(), **details, "error": name})
