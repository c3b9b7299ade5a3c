"""Asking the token_refresh function, and rationing how often a callback may cause it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from finconnect.clock import Clock, utc_now
from finconnect.payments.aws.guard import DynamoDBGuard
from finconnect.payments.errors import StoreUnavailable
from finconnect.payments.refresh import Refreshed
from finconnect.payments.verify import FetchState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient

FETCH_INTERVAL: Final = timedelta(minutes=5)
REFRESH_PATIENCE: Final = timedelta(seconds=12)
"""As long as the one that refreshes may take; then it counts as dead."""
REFUSED_PAUSE: Final = timedelta(seconds=2)
"""After a refresh that failed: a hundred waiting callers must not each ask in turn."""


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
        self._guard = DynamoDBGuard(client, table, pk=f"PUBLIC_KEY#{provider}", sk="REFETCH")
        self._refresher = refresher
        self._clock = clock

    def claim(self) -> FetchState:
        """Ask for the right to fetch. Raises StoreUnavailable."""
        now = self._clock()
        there = self._guard.take(
            until=now + FETCH_INTERVAL, now=now, values={"state": FetchState.UNSETTLED.value}
        )
        if there is None:
            return FetchState.DUE
        # A word of another release's is none of ours: not settled, so a callback waits.
        noted = there.get("state")
        return FetchState(noted) if noted in list(FetchState) else FetchState.UNSETTLED

    def fetch(self) -> bool:
        """Have the key fetched. Returns whether there is one. Raises StoreUnavailable."""
        fetched = self._refresher.refetch_public_key()
        if fetched:
            self._guard.note({"state": FetchState.FETCHED.value})
        return fetched


class RationedTokenRefresh:
    """Has a refused token refreshed once, however many callers it was refused to.

    The caller that takes the guard invokes token_refresh; the others are told that somebody does,
    and watch the store. Should that one die, the guard is free again after a few seconds.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        provider: str,
        refresher: LambdaRefresher,
        clock: Clock = utc_now,
    ) -> None:
        self._guard = DynamoDBGuard(client, table, pk=f"TOKEN#{provider}", sk="REFRESH")
        self._refresher = refresher
        self._clock = clock

    def __call__(self, refused: str | None) -> bool:
        """Refresh, and return True; or return False at once, because another caller does.

        ``refused`` is the fingerprint of the refused token. Raises StoreUnavailable.
        """
        now = self._clock()
        there = self._guard.take(until=now + REFRESH_PATIENCE, now=now, values={})
        if there is not None:
            return False
        try:
            self._refresher.refresh_token(refused)
        except StoreUnavailable:
            self._guard.release(until=self._clock() + REFUSED_PAUSE)
            raise
        with suppress(StoreUnavailable):  # it was refreshed all the same; the guard frees itself
            self._guard.release()
        return True
