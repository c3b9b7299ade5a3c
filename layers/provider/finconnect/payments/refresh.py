"""Keep the provider's token and its public key fresh, asking the provider as seldom as possible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from finconnect.clock import Clock, utc_now
from finconnect.errors import AuthenticationError, PublicKeyError
from finconnect.payments.errors import StoreUnavailable
from finconnect.payments.telemetry import Fact, Telemetry
from finconnect.providers.base import AccessToken, TokenSource, fingerprint

WRITE_INTERVAL: Final = timedelta(minutes=10)
"""The least time between two writes of the token, unless it was refused or is out. Secrets Manager
asks for no more than one in ten minutes, sustained."""
KEY_LIFETIME: Final = timedelta(hours=24)
"""DOC: the key may be kept for about 24 hours."""
PREVIOUS_KEY_LIFETIME: Final = timedelta(hours=48)
"""Longer than any callback waits in the queue; a key that was replaced for a leak ends with it."""


class Refreshed(StrEnum):
    """What came of a refresh."""

    REFRESHED = "refreshed"
    CURRENT = "current"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class RefreshRequest:
    """Who asks: the schedule (nothing set), payments, the webhook, or a person.

    payments names a refused token, the webhook wants a new key, and a person has new credentials.
    """

    refused_token: str | None = None
    refetch_public_key: bool = False
    try_credentials: bool = False


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


class TokenStore(Protocol):
    """Where the stack keeps the token."""

    def read(self) -> AccessToken | None:
        """The stored token, or None before the first. Raises StoreUnavailable."""
        ...

    def write(self, token: AccessToken) -> None:
        """Replace the stored token. Raises StoreUnavailable."""
        ...


class KeyStore(Protocol):
    """Where the stack keeps the public keys."""

    def read(self) -> KeyRing:
        """The stored keys, an empty ring before the first. Raises StoreUnavailable."""
        ...

    def write(self, ring: KeyRing) -> None:
        """Replace the stored keys. Raises StoreUnavailable."""
        ...


class RefreshingProvider(Protocol):
    """The part of a provider that gives tokens and keys."""

    def authenticate(self) -> AccessToken:
        """Ask the provider for a token. Raises AuthenticationError."""
        ...

    def get_public_key(self) -> str:
        """Fetch the PEM key of callback signatures. Raises PublicKeyError."""
        ...


class RefreshToken:
    """Refreshes the stored token, unless it is good. Also the token source of the key's request."""

    def __init__(
        self,
        provider: RefreshingProvider,
        store: TokenStore,
        telemetry: Telemetry,
        clock: Clock = utc_now,
    ) -> None:
        self._provider = provider
        self._store = store
        self._telemetry = telemetry
        self._clock = clock

    def __call__(self, refused_token: str | None = None) -> Refreshed:
        """Refresh if the stored token is the refused one, or has less than half its life left.

        One that is younger than ten minutes is refreshed only if it is refused or out.

        ``refused_token`` is a fingerprint. A caller whose refused token is no longer the stored one
        is told CURRENT: somebody else has refreshed it already. Raises AuthenticationError,
        StoreUnavailable; the stored token is then left in place.
        """
        stored = self._store.read()
        if stored is not None and self._is_good(stored, refused_token):
            self._telemetry.tell(Fact.TOKEN_CURRENT, expires_at=stored.expires_at.isoformat())
            self._measure(stored)
            return Refreshed.CURRENT
        try:
            token = self._provider.authenticate()
            self._store.write(token)
        except (AuthenticationError, StoreUnavailable) as error:
            self._telemetry.tell(Fact.TOKEN_REFRESH_FAILED, reason=str(error))
            self._measure(stored)
            raise
        self._telemetry.tell(Fact.TOKEN_REFRESHED, expires_at=token.expires_at.isoformat())
        self._measure(token)
        return Refreshed.REFRESHED

    def _measure(self, token: AccessToken | None) -> None:
        # Without any token, no time is left: the alarm on it must ring then, too.
        if token is None:
            self._telemetry.tell(Fact.TOKEN_MEASURED, seconds_left=0.0)
            return
        now = self._clock()
        self._telemetry.tell(
            Fact.TOKEN_MEASURED,
            age_seconds=(now - token.obtained_at).total_seconds(),
            seconds_left=(token.expires_at - now).total_seconds(),
        )

    def _is_good(self, stored: AccessToken, refused_token: str | None) -> bool:
        now = self._clock()
        if refused_token is not None:
            return fingerprint(stored.value) != refused_token and stored.expires_at > now
        if now - stored.obtained_at < WRITE_INTERVAL:
            return stored.is_usable(now)
        return stored.expires_at - now > (stored.expires_at - stored.obtained_at) / 2


class StoredTokens(TokenSource):
    """The stored token as a token source, refreshed where the provider refuses it."""

    def __init__(self, store: TokenStore, refresh: RefreshToken) -> None:
        self._store = store
        self._refresh = refresh

    def token(self) -> AccessToken:
        """The stored token. Raises AuthenticationError if there is none."""
        stored = self._store.read()
        if stored is None:
            raise AuthenticationError("there is no token yet")
        return stored

    def renew(self, refused: AccessToken) -> AccessToken:
        """A token other than the refused one. Raises AuthenticationError."""
        self._refresh(fingerprint(refused.value))
        return self.token()


@dataclass(frozen=True, slots=True)
class RefreshPublicKey:
    """Fetches the provider's public key and keeps the one before it."""

    provider: RefreshingProvider
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
        if ring.fetched_at is not None:
            age = self.clock() - ring.fetched_at
            self.telemetry.tell(Fact.KEY_MEASURED, age_seconds=age.total_seconds())


@dataclass(frozen=True, slots=True)
class TryCredentials:
    """Has a token made with credentials that are not in use yet, however young the present one."""

    authenticate: Callable[[], AccessToken]
    store: TokenStore
    telemetry: Telemetry

    def __call__(self) -> dict[str, str]:
        """Store the token that the new credentials bring; else leave all as it is, and say why.

        A refusal is an answer here and no failure: a person waits for it, the present credentials
        stay in use, and no alarm is to ring. Raises StoreUnavailable.
        """
        try:
            token = self.authenticate()
        except AuthenticationError as error:
            self.telemetry.tell(Fact.CREDENTIALS_NOT_TAKEN, reason=str(error))
            return {"token": Refreshed.UNAVAILABLE, "reason": str(error)}
        self.store.write(token)
        self.telemetry.tell(Fact.TOKEN_REFRESHED, expires_at=token.expires_at.isoformat())
        return {"token": Refreshed.REFRESHED}


@dataclass(frozen=True, slots=True)
class Refresh:
    """What the token_refresh function does, whoever asks."""

    token: RefreshToken
    public_key: RefreshPublicKey
    try_credentials: TryCredentials

    def __call__(self, request: RefreshRequest) -> dict[str, str]:
        """Refresh what is asked for. Raises AuthenticationError, StoreUnavailable."""
        if request.try_credentials:
            return self.try_credentials()
        if request.refused_token is not None:
            # A payment waits for this answer: the key can wait for the schedule.
            token = self.token(request.refused_token)
            return {"token": token, "public_key": Refreshed.CURRENT}
        if request.refetch_public_key:
            # A callback waits for this one. The stored token will do; if refused, it is renewed.
            return {"token": Refreshed.CURRENT, "public_key": self.public_key(force=True)}
        try:
            token = self.token()
        except AuthenticationError:
            self.public_key()
            raise
        return {"token": token, "public_key": self.public_key()}
