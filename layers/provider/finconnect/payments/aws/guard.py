"""A right that only one of many containers has at a time, decided by one conditional write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from finconnect.payments.aws.items import from_wire, to_wire
from finconnect.payments.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Values = Mapping[str, str | int]


class DynamoDBGuard:
    """One item of the table that says who has the right, until when, and what came of it.

    Whoever takes it does so under an id of his own, and can note or free what is still his only:
    he may come back after his time, when somebody else has it.
    """

    def __init__(self, client: DynamoDBClient, table: str, *, pk: str, sk: str) -> None:
        self._client = client
        self._table = table
        self._key = to_wire({"pk": pk, "sk": sk})

    def take(
        self, *, until: datetime, now: datetime, values: Values, claim: str
    ) -> dict[str, Any] | None:
        """Take the right until then under the id ``claim``, and note ``values``; None if it worked.

        Otherwise returns what its holder has noted. Raises StoreUnavailable.
        """
        there = self._set(
            {"taken_until": int(until.timestamp()), "taken_by": claim, **values},
            condition="attribute_not_exists(taken_until) OR taken_until <= :expected",
            expected=int(now.timestamp()),
        )
        # Its own write, whose answer was lost: the client repeats it, and finds the right taken.
        return None if there is not None and there.get("taken_by") == claim else there

    def note(self, claim: str, values: Values) -> bool:
        """Note something for those who ask next; False if the right is no longer this claim's.

        Raises StoreUnavailable.
        """
        taken = self._set(values, condition="taken_by = :expected", expected=claim)
        return taken is None

    def release(
        self, claim: str, *, until: datetime | None = None, values: Values | None = None
    ) -> bool:
        """Give the right back early, at once or from ``until`` on, and note ``values``.

        False if it is no longer this claim's: then somebody else's is left alone. Raises
        StoreUnavailable.
        """
        free_from = int(until.timestamp()) if until else 0
        return self.note(claim, {"taken_until": free_from, **(values or {})})

    def is_taken(self, now: datetime) -> bool:
        """Whether somebody has the right. Raises StoreUnavailable."""
        with _store_errors():
            answer = self._client.get_item(
                TableName=self._table, Key=self._key, ConsistentRead=True
            )
        return int(from_wire(answer.get("Item", {})).get("taken_until", 0)) > int(now.timestamp())

    def _set(self, values: Values, *, condition: str, expected: str | int) -> dict[str, Any] | None:
        """Set the values if the condition holds; else returns the item as it is."""
        placeholders = {f":v{index}": value for index, value in enumerate(values.values())}
        settings = ", ".join(f"#n{index} = :v{index}" for index in range(len(values)))
        try:
            with _store_errors():
                self._client.update_item(
                    TableName=self._table,
                    Key=self._key,
                    UpdateExpression=f"SET {settings}",
                    ConditionExpression=condition,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    ExpressionAttributeNames={
                        f"#n{index}": name for index, name in enumerate(values)
                    },
                    ExpressionAttributeValues=to_wire({**placeholders, ":expected": expected}),
                )
        except _Taken as taken:
            return from_wire(taken.item)
        return None


def new_claim() -> str:
    """An id for somebody who wants to take a guard."""
    return uuid4().hex


class _Taken(Exception):
    """Somebody else has the right."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        super().__init__("taken")
        self.item = item


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        response: Any = error.response
        if response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
            raise _Taken(response.get("Item", {})) from error
        raise StoreUnavailable("a guard cannot be reached") from error
    except BotoCoreError as error:
        raise StoreUnavailable("a guard cannot be reached") from error
