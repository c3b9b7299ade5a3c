"""Asking the token_refresh function, and rationing how often a callback may cause it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from finconnect.clock import Clock, utc_now
from finconnect.payments.aws.guard import DynamoDBGuard, new_claim
from finconnect.payments.errors import StoreUnavailable
from finconnect.payments.refreshed import Refreshed
from finconnect.payments.verify import FRESH, FetchState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient

FETCH_INTERVAL: Final = timedelta(minutes=5)
REFRESH_PATIENCE: Final = timedelta(seconds=12)
"""As long as the one that refreshes may take; then it counts as dead."""
REFUSED_PAUSE: Final = timedelta(seconds=2)
"""After a refresh that failed: a hundred waiting callers must not each ask in turn. It is longer
than any of them pauses between two looks, so that all of them see that it has failed."""
IN_VAIN_LIMIT: Final = 3
"""So many tokens may be refused as soon as they are made; then AzamPay means the app, not the
token, and no further one is made for a refusal before IN_VAIN_INTERVAL is over."""
IN_VAIN_INTERVAL: Final = timedelta(hours=2)
"""Secrets Manager keeps about a hundred versions of a secret, and deletes none that is younger than
a day. 36 a day for refusals, and the 48 of a token that lives for an hour, stay below that."""


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

    One conditional write decides: however many containers ask, one is told that it is due. The
    others learn from the item when a key was fetched, if it was.
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
        self._claim = ""

    def claim(self) -> FetchState:
        """Ask for the right to fetch. Raises StoreUnavailable."""
        now, claim = self._clock(), new_claim()
        there = self._guard.take(
            until=now + FETCH_INTERVAL, now=now, values={"fetched_at": _NEVER}, claim=claim
        )
        if there is None:
            self._claim = claim
            return FetchState.DUE
        age = now.timestamp() - int(there.get("fetched_at", _NEVER))
        return FetchState.FETCHED if age < FRESH.total_seconds() else FetchState.UNSETTLED

    def fetch(self) -> bool:
        """Have the key fetched. Returns whether there is one. Raises StoreUnavailable."""
        # What counts is when the provider was asked: it may change its key while it answers.
        asked_at = int(self._clock().timestamp())
        fetched = self._refresher.refetch_public_key()
        if fetched:
            with suppress(StoreUnavailable):  # fetched all the same; the others wait a little more
                self._guard.note(self._claim, {"fetched_at": asked_at})
        return fetched


_NEVER: Final = 0


class _Outcome(StrEnum):
    """What came of the refresh that the guard was last taken for."""

    UNDER_WAY = "under way"
    DONE = "done"
    FAILED = "failed"


class RationedTokenRefresh:
    """Has a refused token refreshed once, however many callers it was refused to.

    The caller that takes the guard invokes token_refresh; the others are told that somebody does,
    and watch the store, until they are told that it has failed. Should that one die, the guard is
    free again after a few seconds.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        provider: str,
        refresher: LambdaRefresher,
        clock: Clock = utc_now,
    ) -> None:
        pk = f"TOKEN#{provider}"
        self._guard = DynamoDBGuard(client, table, pk=pk, sk="REFRESH")
        # Taken in this order: while somebody has the last one, renewing is known to be in vain.
        self._in_vain = [
            DynamoDBGuard(client, table, pk=pk, sk=f"IN_VAIN#{number}")
            for number in range(1, IN_VAIN_LIMIT + 1)
        ]
        self._refresher = refresher
        self._clock = clock

    def __call__(self, refused: str | None) -> bool:
        """Refresh, and return True; or return False at once, because another caller does.

        ``refused`` is the fingerprint of the refused token. Raises StoreUnavailable, also where
        another caller's refresh has just failed, and where renewing refused tokens is in vain.
        """
        now, claim = self._clock(), new_claim()
        if refused is not None and self._in_vain[-1].is_taken(now):
            raise StoreUnavailable(
                f"the last {IN_VAIN_LIMIT} renewed tokens were refused as well: AzamPay means the "
                "app, not the token"
            )
        there = self._guard.take(
            until=now + REFRESH_PATIENCE,
            now=now,
            values={"outcome": _Outcome.UNDER_WAY.value},
            claim=claim,
        )
        if there is not None:
            if there.get("outcome") == _Outcome.FAILED:
                raise StoreUnavailable("token_refresh has just failed: its log says why")
            return False
        try:
            self._refresher.refresh_token(refused)
        except StoreUnavailable:
            self._settle(claim, _Outcome.FAILED, until=self._clock() + REFUSED_PAUSE)
            raise
        self._settle(claim, _Outcome.DONE)
        return True

    def was_in_vain(self, renewed: str) -> None:
        """Count a renewed token that was refused as well; ``renewed`` is its fingerprint.

        However many callers it was refused to, it counts once. What cannot be counted is not: a
        payment that was turned away needs no further error.
        """
        now = self._clock()
        with suppress(StoreUnavailable):
            for guard in self._in_vain:
                # The fingerprint is the claim, and whoever claims the same again has it already.
                until = now + IN_VAIN_INTERVAL
                if guard.take(until=until, now=now, values={}, claim=renewed) is None:
                    return

    def _settle(self, claim: str, outcome: _Outcome, until: datetime | None = None) -> None:
        # Where it cannot be written the guard frees itself, and what was refreshed is refreshed.
        with suppress(StoreUnavailable):
            self._guard.release(claim, until=until, values={"outcome": outcome.value})
