"""As much of DynamoDB in memory as a guard needs: one conditional UpdateItem."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import ClientError

from tests.fakes.faults import Faults

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Row = dict[str, Any]


def _is_free(row: Row, expected: Row) -> bool:
    return "taken_until" not in row or int(row["taken_until"]["N"]) <= int(expected["N"])


def _is_ours(row: Row, expected: Row) -> bool:
    return row.get("taken_by") == expected


_CONDITIONS: Final[Mapping[str, Callable[[Row, Row], bool]]] = {
    "attribute_not_exists(taken_until) OR taken_until <= :expected": _is_free,
    "taken_by = :expected": _is_ours,
}


@dataclass(slots=True)
class InMemoryGuardTable:
    """Holds guards as the table does. ``guard_contract`` holds both against the same tests."""

    faults: Faults = field(default_factory=Faults)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def client(self) -> DynamoDBClient:
        """The same, for those who want a client."""
        return cast("DynamoDBClient", self)

    def update_item(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 (as boto3)
        """Set the values if the condition holds."""

        def effect() -> dict[str, Any]:
            with self._lock:
                return self._update(request)

        return self.faults.around("guard.update", effect)

    def get_item(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 (as boto3)
        """The item as it is, if there is one."""

        def effect() -> dict[str, Any]:
            row = self.rows.get(str(request["Key"]))
            return {} if row is None else {"Item": dict(row)}

        return self.faults.around("guard.get", effect)

    def _update(self, request: dict[str, Any]) -> dict[str, Any]:
        key, values = str(request["Key"]), request["ExpressionAttributeValues"]
        row = self.rows.get(key, {})
        if not _CONDITIONS[request["ConditionExpression"]](row, values[":expected"]):
            raise ClientError(_refusal(row), "UpdateItem")
        names = request["ExpressionAttributeNames"]
        settings = request["UpdateExpression"].removeprefix("SET ").split(", ")
        pairs = [setting.split(" = ") for setting in settings]
        self.rows[key] = row | {names[name]: values[value] for name, value in pairs}
        return {}


def _refusal(row: dict[str, Any]) -> Any:  # noqa: ANN401 (the types know no Item)
    return {"Error": {"Code": "ConditionalCheckFailedException", "Message": ""}, "Item": dict(row)}
