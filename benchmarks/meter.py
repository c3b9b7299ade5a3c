"""Counts what DynamoDB charges, from what it says itself: no code that is measured is changed.

The emulator reckons in DynamoDB's own units from the sizes of the items: 4 KB a read, half of it
where it need not be consistent, 1 KB a write, and twice as much inside a transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READS = frozenset({"GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"})


@dataclass
class Bill:
    """Calls by operation, and the units of reads and writes."""

    calls: Counter[str] = field(default_factory=Counter)
    read_units: float = 0.0
    write_units: float = 0.0

    def add(self, operation: str, units: float) -> None:
        """Enter one call."""
        self.calls[operation] += 1
        if operation in READS:
            self.read_units += units
        else:
            self.write_units += units

    def exceeds(self, other: Bill) -> bool:
        """Whether anything costs more than there."""
        return (
            bool(self.calls - other.calls)
            or self.read_units > other.read_units
            or self.write_units > other.write_units
        )


class Meter:
    """Reads the bill of every call of one client."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._bill: Bill | None = None
        events = client.meta.events
        events.register("provide-client-params.dynamodb", ask_for_the_bill)
        events.register("after-call.dynamodb", self._read)

    @contextmanager
    def measuring(self) -> Iterator[Bill]:
        """Inside, every call is entered into the bill."""
        self._bill = bill = Bill()
        try:
            yield bill
        finally:
            self._bill = None

    def _read(self, model: Any, parsed: dict[str, Any], **_: object) -> None:  # noqa: ANN401
        if self._bill is None:
            return
        consumed = parsed.get("ConsumedCapacity", [])
        entries = consumed if isinstance(consumed, list) else [consumed]
        if not entries:
            raise RuntimeError(f"{model.name} was not charged for: there is nothing to compare")
        self._bill.add(model.name, sum(entry["CapacityUnits"] for entry in entries))


def ask_for_the_bill(params: dict[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401
    """Have a call answered with what it consumed, where the operation can tell."""
    members = model.input_shape.members if model.input_shape else {}
    if "ReturnConsumedCapacity" in members:
        params["ReturnConsumedCapacity"] = "TOTAL"
