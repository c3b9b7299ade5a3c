"""Decide whether a callback is believed, with the keys at hand or, rarely, a key fetched anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, NoReturn, Protocol

from finconnect.errors import PublicKeyError
from finconnect.payments.errors import SignatureRefused, StoreUnavailable, VerificationUnavailable
from finconnect.payments.model import Verification
from finconnect.payments.telemetry import Fact, Telemetry, about
from finconnect.providers.base import Callback, CallbackReader, Verdict

FRESH: Final = timedelta(seconds=30)
"""How long a fetched key can be held against a signature. Short, because the provider may have
changed its key since: a callback by a newer one must not be refused. Not zero, so that a burst of
garbage is refused by the key that its first one fetched, and does not fill the queue."""


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

    def are_fresh(self) -> bool:
        """Whether what was read last holds a key that the provider gave out seconds ago."""
        ...


class FetchState(StrEnum):
    """How it stands with fetching the key anew, for a caller that would like to."""

    DUE = "due"
    """The caller may fetch, and nobody else may for a while."""
    FETCHED = "fetched"
    """It was fetched seconds ago: a signature that still does not verify is forged."""
    UNSETTLED = "unsettled"
    """Nobody may fetch, and the last fetch is under way, has failed, or is older than seconds: a
    signature that does not verify may be by a key that is newer still."""


class KeyFetching(Protocol):
    """Fetching the provider's key anew, at most once in a while for the whole stack."""

    def claim(self) -> FetchState:
        """Ask for the right to fetch; of many at once one gets it. Raises StoreUnavailable."""
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

    def __call__(self, callback: Callback) -> Verification:
        """Verify a callback whose URL secret was right.

        Raises SignatureRefused for one that must not be believed, VerificationUnavailable where
        no key can tell by now, StoreUnavailable.
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
            **about(callback),
            hint="if AzamPay does not sign your callbacks, deploy with UnsignedCallbacks=accept",
        )
        raise SignatureRefused("the callback is not signed")

    def _with_a_fresh_key(self, callback: Callback) -> Verification:
        # The provider may have changed its key. Asking for it is the only call that a callback can
        # cause, so it is rationed: garbage must not make us hammer the provider. Only a key that
        # was fetched just now can tell a forgery from a callback by a newer key.
        state = self.fetching.claim()
        if state is FetchState.DUE:
            state = FetchState.FETCHED if self._fetched() else FetchState.UNSETTLED
        keys = self.keys.reread(force=state is FetchState.FETCHED)
        if self._is_signed(callback, keys):
            return Verification.SIGNATURE
        # The store may still give out what it held before the fetch: that refutes nothing.
        if state is not FetchState.FETCHED or not keys or not self.keys.are_fresh():
            self._give_up(callback)
        self.telemetry.tell(Fact.CALLBACK_FORGED, **about(callback))
        raise SignatureRefused("the signature does not verify")

    def _fetched(self) -> bool:
        try:
            return self.fetching.fetch()
        except StoreUnavailable:
            return False

    def _is_signed(self, callback: Callback, keys: Sequence[str]) -> bool:
        return any(self._is_signed_by(callback, key) for key in keys)

    def _is_signed_by(self, callback: Callback, key: str) -> bool:
        try:
            return self.reader.verify_callback(callback, key) is Verdict.SIGNED
        except PublicKeyError as error:
            # Somebody has put it there by hand. It proves nothing, and a usable one may be next.
            self.telemetry.tell(Fact.KEY_UNAVAILABLE, reason=str(error))
            return False

    def _give_up(self, callback: Callback) -> NoReturn:
        self.telemetry.tell(Fact.CALLBACK_UNVERIFIABLE, **about(callback))
        raise VerificationUnavailable("there is no key that could tell by now")
