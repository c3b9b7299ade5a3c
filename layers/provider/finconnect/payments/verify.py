"""Decide whether a callback is believed, with the keys at hand or, rarely, a key fetched anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn, Protocol

from finconnect.clock import Clock, utc_now
from finconnect.payments.errors import SignatureRefused, StoreUnavailable, VerificationUnavailable
from finconnect.payments.model import Verification
from finconnect.payments.telemetry import Fact, Telemetry
from finconnect.providers.base import Callback, CallbackReader, Verdict


class UnsignedCallbacks(StrEnum):
    """What to do with a callback that carries no signature."""

    REJECT = "reject"
    ACCEPT = "accept"


class PublicKeys(Protocol):
    """The keys that callbacks may be signed with."""

    def keys(self) -> Sequence[str]:
        """The current key and the previous one, if there are any. Raises StoreUnavailable."""
        ...

    def reread(self, *, force: bool = False) -> Sequence[str]:
        """The same, read from the store now; without ``force`` not if it was a moment ago."""
        ...


class KeyFetching(Protocol):
    """Fetching the provider's key anew, at most once in a while for the whole stack."""

    def is_due(self) -> bool:
        """Whether this caller may fetch now; of many callers at once one is told yes."""
        ...

    def fetch(self) -> bool:
        """Have the key fetched. Returns whether the provider gave one. Raises StoreUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class VerifyCallback:
    """Says why a callback is believed, or raises."""

    reader: CallbackReader
    keys: PublicKeys
    fetching: KeyFetching
    unsigned: UnsignedCallbacks
    telemetry: Telemetry
    clock: Clock = utc_now

    def __call__(self, callback: Callback) -> Verification:
        """Verify a callback whose URL secret was right.

        Raises SignatureRefused for one that must not be believed, VerificationUnavailable where
        there is no key to tell by, StoreUnavailable.
        """
        if callback.signature is None:
            return self._unsigned(callback)
        if self._is_signed(callback, self.keys.keys()) or self._is_signed(
            callback, self.keys.reread()
        ):
            return Verification.SIGNATURE
        return self._with_a_fresh_key(callback)

    def _unsigned(self, callback: Callback) -> Verification:
        if self.unsigned is UnsignedCallbacks.ACCEPT:
            return Verification.URL_SECRET
        self.telemetry.tell(
            Fact.CALLBACK_UNSIGNED,
            digest=callback.digest,
            hint="if AzamPay does not sign your callbacks, deploy with UnsignedCallbacks=accept",
        )
        raise SignatureRefused("the callback is not signed")

    def _with_a_fresh_key(self, callback: Callback) -> Verification:
        # The provider may have changed its key. Asking for it is the only call that a callback can
        # cause, so it is rationed: garbage must not make us hammer the provider.
        due = self.fetching.is_due()
        if due and not self._fetched():
            self._give_up(callback)
        keys = self.keys.reread(force=due)
        if self._is_signed(callback, keys):
            return Verification.SIGNATURE
        if not keys:
            self._give_up(callback)
        self.telemetry.tell(Fact.CALLBACK_FORGED, digest=callback.digest)
        raise SignatureRefused("the signature does not verify")

    def _fetched(self) -> bool:
        try:
            return self.fetching.fetch()
        except StoreUnavailable:
            return False

    def _is_signed(self, callback: Callback, keys: Sequence[str]) -> bool:
        return any(self.reader.verify_callback(callback, key) is Verdict.SIGNED for key in keys)

    def _give_up(self, callback: Callback) -> NoReturn:
        self.telemetry.tell(Fact.CALLBACK_UNVERIFIABLE, digest=callback.digest)
        raise VerificationUnavailable("there is no key to verify the signature with")
