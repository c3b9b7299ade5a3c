"""Take a callback in: believed only if it must be, kept before it is acknowledged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from finconnect.clock import Clock, utc_now
from finconnect.errors import CallbackError
from finconnect.payments.correlation import correlate
from finconnect.payments.decisions import decide_callback
from finconnect.payments.deferred import Deferred, DeferredCallbacks
from finconnect.payments.errors import (
    MAX_BODY_BYTES,
    ConcurrentChange,
    DuplicateCallback,
    LedgerUnavailable,
    PayloadTooLarge,
    StoreUnavailable,
    TooManyHeld,
    UnknownUrl,
    VerificationUnavailable,
)
from finconnect.payments.events import NewIds, new_ids
from finconnect.payments.model import (
    Change,
    Disposition,
    Payment,
    PaymentKey,
    Received,
    Verification,
    receive,
)
from finconnect.payments.telemetry import Fact, Telemetry, about, tell_change
from finconnect.providers.base import Callback, CallbackReader
from finconnect.text import traceparent

MAX_TRIES: Final = 10


class CallbackLedger(Protocol):
    """What this use case needs of the ledger."""

    def load(self, key: PaymentKey) -> Payment | None:
        """The payment as it is now, or None. Raises LedgerUnavailable."""
        ...

    def commit(self, change: Change) -> None:
        """Write a change whole. Raises ConcurrentChange, DuplicateCallback, LedgerUnavailable."""
        ...


class Url(Enum):
    """Which URL a callback came to: the only one, or one of two while the secret is replaced."""

    ONLY = "only"
    NEW = "new"
    OLD = "old"


_FACT_OF: Final = {Url.NEW: Fact.CALLBACK_NEW_URL, Url.OLD: Fact.CALLBACK_OLD_URL}


class UrlSecret(Protocol):
    """The secret that is part of the callback URL."""

    def matches(self, presented: str) -> Url | None:
        """The URL that it opens, or None; compared in constant time. Raises StoreUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class RecordCallback:
    """Checks, verifies and records a callback. When it returns, the callback is kept."""

    provider_name: str
    reader: CallbackReader
    url_secret: UrlSecret
    verify: Callable[[Callback], Verification]
    deferred: DeferredCallbacks
    ledger: CallbackLedger
    telemetry: Telemetry
    clock: Clock = utc_now
    ids: NewIds = new_ids

    def __call__(self, body: bytes, presented_secret: str, trace: str | None = None) -> Disposition:
        """Take in a raw callback that was posted to a URL with ``presented_secret``.

        A callback that can be neither believed nor refused goes to the queue. Raises
        PayloadTooLarge, CallbackError, UnknownUrl, SignatureRefused; and where it could not be
        kept: StoreUnavailable, LedgerUnavailable.
        """
        callback = self._parse(body)
        url = self.url_secret.matches(presented_secret)
        if url is None:
            self.telemetry.tell(Fact.CALLBACK_WRONG_URL, **about(callback))
            raise UnknownUrl("no such URL")
        try:
            verification = self.verify(callback)
            disposition = self.record(
                receive(self.provider_name, callback, verification, self.clock)
            )
        except (VerificationUnavailable, TooManyHeld):
            return self._defer(callback, trace)
        except (StoreUnavailable, LedgerUnavailable):
            # The answer asks for it again, but nobody knows whether AzamPay sends one again: so it
            # waits in the queue as well. Kept twice, it still has one place in the inbox.
            self._defer(callback, trace)
            raise
        self._tell_url(url, verification, disposition)
        return disposition

    def record(self, callback: Received) -> Disposition:
        """Decide what a believed callback does, and write it.

        Raises LedgerUnavailable, TooManyHeld.
        """
        correlate(payment=str(callback.key))
        for _ in range(MAX_TRIES):
            payment = self.ledger.load(callback.key)
            change = decide_callback(payment, callback, now=self.clock(), ids=self.ids)
            try:
                self.ledger.commit(change)
            except ConcurrentChange:
                continue
            except DuplicateCallback:
                self.telemetry.tell(
                    Fact.CALLBACK_DUPLICATE, payment=str(callback.key), digest=callback.digest
                )
                return Disposition.DUPLICATE
            tell_change(self.telemetry, change)
            return change.received.disposition if change.received else Disposition.IGNORED
        raise LedgerUnavailable("the payment keeps changing")

    def _tell_url(self, url: Url, verification: Verification, disposition: Disposition) -> None:
        # A person ends the old URL by these counts. So only what was the first to settle a payment
        # is counted: a copy of that, even one changed where nothing is signed, is not. What is held
        # was compared with nothing yet, and counts by its signature.
        is_signed = verification is Verification.SIGNATURE
        is_first = disposition is Disposition.APPLIED or (
            disposition is Disposition.HELD and is_signed
        )
        if is_first and url in _FACT_OF:
            self.telemetry.tell(_FACT_OF[url])

    def _defer(self, callback: Callback, trace: str | None) -> Disposition:
        shown = traceparent(trace)
        self.deferred.put(
            Deferred(self.provider_name, callback.retained, callback.digest, self.clock(), shown)
        )
        self.telemetry.tell(Fact.CALLBACK_DEFERRED, trace=shown, **about(callback))
        return Disposition.DEFERRED

    def _parse(self, body: bytes) -> Callback:
        if len(body) > MAX_BODY_BYTES:
            raise PayloadTooLarge(f"the body has more than {MAX_BODY_BYTES} bytes")
        try:
            return self.reader.parse_callback(body)
        except CallbackError as error:
            self.telemetry.tell(Fact.CALLBACK_HOSTILE, reason=str(error), bytes=len(body))
            raise
