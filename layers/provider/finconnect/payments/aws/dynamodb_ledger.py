"""The ledger in DynamoDB: one table, conditional writes, one transaction per change."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import BotoCoreError, ClientError

from finconnect.clock import to_iso
from finconnect.payments.aws import items
from finconnect.payments.errors import ConcurrentChange, DuplicateCallback, LedgerUnavailable
from finconnect.payments.lookup import HistoryEntry
from finconnect.payments.model import (
    Change,
    Disposition,
    Event,
    Kept,
    Payment,
    PaymentKey,
    Received,
    Record,
)
from finconnect.payments.reconcile import Age

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ABSENT: Final = "attribute_not_exists(pk)"
_CHECK_FAILED: Final = "ConditionalCheckFailed"
_PASSING: Final = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_OPEN_TRIES: Final = 10
_MAX_KEY_BYTES: Final = 2048  # DOC: of a partition key
_DICE: Final = random.SystemRandom()
"""The system's: the state of another would be the same in all containers of one snapshot."""


class DynamoDBLedger:
    """Implements every port that the use cases have to the ledger."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        *,
        pause: Callable[[], None] = lambda: time.sleep(_spread()),
    ) -> None:
        """``pause`` is waited between two tries at an item that a transaction holds."""
        self._client = client
        self._table = table
        self._pause = pause

    def open(self, payment: Payment) -> Payment:
        """Record a new payment, or return the one that has its key. Raises LedgerUnavailable."""
        return self._write_or_read(
            payment,
            lambda: self._client.put_item(
                TableName=self._table,
                Item=items.payment_item(payment),
                ConditionExpression=_ABSENT,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            ),
        )

    def reopen(self, before: Payment, after: Payment) -> Payment:
        """Take a payment back to created, or return the one that is there now."""
        update = self._update(before, after)
        return self._write_or_read(
            after,
            lambda: self._client.update_item(
                **update, ReturnValuesOnConditionCheckFailure="ALL_OLD"
            ),
        )

    def load(self, key: PaymentKey) -> Payment | None:
        """The payment as it is now, or None. Raises LedgerUnavailable."""
        with _ledger_errors():
            answer = self._client.get_item(
                TableName=self._table, Key=items.primary_key(key), ConsistentRead=True
            )
        item = answer.get("Item")
        return items.read_payment(item) if item else None

    def history(self, key: PaymentKey) -> tuple[Payment, Sequence[HistoryEntry]] | None:
        """The payment and its events in their order, or None. Raises LedgerUnavailable."""
        if len(items.partition(key).encode(errors="replace")) > _MAX_KEY_BYTES:
            return None  # DynamoDB would refuse the question, and there can be no such payment
        # EVENT# … PAYMENT is one range of sort keys, and leaves the callbacks out.
        rows = self._query(
            key, "sk BETWEEN :from AND :to", {":from": items.EVENT_PREFIX, ":to": "PAYMENT"}
        )
        if not rows or rows[-1]["sk"]["S"] != items.PAYMENT_SK:
            return None
        entries = [items.read_event(row) for row in rows[:-1]]
        # By time first: the ids come from the clocks of several containers.
        entries.sort(key=lambda event: (event.time, event.id))
        return items.read_payment(rows[-1]), [
            HistoryEntry(event.time, str(event.type), event.status) for event in entries
        ]

    def record(self, key: PaymentKey) -> Record:
        """All that is known of a reference. Raises LedgerUnavailable."""
        rows = self._query(key, "sk > :none", {":none": " "})
        callbacks = [row for row in rows if row["sk"]["S"].startswith(items.CALLBACK_PREFIX)]
        events = [row for row in rows if row["sk"]["S"].startswith(items.EVENT_PREFIX)]
        payment = next((row for row in rows if row["sk"]["S"] == items.PAYMENT_SK), None)
        return Record(
            payment=items.read_payment(payment) if payment else None,
            callbacks=tuple(map(items.read_callback, callbacks)),
            events=tuple(map(items.read_event, events)),
        )

    def events_between(self, start: datetime, end: datetime) -> Iterator[Event]:
        """All events from ``start`` to before ``end``. Reads the whole table: not for functions."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="begins_with(sk, :prefix) AND #time >= :start AND #time < :end",
            ExpressionAttributeNames={"#time": "time"},
            ExpressionAttributeValues=items.to_wire(
                {":prefix": items.EVENT_PREFIX, ":start": to_iso(start), ":end": to_iso(end)}
            ),
            ConsistentRead=True,
        )
        with _ledger_errors():
            yield from (items.read_event(row) for page in pages for row in page["Items"])

    def held_callbacks(self, key: PaymentKey) -> Sequence[Received]:
        """The callbacks that wait for the checkout's answer. Raises LedgerUnavailable."""
        rows = self._query(key, "begins_with(sk, :prefix)", {":prefix": items.CALLBACK_PREFIX})
        kept = [items.read_callback(row) for row in rows]
        return [each.callback for each in kept if each.disposition is Disposition.HELD]

    def open_payments(self, before: datetime) -> Iterator[PaymentKey]:
        """The watched payments that are open since ``before``, oldest first in each shard."""
        # A run that has no time for all must not leave out the same ones each time.
        for shard in items.open_shards(first=_DICE.randrange(items.OPEN_SHARDS)):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=items.OPEN_INDEX,
                KeyConditionExpression="open_shard = :shard AND open_since < :before",
                ExpressionAttributeValues=items.to_wire(
                    {":shard": shard, ":before": to_iso(before)}
                ),
            )
            with _ledger_errors():
                yield from (items.key_of(row["pk"]["S"]) for page in pages for row in page["Items"])

    def count_open(self, before: datetime) -> dict[Age, int]:
        """How many watched payments are open since ``before``, and since then.

        Two queries a shard, which only count: half a read unit each, and one more for every 8 KB
        of the index, which are some 50 open payments. Finished ones are not in it. Raises
        LedgerUnavailable.
        """
        ages = {Age.FRESH: ">=", Age.SILENT: "<"}
        return {age: self._count_open(sign, before) for age, sign in ages.items()}

    def _count_open(self, sign: str, before: datetime) -> int:
        pages = (
            self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=items.OPEN_INDEX,
                Select="COUNT",
                KeyConditionExpression=f"open_shard = :shard AND open_since {sign} :before",
                ExpressionAttributeValues=items.to_wire(
                    {":shard": shard, ":before": to_iso(before)}
                ),
            )
            for shard in items.open_shards()
        )
        with _ledger_errors():
            return sum(page["Count"] for shard in pages for page in shard)

    def commit(self, change: Change) -> None:
        """Write a change whole or not at all.

        Raises DuplicateCallback, ConcurrentChange, or LedgerUnavailable, after which it is not
        known whether the change was written; deciding anew finds out.
        """
        writes = [*self._payment_writes(change), *self._inbox_writes(change)]
        writes += [self._put(items.event_item(event)) for event in change.events]
        inbox_index = 1 if change.received else None
        with _ledger_errors(on_cancelled=lambda codes: self._cancelled(codes, inbox_index)):
            self._client.transact_write_items(TransactItems=cast("Any", writes))

    def _payment_writes(self, change: Change) -> Iterator[dict[str, Any]]:
        """The first write is about the payment: moved, merely unchanged, or absent."""
        before, after = change.before, change.after
        if before is not None and after is not None and after != before:
            yield {"Update": self._update(before, after)}
        elif before is not None:
            yield {
                "ConditionCheck": {
                    "TableName": self._table,
                    "Key": items.primary_key(before.key),
                    "ConditionExpression": "version = :version",
                    "ExpressionAttributeValues": items.to_wire({":version": before.version}),
                }
            }
        elif change.received is not None:
            yield {
                "ConditionCheck": {
                    "TableName": self._table,
                    "Key": items.primary_key(change.received.callback.key),
                    "ConditionExpression": _ABSENT,
                }
            }

    def _inbox_writes(self, change: Change) -> Iterator[dict[str, Any]]:
        if change.received is not None:
            yield self._put(items.callback_item(change.received))
        for kept in change.resolved:
            yield {"Update": self._resolve(kept)}

    def _put(self, item: items.Attributes) -> dict[str, Any]:
        return {"Put": {"TableName": self._table, "Item": item, "ConditionExpression": _ABSENT}}

    def _resolve(self, kept: Kept) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": items.primary_key(kept.callback.key, items.callback_sk(kept.callback)),
            "UpdateExpression": "SET disposition = :new",
            "ConditionExpression": "disposition = :held",
            "ExpressionAttributeValues": items.to_wire(
                {":new": kept.disposition.value, ":held": Disposition.HELD.value}
            ),
        }

    def _update(self, before: Payment, after: Payment) -> dict[str, Any]:
        values = items.changing_values(after)
        if after.watched and (not before.watched or after.asked_at != before.asked_at):
            values |= items.watch_values(after)
        present = {name: value for name, value in values.items() if value is not None}
        absent = [name for name, value in values.items() if value is None]
        if before.watched and not after.watched:
            absent += ["open_shard", "open_since"]
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in present)
        if absent:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in absent)
        return {
            "TableName": self._table,
            "Key": items.primary_key(before.key),
            "UpdateExpression": expression,
            # The transition was decided for exactly this state; in any other it is decided anew.
            "ConditionExpression": "#status = :from AND #version = :seen",
            "ExpressionAttributeNames": {f"#{name}": name for name in [*present, *absent]},
            "ExpressionAttributeValues": items.to_wire(
                {f":{name}": value for name, value in present.items()}
                | {":from": before.status.value, ":seen": before.version}
            ),
        }

    def _query(
        self, key: PaymentKey, condition: str, values: dict[str, str]
    ) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=f"pk = :pk AND {condition}",
            ExpressionAttributeValues=items.to_wire({":pk": items.partition(key)} | values),
            ConsistentRead=True,
        )
        with _ledger_errors():
            return [row for page in pages for row in page["Items"]]

    def _write_or_read(self, wanted: Payment, write: Callable[[], object]) -> Payment:
        for _ in range(_OPEN_TRIES):
            try:
                with _ledger_errors():
                    write()
            except ConcurrentChange as error:
                if isinstance(error, _Existing) and error.item:
                    return items.read_payment(error.item)
                self._pause()
                continue
            return wanted
        raise LedgerUnavailable("the payment is busy")

    def _cancelled(self, codes: Sequence[str], inbox_index: int | None) -> Exception:
        if inbox_index is not None and codes[inbox_index : inbox_index + 1] == [_CHECK_FAILED]:
            return DuplicateCallback("the callback is in the ledger already")
        if not _PASSING.isdisjoint(codes):
            # botocore does not repeat a cancelled transaction, even where the reason will pass.
            self._pause()
            return ConcurrentChange("another transaction holds the payment, or it was throttled")
        if _CHECK_FAILED in codes:
            return ConcurrentChange("the payment has changed")
        return LedgerUnavailable(", ".join(sorted(set(codes))))


def _spread() -> float:
    """Seconds that differ between the containers that wait for the same item."""
    return _DICE.uniform(0.005, 0.05)


class _Existing(ConcurrentChange):
    """A condition failed, and this is the item that was there."""

    def __init__(self, item: dict[str, Any] | None) -> None:
        super().__init__("the payment is there already")
        self.item = item


@contextmanager
def _ledger_errors(
    on_cancelled: Callable[[Sequence[str]], Exception] | None = None,
) -> Iterator[None]:
    """The one place where DynamoDB's errors become the ledger's."""
    try:
        yield
    except ClientError as error:
        raise _translate(cast("dict[str, Any]", error.response), on_cancelled) from error
    except BotoCoreError as error:
        raise LedgerUnavailable(type(error).__name__) from error


def _translate(
    response: dict[str, Any], on_cancelled: Callable[[Sequence[str]], Exception] | None
) -> Exception:
    code = response.get("Error", {}).get("Code", "")
    if code == "ConditionalCheckFailedException":
        return _Existing(response.get("Item"))
    if code == "TransactionConflictException":
        return ConcurrentChange("a transaction holds the payment")
    if code == "TransactionCanceledException" and on_cancelled is not None:
        reasons = response.get("CancellationReasons", [])
        return on_cancelled([reason.get("Code", "None") for reason in reasons])
    return LedgerUnavailable(code)
