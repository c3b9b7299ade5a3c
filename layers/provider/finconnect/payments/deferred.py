"""Callbacks that can be neither believed nor refused yet: kept in a queue, and tried again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from finconnect.clock import from_iso, to_iso
from finconnect.payments.errors import SignatureRefused
from finconnect.payments.model import Disposition, Received, Verification, receive
from finconnect.payments.schema import BEFORE_THERE_WERE_VERSIONS, WRITTEN, require_understood
from finconnect.providers.base import Callback, CallbackReader

DEFAULT_DELAYS: Final = (60, 300, 900, 3600)
"""Seconds before each further try to verify. After the last the dead-letter queue takes it."""


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
    """Tries a waiting callback again; verified late, it takes the path of one verified at once."""

    reader: CallbackReader
    verify: Callable[[Callback], Verification]
    record: Callable[[Received], Disposition]

    def __call__(self, deferred: Deferred) -> Disposition | None:
        """Verify and record. None means that it is forged, and done with.

        Raises VerificationUnavailable, StoreUnavailable or LedgerUnavailable, and then it must be
        given again; CallbackError for a message that is no callback.
        """
        parsed = self.reader.parse_callback(deferred.body.encode())
        callback = replace(parsed, digest=deferred.digest)
        try:
            verification = self.verify(callback)
        except SignatureRefused:
            return None
        return self.record(
            receive(deferred.provider, callback, verification, lambda: deferred.received_at)
        )


def delay_after(receive_count: int, delays: Sequence[int]) -> int:
    """Seconds until the next try, after a message was received ``receive_count`` times (from 1).

    The first delay was waited before the first try. After the last try the message is due at once,
    so that the queue moves it to the dead-letter queue without another wait.
    """
    return delays[receive_count] if receive_count < len(delays) else 0
