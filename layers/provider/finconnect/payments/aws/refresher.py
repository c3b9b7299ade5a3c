"""Asking the token_refresh function, and rationing how often a callback may cause it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from finconnect.clock import Clock, utc_now
from finconnect.payments.aws.items import to_wire
from finconnect.payments.errors import StoreUnavailable
from finconnect.payments.refresh import Refreshed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient

FETCH_INTERVAL: Final = timedelta(minutes=5)


class LambdaRefresher:
    """Invokes token_refresh and waits for it."""

    def __init__(self, client: LambdaClient, function: str) -> None:
        self._client = client
        self._function = function

    def refresh_token(self, refused: str | None) -> None:
        """Have the token refreshed. Raises StoreUnavailable if token_refresh could not."""
        self._invoke({"refused_token": refused} if refused else {})

    def refetch_public_key(self) -> bool:
        """Have the key fetched. Returns whether there is one. Raises StoreUnavailable."""
        return self._invoke({"refetch_public_key": True}).get("public_key") == Refreshed.REFRESHED

    def _invoke(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self._client.invoke(
                FunctionName=self._function,
                InvocationType="RequestResponse",
                Payload=json.dumps(request).encode(),
            )
            body = json.loads(answer["Payload"].read())
        except (ClientError, BotoCoreError, ValueError) as error:
            raise StoreUnavailable(
                f"token_refresh could not be invoked ({type(error).__name__})"
            ) from error
        if answer.get("FunctionError") or not isinstance(body, dict):
            raise StoreUnavailable("token_refresh failed: its log says why")
        return body


class RationedKeyFetching:
    """Fetches the key through token_refresh, at most once in five minutes for the whole stack.

    One conditional write decides: however many containers ask, one is told that it is due.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        provider: str,
        refresher: LambdaRefresher,
        clock: Clock = utc_now,
    ) -> None:
        self._client = client
        self._table = table
        self._provider = provider
        self._refresher = refresher
        self._clock = clock

    def is_due(self) -> bool:
        """Whether this caller may fetch now. Raises StoreUnavailable."""
        now = self._clock()
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_wire({"pk": f"PUBLIC_KEY#{self._provider}", "sk": "REFETCH"}),
                UpdateExpression="SET due_at = :next",
                ConditionExpression="attribute_not_exists(due_at) OR due_at <= :now",
                ExpressionAttributeValues=to_wire(
                    {":now": int(now.timestamp()), ":next": int((now + FETCH_INTERVAL).timestamp())}
                ),
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
                return False
            raise StoreUnavailable("the key guard cannot be written") from error
        except BotoCoreError as error:
            raise StoreUnavailable("the key guard cannot be written") from error
        return True

    def fetch(self) -> bool:
        """Have the key fetched. Returns whether there is one. Raises StoreUnavailable."""
        return self._refresher.refetch_public_key()
