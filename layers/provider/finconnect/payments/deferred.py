"""Callbacks that can be neither believed nor refused yet: kept in a queue, and tried again."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from finconnect.clock import from_iso, to_iso
from finconnect.payments.model import Disposition, Received, Verification, receive
from finconnect.payments.schema import BEFORE_THERE_WERE_VERSIONS, WRITTEN, require_understood
from finconnect.providers.base import Callback, CallbackReader

DEFAULT_DELAYS: Final = (60, 300, 900, 3600)
"""Seconds before each further try to verify. After the last the dead-letter queue takes it."""

LONGEST_DELAY: Final = 43_000
"""SQS holds a received message back for 43,200 seconds at most, counted from its receipt, and
refuses more: then the message would come back after its usual time-out and use its tries up. What
is left below that is for the work on it."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """A callback that waits to be verified, as it travels through the queue.

    ``body`` is the callback without the fields that may carry secrets; ``digest`` is that of the
    body as it came, so that the same callback has one place in the inbox, early or late. ``trace``
    is the ``Traceparent`` header that it came with: the one header to quote to AzamPay's support.
    """

    provider: str
    body: str
    digest: str
    received_at: datetime
    trace: str | None = None

    def to_json(self) -> str:
        """Write it as a queue message."""
        return json.dumps(
            {
                "schema": WRITTEN,
                "provider": self.provider,
                "body": self.body,
                "digest": self.digest,
                "received_at": to_iso(self.received_at),
                "trace": self.trace,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Deferred:
        """Read a queue message.

        Raises ValueError or KeyError for one that is not ours; NotUnderstood for one that a newer
        release wrote, which then stays in the queue.
        """
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("a message that is not a JSON object")  # noqa: TRY004
        require_understood(values.get("schema", BEFORE_THERE_WERE_VERSIONS))
        received_at = from_iso(values["received_at"])
        trace = values.get("trace")
        return cls(values["provider"], values["body"], values["digest"], received_at, trace)


class DeferredCallbacks(Protocol):
    """Where callbacks wait."""

    def put(self, deferred: Deferred) -> None:
        """Keep a callback for a later try. Raises StoreUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class RecordDeferredCallback:
    """Tries a waiting callback again; verified late, it takes the path of one verified at once.

    It was answered 200, so it is never dropped: the key that would have proved it may have been
    replaced while it waited, and then only a person can tell it from a forgery.
    """

    reader: CallbackReader
    verify: Callable[[Callback], Verification]
    record: Callable[[Received], Disposition]

    def __call__(self, deferred: Deferred) -> Disposition:
        """Verify and record.

        Raises SignatureRefused, VerificationUnavailable, TooManyHeld, StoreUnavailable or
        LedgerUnavailable, and CallbackError for a message that is no callback. Whatever it is, the
        message must be kept and given again.
        """
        parsed = self.reader.parse_callback(deferred.body.encode())
        callback = replace(parsed, digest=deferred.digest)
        verification = self.verify(callback)
        return self.record(
            receive(deferred.provider, callback, verification, lambda: deferred.received_at)
        )


def delay_after(received: int, age: float, delays: Sequence[int]) -> int:
    """Whole seconds until the next try of a message that is ``age`` seconds old and failed again.

    ``received`` counts its receives, from 1; the first delay was waited before the first. A receive
    whose invocation was throttled or died is counted by the queue, and was no try: so once the
    delays are used up, what is left of their sum is waited, and only then is the message due at
    once, for the queue to move it to the dead-letter queue.
    """
    if received < len(delays):
        return min(delays[received], LONGEST_DELAY)
    return min(max(0, math.ceil(sum(delays) - age)), LONGEST_DELAY)
