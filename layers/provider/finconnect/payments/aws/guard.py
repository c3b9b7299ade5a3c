"""A right that only one of many containers has at a time, decided by one conditional write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from finconnect.payments.aws.items import from_wire, to_wire
from finconnect.payments.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDBGuard:
    """One item of the table that says until when the right is taken."""

    def __init__(self, client: DynamoDBClient, table: str, *, pk: str, sk: str) -> None:
        self._client = client
        self._table = table
        self._key = to_wire({"pk": pk, "sk": sk})

    def take(
        self, *, until: datetime, now: datetime, values: Mapping[str, str]
    ) -> dict[str, Any] | None:
        """Take the right until then and note ``values``; None if it was free.

        Otherwise returns what its holder has noted. Raises StoreUnavailable.
        """
        try:
            with _store_errors():
                self._set(
                    {"taken_until": int(until.timestamp()), **values},
                    condition="attribute_not_exists(taken_until) OR taken_until <= :now",
                    now=now,
                )
        except _Taken as taken:
            return from_wire(taken.item)
        return None

    def note(self, values: Mapping[str, str]) -> None:
        """Note something for those who ask next. Raises StoreUnavailable."""
        with _store_errors():
            self._set(dict(values))

    def release(self, until: datetime | None = None) -> None:
        """Give the right back early: at once, or from ``until`` on. Raises StoreUnavailable."""
        with _store_errors():
            self._set({"taken_until": int(until.timestamp()) if until else 0})

    def _set(
        self,
        values: Mapping[str, Any],
        *,
        condition: str | None = None,
        now: datetime | None = None,
    ) -> None:
        placeholders = {f":v{index}": value for index, value in enumerate(values.values())}
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": self._key,
            "UpdateExpression": "SET "
            + ", ".join(f"#n{index} = :v{index}" for index in range(len(values))),
            "ExpressionAttributeNames": {f"#n{index}": name for index, name in enumerate(values)},
        }
        if condition is not None and now is not None:
            request["ConditionExpression"] = condition
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
            placeholders[":now"] = int(now.timestamp())
        self._client.update_item(**request, ExpressionAttributeValues=to_wire(placeholders))


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
        raise StoreUnavailable("a guard cannot be written") from error
    except BotoCoreError as error:
        raise StoreUnavailable("a guard cannot be written") from error
