"""Replace the API key of the payment routes: two keys are valid until a person ends the old.

The stack has a key of its own. The keys that are made here stand beside it, under its usage plan
and with its name in a tag; CloudFormation does not know them, so a deployment neither removes nor
revives one. The stack's own key cannot be deleted, because a deployment that changed it would fail:
it is taken off the plan, which CloudFormation never does again for a key that stays, and disabled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import boto3
from botocore.exceptions import ClientError

from finconnect.clock import to_iso
from ops.overlap import QUIET, now, read_time, refuse, shown
from ops.stack import Stack, StackError

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

STACK_TAG: Final = "finconnect-stack"
FINISH_TAG: Final = "finconnect-finish-after"
_FIRST_LOOK: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Key:
    """A key that opens the payment routes. ``finish_after`` is when it may replace the others."""

    id: str
    created_at: datetime
    finish_after: datetime | None


@dataclass(frozen=True, slots=True)
class Uses:
    """When keys were used last, by their ids; what is not in there was not used ``since``.

    ``are_known`` is False where there is no access log to tell.
    """

    since: datetime
    last: Mapping[str, datetime]
    are_known: bool = True

    def of(self, key: Key) -> str:
        """How it stands with one key, for a person."""
        if not self.are_known:
            return "its use is not known: the API writes no access log"
        if key.id in self.last:
            return f"was used last at {shown(self.last[key.id])}"
        return f"was not used since {shown(self.since)}"

    def is_needed(self, old: Key, new: Key) -> bool:
        """Whether a caller may still have the old key: one within a day, or after the new one."""
        used, used_new = self.last[old.id], self.last.get(new.id)
        return now() - used < QUIET or used_new is None or used >= used_new


class ApiKeys:
    """The API keys of one stack."""

    def __init__(self, stack: Stack) -> None:
        """Raises StackError where payments are not authorised by API keys."""
        if stack.output("ApiKeyId") == "none":
            raise StackError("payments are authorised by AWS_IAM: there is no API key")
        self._stack = stack
        self._client: APIGatewayClient = boto3.client("apigateway")
        self._plan = stack.physical_id("PaymentsUsagePlan")

    def begin(self, overlap: timedelta) -> Iterator[str]:
        """Make a second key. Raises StackError while there are two."""
        if len(self._valid()) > 1:
            raise StackError("two keys are valid: finish or cancel that first (see status)")
        finish_after = now() + overlap
        key = self._client.create_api_key(
            name=f"{self._stack.name}-payments-{now():%Y%m%d%H%M%S}",
            description=f"Payments API of the stack {self._stack.name}, by `rotate api-key`",
            enabled=True,
            tags={STACK_TAG: self._stack.name, FINISH_TAG: to_iso(finish_after)},
        )["id"]
        try:
            self._client.create_usage_plan_key(usagePlanId=self._plan, keyId=key, keyType="API_KEY")
        except ClientError:
            self._client.delete_api_key(apiKey=key)  # without the plan it opens nothing
            raise
        yield f"key {key} is valid beside the old one"
        yield "next: `rotate api-key status --show-key` prints its value; let every caller use it"
        yield f"then, after {shown(finish_after)}: `rotate api-key finish`"

    def status(self) -> Iterator[str]:
        """Say which keys are valid, and which are in use."""
        keys = self._valid()
        uses = self._uses(keys)
        for key in keys:
            own = ", the stack's own" if key.id == self._own else ""
            yield f"key {key.id} is valid, made {shown(key.created_at)}{own}"
            yield f"  {uses.of(key)}"
        if len(keys) < 2:  # noqa: PLR2004 - old and new
            yield "nothing is under way" if keys else "no key is valid: `rotate api-key begin`"
            return
        waits = list(_reasons_to_wait(keys, uses))
        yield "not yet: " + "; ".join(waits) if waits else "now: `rotate api-key finish`"

    def value(self) -> Iterator[str]:
        """The newest key itself. It is a secret."""
        newest = self._valid()[-1:]
        if not newest:
            raise StackError("no key is valid")
        yield self._client.get_api_key(apiKey=newest[0].id, includeValue=True)["value"]

    def finish(self, *, force: bool) -> Iterator[str]:
        """End every key but the newest. Raises StackError while the old one may be in use."""
        keys = self._replacing()
        refuse(list(_reasons_to_wait(keys, self._uses(keys))), force=force)
        for key in keys[:-1]:
            yield self._end(key)

    def cancel(self, *, force: bool) -> Iterator[str]:
        """End the newest key and keep the old. Raises StackError if the newest may be in use."""
        *_, newest = keys = self._replacing()
        uses = self._uses(keys)
        is_used = not uses.are_known or newest.id in uses.last
        refuse([f"key {newest.id}: {uses.of(newest)}"] if is_used else [], force=force)
        yield self._end(newest)

    @property
    def _own(self) -> str:
        return self._stack.output("ApiKeyId")

    def _valid(self) -> list[Key]:
        """The keys that open the routes, the newest last."""
        pages = self._client.get_paginator("get_usage_plan_keys").paginate(usagePlanId=self._plan)
        ids = [item["id"] for page in pages for item in page["items"]]
        found = [self._client.get_api_key(apiKey=key) for key in ids]
        keys = [
            Key(each["id"], each["createdDate"], read_time(each.get("tags", {}).get(FINISH_TAG)))
            for each in found
            if each.get("enabled")
        ]
        # The stack's own has no tag. Of two that were made in one second, that tells which is new.
        return sorted(keys, key=lambda key: (key.created_at, key.finish_after is not None))

    def _replacing(self) -> list[Key]:
        keys = self._valid()
        if len(keys) < 2:  # noqa: PLR2004 - old and new
            raise StackError("nothing is under way: `rotate api-key begin` starts it")
        return keys

    def _end(self, key: Key) -> str:
        self._client.delete_usage_plan_key(usagePlanId=self._plan, keyId=key.id)
        if key.id != self._own:
            self._client.delete_api_key(apiKey=key.id)
            return f"key {key.id} is ended and deleted"
        self._client.update_api_key(
            apiKey=key.id,
            patchOperations=[{"op": "replace", "path": "/enabled", "value": "false"}],
        )
        return f"key {key.id} is ended: off the usage plan, and disabled (it is the stack's own)"

    def _uses(self, keys: list[Key]) -> Uses:
        """When each was used last: over the whole overlap, and a day at least."""
        since = now() - QUIET
        if len(keys) > 1:
            since = min(since, keys[-1].created_at)
        if self._stack.parameters.get("ApiLogging") == "off":
            return Uses(since, {}, are_known=False)
        found = {key.id: self._last_use(key, since) for key in keys}
        return Uses(since, {key: last for key, last in found.items() if last})

    def _last_use(self, key: Key, since: datetime) -> datetime | None:
        # The log is read from its end on, by spans that double: a busy key is found in the first,
        # where little has to be read, and one that nobody uses costs a dozen questions for 3 days.
        end, span = now(), _FIRST_LOOK
        while end > since:
            start = max(since, end - span)
            if times := list(self._used_at(key, start, end)):
                return max(times)
            end, span = start, span * 2
        return None

    def _used_at(self, key: Key, start: datetime, end: datetime) -> Iterator[datetime]:
        pages = boto3.client("logs").get_paginator("filter_log_events")
        lines = pages.paginate(
            logGroupName=f"/finconnect/{self._stack.name}/api",
            startTime=int(start.timestamp() * 1000),
            endTime=int(end.timestamp() * 1000),
            filterPattern=f'"{key.id}"',
        )
        wanted = f'"apiKeyId":"{key.id}"'
        for page in lines:
            for event in page["events"]:
                if wanted in event["message"]:
                    yield datetime.fromtimestamp(event["timestamp"] / 1000, UTC)


def _reasons_to_wait(keys: list[Key], uses: Uses) -> Iterator[str]:
    *old, new = keys
    if new.finish_after and now() < new.finish_after:
        yield f"the overlap lasts until {shown(new.finish_after)}"
    if not uses.are_known:
        yield "it is not known which key is in use: the API writes no access log"
        return
    if new.id not in uses.last:
        yield f"key {new.id} {uses.of(new)}"
    for key in old:
        if key.id in uses.last and uses.is_needed(key, new):
            yield f"key {key.id} {uses.of(key)}"
