"""Which limit so many payments a second meet first: pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.costing import INDEX_WRITES, KEEP_SECONDS
from benchmarks.shape import Shape

INDEX_SHARDS: Final = 16
RECONCILER_SECONDS: Final = 40
RECONCILER_CALLS: Final = 2
"""For each silent payment: one GetItem and one TransactWriteItems."""
MOST: Final = 1_000_000

type Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit, what a rate of payments a second needs of it, and what to do when it is met."""

    what: str
    needs: Callable[[float], float]
    has: Callable[[float], float]
    remedy: str

    def share(self, rate: float) -> float:
        """How much of the limit is used: 1 is all of it."""
        return self.needs(rate) / self.has(rate)

    def binds_at(self) -> float:
        """The payments a second that use all of it; MOST if none do."""
        low, high = 0.0, float(MOST)
        if self.share(high) < 1:
            return high
        while high - low > high / 1000:
            middle = (low + high) / 2
            low, high = (low, middle) if self.share(middle) >= 1 else (middle, high)
        return high


def limits(shape: Shape, measured: Document, assumed: Document, quota: Document) -> list[Limit]:
    """All limits that are known."""
    of = measured["functions"]
    lookups, events = assumed["lookups_per_payment"], measured["events"]
    write_units = of["payments"]["write_units"] + of["webhook"]["write_units"]
    callback_seconds = of["webhook"]["ms"] / 1000
    busy = (
        of["payments"]["ms"] / 1000
        + assumed["checkout_seconds"]
        + lookups * of["look-up"]["ms"] / 1000
        + callback_seconds
        + events * assumed["publish_ms"] / 1000
    )
    on_partition = quota["dynamodb_partition_write_units"]

    def relayed(rate: float) -> float:
        partitions = max(
            assumed["new_table_partitions"], math.ceil(rate * write_units / on_partition)
        )
        return float(partitions * shape.stream_parallel * 1000 / assumed["publish_ms"])

    def reconciled(_: float) -> float:
        a_run = RECONCILER_SECONDS * 1000 / (RECONCILER_CALLS * assumed["aws_call_ms"])
        return float(a_run * shape.runs["Reconciler"] / (730 * 3600))

    def fixed(number: float) -> Callable[[float], float]:
        return lambda _: float(number)

    def per_payment(number: float) -> Callable[[float], float]:
        return lambda rate: float(rate * number)

    return [
        Limit(
            "`ThrottleRate` (POST; template's default)",
            per_payment(1),
            fixed(shape.payment_throttle),
            "the parameters `ThrottleRate` and `ThrottleBurst`, up to 10,000 and 5,000",
        ),
        Limit(
            "throttle of the callback's route (template)",
            per_payment(1),
            fixed(shape.callback_throttle),
            "`ThrottlingRateLimit` of the webhook's route in `template.yaml`. "
            "Raise it before: a callback that is refused may be lost",
        ),
        Limit(
            "Lambda concurrency",
            per_payment(busy),
            fixed(quota["lambda_concurrency"]),
            "quota `Concurrent executions`; `PaymentsConcurrency` keeps some for the callbacks",
        ),
        Limit(
            "event relay: stream shards times publications in a row",
            per_payment(events),
            relayed,
            "`ParallelizationFactor` of the relay's event source, up to 10; "
            "events are late until then, and not lost",
        ),
        Limit(
            "reconciler: silent payments in runs of 40 seconds",
            per_payment(assumed["silent_share"]),
            reconciled,
            "a shorter schedule; what is left is the next run's, so `payment.unresolved` is late",
        ),
        Limit(
            "API Gateway requests in the account and region",
            per_payment(2 + lookups),
            fixed(quota["api_requests_per_second"]),
            "quota `Throttle rate`",
        ),
        Limit(
            "DynamoDB write units of the table",
            per_payment(write_units),
            fixed(quota["dynamodb_write_units"]),
            "quota `Table-level write throughput limit`; before a known rush, warm throughput",
        ),
        Limit(
            "DynamoDB write units of the index's 16 shards",
            per_payment(INDEX_WRITES),
            fixed(INDEX_SHARDS * on_partition),
            "more shards: a change of code",
        ),
        Limit(
            "SNS publications in the smallest regions",
            per_payment(events),
            fixed(quota["sns_publish_smallest_regions"]),
            "quota `Messages published per second`: it differs by region, look yours up first",
        ),
        Limit(
            "SNS publications in us-east-1",
            per_payment(events),
            fixed(quota["sns_publish_us_east_1"]),
            "the same quota",
        ),
        Limit(
            "Parameter Store reads by the webhook's containers",
            per_payment(callback_seconds / KEEP_SECONDS),
            fixed(quota["parameter_reads_per_second"]),
            "Parameter Store's higher throughput (a setting of the account, charged by calls)",
        ),
        Limit(
            "Secrets Manager reads by the webhook's containers",
            per_payment(callback_seconds / KEEP_SECONDS),
            fixed(quota["secrets_reads_per_second"]),
            "nothing is near",
        ),
    ]
