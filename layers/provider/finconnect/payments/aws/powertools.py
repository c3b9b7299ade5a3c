"""Facts as one JSON log line each and as EMF metrics, by Powertools."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from finconnect.payments.telemetry import Fact

logger = Logger()  # service and level come from POWERTOOLS_SERVICE_NAME and POWERTOOLS_LOG_LEVEL
metrics = Metrics()  # and the namespace from POWERTOOLS_METRICS_NAMESPACE

_LOG: Final = {
    logging.INFO: logger.info,
    logging.WARNING: logger.warning,
    logging.ERROR: logger.error,
}


class PowertoolsTelemetry:
    """Tells facts to the log, and counts those that have a metric."""

    def tell(self, fact: Fact, /, **details: object) -> None:
        """Tell a fact with its details. No detail may be a secret or a full phone number."""
        kind = fact.value
        shown: dict[str, Any] = {
            name: value for name, value in details.items() if value is not None
        }
        _LOG[kind.level](kind.name, extra=shown)
        if kind.metric is not None:
            metrics.add_metric(name=kind.metric, unit=MetricUnit.Count, value=1)


def counted[**P, R](handler: Callable[P, R]) -> Callable[P, R]:
    """Decorate a handler so that what it counted is written out, also when it fails."""

    @functools.wraps(handler)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return handler(*args, **kwargs)
        finally:
            # Powertools' own decorator complains of every invocation that had nothing to count.
            if metrics.provider.metric_set:
                metrics.flush_metrics()

    return wrapped
