"""What so many payments a month use of AWS, and what that costs: pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.shape import Shape

SECONDS_A_MONTH: Final = 730 * 3600
GB: Final = 1e9
KEEP_SECONDS: Final = 300
"""For so long a container keeps the webhook's secret and the keys."""
POLL_SECONDS: Final = 20
INDEX_WRITES: Final = 2
"""The index of open payments: an entry is written when a payment is recorded, and removed."""
LOG_LINE_OVERHEAD: Final = 26
"""DOC: CloudWatch Logs adds so many bytes to each line that it takes in."""

type Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the bill: what is used, how much of it a month, and the price's name."""

    what: str
    price: str
    quantity: float


class Usage:
    """The use of AWS in a month with so many payments, from what was measured and assumed."""

    def __init__(self, shape: Shape, measured: Document, assumed: Document, payments: int) -> None:
        self._shape = shape
        self._of: Document = measured["functions"]
        self._measured = measured
        self._assumed = assumed
        self._payments = payments
        self._lookups = payments * assumed["lookups_per_payment"]
        self._relays = payments * measured["events"] / assumed["relay_batch"]
        self._runs = {
            "token_refresh": shape.runs["TokenRefresh"],
            "reconciler": shape.runs["Reconciler"],
        }

    def items(self) -> list[Item]:
        """Every line of the bill, also those of nothing."""
        shape, payments = self._shape, self._payments
        kept = payments * self._measured["stored_bytes"] / GB
        logs = self._log_bytes() / GB
        requests = 2 * payments + self._lookups
        return [
            Item("alarms", "alarm", shape.watched),
            Item("dashboards", "dashboard", shape.dashboards),
            Item("custom metrics", "metric", len(self._metrics())),
            Item("secrets", "secret", shape.secrets),
            Item("encryption keys", "key", shape.keys),
            Item("schedules", "schedule", sum(self._runs.values())),
            Item("waiting for deferred callbacks (SQS)", "sqs_request", self._polls()),
            Item("API requests", "api_request", requests),
            Item("Lambda invocations", "lambda_request", self._invocations()),
            Item("Lambda time", "lambda_gb_second", self._seconds() * shape.memory),
            Item("DynamoDB writes", "dynamodb_write", self._units("write_units", INDEX_WRITES)),
            Item("DynamoDB reads", "dynamodb_read", self._units("read_units", 0)),
            Item("the month's payments in the table", "dynamodb_storage", kept),
            Item("their recovery copy", "dynamodb_recovery", kept),
            Item("events (SNS)", "sns_publish", payments * self._measured["events"]),
            Item("secret reads", "secret_call", self._secret_calls()),
            Item("logs taken in", "log_ingest", logs),
            Item("logs kept", "log_storage", logs * shape.kept_months),
            Item("traces", "trace", self._traces()),
            Item("answers sent out", "transfer_out", self._sent_out() / GB),
        ]

    def _each(self) -> list[tuple[str, float]]:
        """Each function that was measured, with its invocations."""
        return [
            ("payments", self._payments),
            ("look-up", self._lookups),
            ("webhook", self._payments),
            ("event_relay", self._relays),
            *self._runs.items(),
        ]

    def _invocations(self) -> float:
        return sum(count for _, count in self._each())

    def _seconds(self) -> float:
        busy = sum(count * self._duration(name) for name, count in self._each())
        starting = (
            self._colds(name) * float(self._of[name]["cold"]["import_ms"]) / 1000
            for name in ("payments", "webhook")
        )
        return busy + sum(starting)

    def _duration(self, name: str) -> float:
        waits = self._assumed["checkout_seconds"] if name == "payments" else 0
        return float(self._of[name]["ms"]) / 1000 + waits

    def _containers(self, name: str) -> int:
        """How many are busy on average: at least one, if there is anything to do."""
        return math.ceil(self._payments * self._duration(name) / SECONDS_A_MONTH)

    def _colds(self, name: str) -> float:
        """Starts: one for each payment while they are rare, and each time one grows old."""
        per_container = SECONDS_A_MONTH / self._assumed["container_life_seconds"]
        return float(min(self._payments, self._containers(name) * per_container))

    def _secret_calls(self) -> float:
        scheduled: float = sum(
            count * _calls(self._of[name], "secrets") for name, count in self._runs.items()
        )
        kept_short = self._containers("webhook") * SECONDS_A_MONTH / KEEP_SECONDS
        return scheduled + self._colds("payments") + min(self._payments, kept_short)

    def _units(self, kind: str, more: int) -> float:
        measured = sum(count * float(self._of[name][kind]) for name, count in self._each())
        return measured + more * self._payments

    def _log_bytes(self) -> float:
        access_line = self._shape.access_log_bytes + LOG_LINE_OVERHEAD
        total = float((2 * self._payments + self._lookups) * access_line)
        for name, count in self._each():
            found = self._of[name]
            total += count * (found["log_bytes"] + LOG_LINE_OVERHEAD * found["log_lines"])
        return total

    def _metrics(self) -> set[str]:
        names = [name for name, count in self._each() if count]
        return set().union(*(self._of[name]["metrics"] for name in names))

    def _polls(self) -> float:
        return float(self._assumed["sqs_pollers"]) * SECONDS_A_MONTH / POLL_SECONDS

    def _traces(self) -> float:
        invocations = self._invocations()
        first_of_each_second = min(invocations, SECONDS_A_MONTH)
        more = invocations - first_of_each_second
        return first_of_each_second + float(self._assumed["traced_share"]) * more

    def _sent_out(self) -> float:
        """To the merchant, and about as much to AzamPay with each checkout."""
        return float((2 * self._payments + self._lookups) * self._measured["answer_bytes"])


def cost(item: Item, prices: Document) -> float:
    """A line's cost in USD a month."""
    price = prices[item.price]
    return float(item.quantity * price["usd"] / price["per"])


def _calls(function: Document, service: str) -> int:
    return sum(count for name, count in function["calls"].items() if name.startswith(service))
