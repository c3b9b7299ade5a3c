"""Keep the provider's token fresh, asking the provider as seldom as possible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from finconnect.clock import Clock, utc_now
from finconnect.errors import AuthenticationError
from finconnect.payments.errors import StoreUnavailable
from finconnect.payments.refreshed import Refreshed, Trial
from finconnect.payments.telemetry import Fact, Telemetry
from finconnect.providers.base import AccessToken, TokenSource, fingerprint

WRITE_INTERVAL: Final = timedelta(minutes=10)
"""The least time between two writes of the token, unless it was refused or is out. Secrets Manager
asks for no more than one in ten minutes, sustained."""


class TokenStore(Protocol):
    """Where the stack keeps the token."""

    def read(self) -> AccessToken | None:
        """The stored token, or None before the first. Raises StoreUnavailable."""
        ...

    def write(self, token: AccessToken) -> None:
        """Replace the stored token. Raises StoreUnavailable."""
        ...


class GivesTokens(Protocol):
    """The part of a provider that gives tokens."""

    def authenticate(self) -> AccessToken:
        """Ask the provider for a token. Raises AuthenticationError."""
        ...


class RefreshToken:
    """Refreshes the stored token, unless it is good. Also the token source of the key's request."""

    def __init__(
        self,
        provider: GivesTokens,
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
    """The stored token as the source for the key's request, which never wears it out.

    The key's addresses may refuse a token that is good for checkouts. So no refusal of theirs has a
    token made that is not due anyway: each would be a login, and a version of the secret.
    """

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
        """A token other than the refused one, if one is due. Raises AuthenticationError."""
        self._refresh()
        token = self.token()
        if token.value == refused.value:
            raise AuthenticationError("the token was refused, and no other is due")
        return token

    def was_in_vain(self, renewed: AccessToken) -> None:
        """Nothing is counted: no token was made for it."""


@dataclass(frozen=True, slots=True)
class TryCredentials:
    """Has a token made with credentials that are not in use yet, however young the present one.

    The answer has words of its own, and names the version that was tried: a release that does not
    know of trials, or a trial of something else, can not be taken for it.
    """

    authenticate: Callable[[str], AccessToken]
    store: TokenStore
    telemetry: Telemetry

    def __call__(self, version: str) -> dict[str, str]:
        """Store the token that this version brings; else leave all as it is, and say why.

        A refusal is an answer here and no failure: a person waits for it, the present credentials
        stay in use, and no alarm is to ring. Raises StoreUnavailable.
        """
        try:
            token = self.authenticate(version)
        except AuthenticationError as error:
            self.telemetry.tell(Fact.CREDENTIALS_NOT_TAKEN, reason=str(error))
            return {"trial": Trial.REFUSED, "version": version, "reason": str(error)}
        self.store.write(token)
        self.telemetry.tell(Fact.TOKEN_REFRESHED, expires_at=token.expires_at.isoformat())
        return {"trial": Trial.TAKEN, "version": version}
