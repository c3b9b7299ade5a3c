"""Replace the secret in the callback URL: both URLs open the webhook until a person ends the old.

It never ends by itself: AzamPay is not known to send a refused callback again, and its staff
register the new URL by hand. What is forgotten costs less than a callback that is lost.
"""

from __future__ import annotations

import json
import secrets
import string
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.exceptions import ClientError

from finconnect.clock import to_iso
from finconnect.payments.aws.caches import KEEP, RARELY
from finconnect.payments.aws.stores import IN_USE, ON_TRIAL
from ops.overlap import QUIET, now, read_time, refuse, shown
from ops.stack import Stack, StackError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

LENGTH: Final = 64
"""Letters and digits, as the template makes it: some 380 bits."""
SETTLES: Final = RARELY + timedelta(seconds=5)
"""Until every container opens to a new secret: it looks again after RARELY; and a margin."""
_PERIODS: Final = (60, 300, 3600)
_MOST_VALUES: Final = 1_400
_METRICS_KEPT: Final = timedelta(days=58)
_MAY_BE_THERE: Final = "a callback that had to wait, at about {}, may have come to"


@dataclass(frozen=True, slots=True)
class UrlSecrets:
    """What the secret holds: one, or two while it is being replaced."""

    current: str
    previous: str | None = None
    began_at: datetime | None = None
    finish_after: datetime | None = None
    version: str = ""

    def to_json(self) -> str:
        """Write it as the secret holds it."""
        values: dict[str, str] = {"current": self.current}
        if self.previous:
            values["previous"] = self.previous
        if self.began_at and self.finish_after:
            values |= {"began_at": to_iso(self.began_at), "finish_after": to_iso(self.finish_after)}
        return json.dumps(values)


@dataclass(frozen=True, slots=True)
class Came:
    """Callbacks of one kind since the beginning: how many, and when the last (to its period)."""

    count: int = 0
    last: datetime | None = None

    def __str__(self) -> str:
        last = f", the last at about {shown(self.last)}" if self.last else ""
        return f"{self.count} callbacks{last}"


@dataclass(frozen=True, slots=True)
class Counts:
    """Callbacks that were believed, by the URL that they came to; and those that had to wait.

    Of the last it is not known by now to which URL they came, nor whether AzamPay sent them.
    """

    old: Came
    new: Came
    deferred: Came = Came()


class WebhookSecret:
    """The webhook's secret of one stack."""

    def __init__(self, stack: Stack, pause: Callable[[float], None] = time.sleep) -> None:
        """``pause`` waits for so many seconds."""
        self._stack = stack
        self._pause = pause
        self._client: SecretsManagerClient = boto3.client("secretsmanager")
        self._id = stack.output("WebhookSecretName")

    def begin(self, overlap: timedelta) -> Iterator[str]:
        """Make a new secret and keep the old one. Raises StackError while one is under way."""
        held = self._read()
        if held.previous:
            raise StackError("a replacement is under way: finish or cancel it first (see status)")
        letters = string.ascii_letters + string.digits
        fresh = "".join(secrets.choice(letters) for _ in range(LENGTH))
        began = now()
        self._replace(held, UrlSecrets(fresh, held.current, began, began + overlap))
        yield "there is a new URL, and the old one stays valid"
        yield "next: `rotate webhook-secret status --show-url` prints it; have it registered"
        yield f"then, after {shown(began + overlap)}: `rotate webhook-secret finish`"

    def status(self) -> Iterator[str]:
        """Say whether one is under way, and which of both URLs callbacks come to."""
        held = self._read()
        if not held.previous:
            yield "one URL is valid: nothing is under way"
            return
        came = self._came(held)
        yield f"two URLs are valid since {_shown(held.began_at)}"
        yield f"  old URL: {came.old}"
        yield f"  new URL: {came.new}"
        yield f"finish may run after {_shown(held.finish_after)}"
        waits = list(_reasons_to_wait(held, came))
        yield "not yet: " + "; ".join(waits) if waits else "now: `rotate webhook-secret finish`"

    def url(self) -> Iterator[str]:
        """The URL to register, once every container opens to it. It is a secret."""
        held = self._read()
        if held.previous and held.began_at:
            left = (held.began_at + SETTLES - now()).total_seconds()
            if left > 0:
                yield f"waiting {left:.0f} s, until every container knows it"
                self._pause(left)
        yield self._stack.output("WebhookUrlTemplate").replace("{secret}", held.current)

    def finish(self, *, force: bool) -> Iterator[str]:
        """End the old URL. Raises StackError while callbacks may still come to it."""
        held = self._replacing()
        refuse(list(_reasons_to_wait(held, self._came(held))), force=force)
        self._replace(held, UrlSecrets(held.current))
        yield f"the old URL is ended; a container may remember it for {_minutes(KEEP)} minutes"

    def cancel(self, *, force: bool) -> Iterator[str]:
        """End the new URL and keep the old. Raises StackError if callbacks may come to the new."""
        held = self._replacing()
        refuse(list(_reasons_to_keep_the_new(self._came(held))), force=force)
        self._replace(held, UrlSecrets(held.previous or ""))
        yield "the new URL is ended; the old one is as it was"

    def _replacing(self) -> UrlSecrets:
        held = self._read()
        if not held.previous:
            raise StackError("nothing is under way: `rotate webhook-secret begin` starts it")
        return held

    def _replace(self, read: UrlSecrets, by: UrlSecrets) -> None:
        """Write what the secret is to hold, unless somebody else has since it was read."""
        # Secrets Manager moves a label only from the version that is named. So of two who began at
        # once, one is refused, and the new URL of the other stays as it was told.
        written = self._client.put_secret_value(
            SecretId=self._id, SecretString=by.to_json(), VersionStages=[ON_TRIAL]
        )
        try:
            self._client.update_secret_version_stage(
                SecretId=self._id,
                VersionStage=IN_USE,
                MoveToVersionId=written["VersionId"],
                RemoveFromVersionId=read.version,
            )
        except ClientError as error:
            raise StackError(
                "nothing was changed: somebody else was replacing it at the same time "
                f"({error.response['Error']['Code']}); see status"
            ) from error

    def _read(self) -> UrlSecrets:
        answer = self._client.get_secret_value(SecretId=self._id, VersionStage=IN_USE)
        values: dict[str, Any] = json.loads(answer["SecretString"])
        held = UrlSecrets(
            current=values["current"],
            previous=values.get("previous"),
            began_at=read_time(values.get("began_at")),
            finish_after=read_time(values.get("finish_after")),
            version=answer["VersionId"],
        )
        # One that was begun by hand has no times: it began when it was written.
        began = held.began_at or answer["CreatedDate"]
        return replace(held, began_at=began, finish_after=held.finish_after or began)

    def _came(self, held: UrlSecrets) -> Counts:
        start = max(held.began_at or now(), now() - _METRICS_KEPT)
        return Counts(
            old=self._counted("CallbackOldUrl", start),
            new=self._counted("CallbackNewUrl", start),
            deferred=self._counted("CallbackDeferred", start),
        )

    def _counted(self, metric: str, start: datetime) -> Came:
        # At most 1,440 values in one answer; those of a minute are kept for 15 days.
        age = (now() - start).total_seconds()
        period = next(each for each in _PERIODS if age < each * _MOST_VALUES)
        answer = boto3.client("cloudwatch").get_metric_statistics(
            Namespace="FinConnect",
            MetricName=metric,
            Dimensions=[{"Name": "service", "Value": f"{self._stack.name}-webhook"}],
            StartTime=datetime.fromtimestamp(start.timestamp() // period * period, UTC),
            # At the first second of a minute, a beginning of just now would be the end as well.
            EndTime=now() + timedelta(seconds=1),
            Period=period,
            Statistics=["Sum"],
        )
        points = [point for point in answer["Datapoints"] if point["Sum"]]
        last = max((point["Timestamp"] for point in points), default=None)
        end = min(last + timedelta(seconds=period), now()) if last else None
        return Came(int(sum(point["Sum"] for point in points)), end)


def _reasons_to_wait(held: UrlSecrets, came: Counts) -> Iterator[str]:
    old, new, deferred = came.old, came.new, came.deferred
    if held.finish_after and now() < held.finish_after:
        yield f"the overlap lasts until {shown(held.finish_after)}"
    if not new.last:
        yield "no callback has come to the new URL"
    elif old.last and old.last >= new.last:
        # AzamPay has not switched, or has switched back: the quiet since then has another cause.
        yield "the last callback came to the old URL"
    if old.last and now() - old.last < QUIET:
        yield f"a callback came to the old URL at about {shown(old.last)}, less than a day ago"
    if deferred.last and now() - deferred.last < QUIET:
        yield f"{_MAY_BE_THERE.format(shown(deferred.last))} the old URL"


def _reasons_to_keep_the_new(came: Counts) -> Iterator[str]:
    if came.new.count:
        yield f"the new URL has had {came.new}"
    if came.deferred.last:
        yield f"{_MAY_BE_THERE.format(shown(came.deferred.last))} the new URL"


def _shown(moment: datetime | None) -> str:
    return shown(moment) if moment else "a time that is not known"


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
