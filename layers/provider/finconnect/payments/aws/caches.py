"""What a warm container keeps in memory: the token, the keys, the webhook secret."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from finconnect.clock import Clock, utc_now
from finconnect.errors import AuthenticationError
from finconnect.payments.aws.stores import read_secret
from finconnect.payments.errors import StoreUnavailable
from finconnect.payments.record_callback import Url
from finconnect.payments.refresh_key import KeyStore
from finconnect.payments.refresh_token import TokenStore
from finconnect.payments.telemetry import Fact, Telemetry
from finconnect.payments.verify import FRESH
from finconnect.providers.base import AccessToken, fingerprint

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEEP: Final = timedelta(minutes=5)
KEEP_IN_OUTAGE: Final = timedelta(hours=1)
"""How long the webhook's secret is believed by while Secrets Manager cannot be read. A genuine
callback that is refused may never come again; a secret that was ended must not live on for ever."""
RARELY: Final = timedelta(seconds=10)
"""The least time between two reads of the same store that hostile callers can cause."""

JUST_MADE: Final = timedelta(seconds=30)
"""A token that is younger was made while the payment waited for it: longer than a payment takes."""
PATIENCE: Final = timedelta(seconds=8)
"""How long to wait for a token that somebody else is refreshing."""

_URLS: Final = {"current": Url.NEW, "previous": Url.OLD}

type AskForRefresh = Callable[[str | None], bool]
"""Has the token refreshed; told the fingerprint of the refused one, if one was refused. Returns
False at once where another caller is doing it. Raises StoreUnavailable where a refresh failed."""


class CachedTokens:
    """The token for requests: from memory, else from the store, else refreshed by token_refresh."""

    def __init__(
        self,
        store: TokenStore,
        refresh: AskForRefresh,
        clock: Clock = utc_now,
        pause: Callable[[], None] = lambda: time.sleep(0.25),
        tell_in_vain: Callable[[str], None] = lambda _: None,
    ) -> None:
        """``pause`` is waited between two looks at a store that somebody else is about to write.

        ``tell_in_vain`` gets the fingerprint of a renewed token that was refused as well.
        """
        self._store = store
        self._refresh = refresh
        self._tell_in_vain = tell_in_vain
        self._clock = clock
        self._pause = pause
        self._current: AccessToken | None = None

    def token(self) -> AccessToken:
        """A token with at least a minute to live. Raises AuthenticationError."""
        if self._is_usable(self._current):
            return self._keep(self._current)
        stored = self._read()
        if self._is_usable(stored):
            return self._keep(stored)
        try:
            return self._keep(self._refreshed(None, self._is_usable))
        except AuthenticationError:
            # Its last minute is better than nothing: refused, it does no harm.
            if stored is None or stored.expires_at <= self._clock():
                raise
            return stored

    def renew(self, refused: AccessToken) -> AccessToken:
        """A token other than the refused one. Raises AuthenticationError if there is none."""
        stored = self._read()
        if stored is None or stored.value == refused.value:
            stored = self._refreshed(
                fingerprint(refused.value),
                lambda token: token is not None and token.value != refused.value,
            )
        if stored is not None and stored.value == refused.value:
            raise AuthenticationError("the token was refused, and there is no other")
        return self._keep(stored)

    def was_in_vain(self, renewed: AccessToken) -> None:
        """Be told that a renewed token was refused as well."""
        # Only of one that was made for it: one that lay in the store may have been revoked there.
        if self._clock() - renewed.obtained_at < JUST_MADE:
            self._tell_in_vain(fingerprint(renewed.value))

    def _keep(self, token: AccessToken | None) -> AccessToken:
        if token is None:
            raise AuthenticationError("there is no token yet: see the log of token_refresh")
        self._current = token
        return token

    def _is_usable(self, token: AccessToken | None) -> bool:
        return token is not None and token.is_usable(self._clock())

    def _read(self) -> AccessToken | None:
        try:
            return self._store.read()
        except StoreUnavailable as error:
            raise AuthenticationError(str(error)) from error

    def _refreshed(
        self, refused: str | None, is_good: Callable[[AccessToken | None], bool]
    ) -> AccessToken | None:
        deadline = self._clock() + PATIENCE
        try:
            while not self._refresh(refused):
                stored = self._read()
                if is_good(stored) or self._clock() > deadline:
                    return stored
                self._pause()
        except StoreUnavailable as error:
            # It counts as failed, also where only its answer was lost: the store knows better.
            stored = self._read()
            if is_good(stored):
                return stored
            raise AuthenticationError(str(error)) from error
        return self._read()


class CachedKeys:
    """The public keys, read again after five minutes or when a signature does not verify."""

    def __init__(self, store: KeyStore, clock: Clock = utc_now) -> None:
        self._store = store
        self._clock = clock
        self._keys: Sequence[str] = ()
        self._fetched_at: datetime | None = None
        self._read_at: datetime | None = None

    def keys(self) -> Sequence[str]:
        """The current key and the previous one, if there are any. Raises StoreUnavailable."""
        return self._keys if self._is_younger_than(KEEP) else self._read()

    def reread(self, *, force: bool = False) -> Sequence[str]:
        """The same, read now; without ``force`` not if it was read less than ten seconds ago."""
        return self._keys if not force and self._is_younger_than(RARELY) else self._read()

    def are_fresh(self) -> bool:
        """Whether what was read last was fetched from the provider less than half a minute ago."""
        return self._fetched_at is not None and self._clock() - self._fetched_at < FRESH

    def _read(self) -> Sequence[str]:
        ring = self._store.read()
        self._keys = ring.usable(self._clock())
        self._fetched_at = ring.fetched_at
        self._read_at = self._clock()
        return self._keys

    def _is_younger_than(self, age: timedelta) -> bool:
        return self._read_at is not None and self._clock() - self._read_at < age


class SecretsManagerUrlSecret:
    """The secret in the callback URL, compared in constant time.

    While the secret is being replaced there are two, and which of them opened is told: so a person
    knows when AzamPay has switched.

    Where it cannot be read, the one that was read last opens for an hour more. It opens only: what
    it does not fit may be a newer one, and is no wrong URL.
    """

    def __init__(
        self,
        client: SecretsManagerClient,
        secret_id: str,
        clock: Clock = utc_now,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._clock = clock
        self._telemetry = telemetry
        self._current: Sequence[tuple[Url, str]] = ()
        self._read_at: datetime | None = None
        self._failed_at: datetime | None = None

    def matches(self, presented: str) -> Url | None:
        """The URL that ``presented`` opens, or None.

        Raises StoreUnavailable where that cannot be said: nothing was ever read, or too long ago,
        or ``presented`` is not what was read before.
        """
        failure = None
        # In an outage each callback would wait for a read that fails: it is tried now and then.
        if not self._is_younger_than(KEEP) and not self._has_just_failed():
            failure = self._read()
        if self._is_younger_than(KEEP_IN_OUTAGE) and (opened := self._opened(presented)):
            return opened
        # It may have been changed a moment ago: a genuine callback must not get 404 for that.
        if failure is None and not self._is_younger_than(RARELY):
            failure = self._read()
            if failure is None and (opened := self._opened(presented)):
                return opened
        if failure is not None:
            raise failure
        return None

    def _opened(self, presented: str) -> Url | None:
        opened = [url for url, secret in self._current if self._is_same(presented, secret)]
        if not opened:
            return None
        if self._telemetry is not None and not self._is_younger_than(KEEP):
            self._telemetry.tell(Fact.URL_SECRET_REMEMBERED)
        return opened[0] if len(self._current) > 1 else Url.ONLY

    def _is_same(self, presented: str, secret: str) -> bool:
        return hmac.compare_digest(presented.encode(errors="surrogatepass"), secret.encode())

    def _has_just_failed(self) -> bool:
        return self._failed_at is not None and self._clock() - self._failed_at < RARELY

    def _read(self) -> StoreUnavailable | None:
        """Read it, and return why it could not be read, if so."""
        try:
            values = read_secret(self._client, self._secret_id)
        except StoreUnavailable as error:
            self._failed_at = self._clock()
            return error
        # AzamPay's staff register a new URL by hand, so the one before stays valid as long as
        # somebody leaves it in. An empty secret would be matched by an empty path: never.
        found = ((url, values.get(name)) for name, url in _URLS.items())
        self._current = [(url, text) for url, text in found if isinstance(text, str) and text]
        self._read_at = self._clock()
        return None

    def _is_younger_than(self, age: timedelta) -> bool:
        return self._read_at is not None and self._clock() - self._read_at < age
