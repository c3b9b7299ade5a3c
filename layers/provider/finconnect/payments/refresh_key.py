"""Keep the provider's public key fresh, and the one before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from finconnect.clock import Clock, utc_now
from finconnect.errors import AuthenticationError, PublicKeyError
from finconnect.payments.refreshed import Refreshed
from finconnect.payments.telemetry import Fact, Telemetry

KEY_LIFETIME: Final = timedelta(hours=24)
"""DOC: the key may be kept for about 24 hours."""
PREVIOUS_KEY_LIFETIME: Final = timedelta(hours=48)
"""Longer than any callback waits in the queue; a key that was replaced for a leak ends with it."""
NEVER_FETCHED: Final = timedelta(days=3)
"""The age that is measured while there is no key at all: more than the two days of the alarm."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The provider's current public key, the one before it, and when it was last fetched."""

    current: str | None = None
    previous: str | None = None
    fetched_at: datetime | None = None
    replaced_at: datetime | None = None

    def usable(self, now: datetime) -> tuple[str, ...]:
        """The keys that signatures are believed by: the previous one for two days, no longer."""
        keys = [self.current]
        if self.replaced_at is not None and now - self.replaced_at < PREVIOUS_KEY_LIFETIME:
            keys.append(self.previous)
        return tuple(key for key in keys if key)

    def with_key(self, pem: str, now: datetime) -> KeyRing:
        """The ring after ``pem`` was fetched: a new key pushes the current one back."""
        if pem == self.current:
            return replace(self, fetched_at=now)
        return KeyRing(pem, self.current, now, replaced_at=now if self.current else None)


class KeyStore(Protocol):
    """Where the stack keeps the public keys."""

    def read(self) -> KeyRing:
        """The stored keys, an empty ring before the first. Raises StoreUnavailable."""
        ...

    def write(self, ring: KeyRing) -> None:
        """Replace the stored keys. Raises StoreUnavailable."""
        ...


class GivesKeys(Protocol):
    """The part of a provider that gives public keys."""

    def get_public_key(self) -> str:
        """Fetch the PEM key of callback signatures. Raises PublicKeyError."""
        ...


@dataclass(frozen=True, slots=True)
class RefreshPublicKey:
    """Fetches the provider's public key and keeps the one before it."""

    provider: GivesKeys
    store: KeyStore
    telemetry: Telemetry
    clock: Clock = utc_now

    def __call__(self, *, force: bool = False) -> Refreshed:
        """Fetch the key if it is older than a day, or at once with ``force``.

        A provider without a key is no error here: without one, signed callbacks are not believed.
        Raises StoreUnavailable.
        """
        ring = self.store.read()
        now = self.clock()
        if not force and ring.fetched_at is not None and now - ring.fetched_at < KEY_LIFETIME:
            self._measure(ring)
            return Refreshed.CURRENT
        try:
            pem = self.provider.get_public_key()
        except (PublicKeyError, AuthenticationError) as error:
            self.telemetry.tell(Fact.KEY_UNAVAILABLE, reason=str(error))
            self._measure(ring)
            return Refreshed.UNAVAILABLE
        ring, changed = ring.with_key(pem, now), pem != ring.current
        self.store.write(ring)
        self.telemetry.tell(Fact.KEY_REFRESHED, changed=changed)
        self._measure(ring)
        return Refreshed.REFRESHED

    def _measure(self, ring: KeyRing) -> None:
        # Where none was ever fetched, no callback can be believed: the alarm must ring then, too.
        age = NEVER_FETCHED if ring.fetched_at is None else self.clock() - ring.fetched_at
        self.telemetry.tell(Fact.KEY_MEASURED, age_seconds=age.total_seconds())
