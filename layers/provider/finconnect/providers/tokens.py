"""Tokens outside AWS: asked for when needed, kept in memory until shortly before they expire."""

from __future__ import annotations

import threading
from collections.abc import Callable

from finconnect.clock import Clock, utc_now
from finconnect.providers.base import AccessToken


class InMemoryTokens:
    """Authenticates on first use and again when the token is near its end or was refused."""

    def __init__(self, authenticate: Callable[[], AccessToken], *, clock: Clock = utc_now) -> None:
        self._authenticate = authenticate
        self._clock = clock
        self._current: AccessToken | None = None
        self._lock = threading.Lock()

    def token(self) -> AccessToken:
        """A token with at least a minute to live. Raises AuthenticationError."""
        with self._lock:
            current = self._current
            if current is None or not current.is_usable(self._clock()):
                current = self._current = self._authenticate()
            return current

    def renew(self, refused: AccessToken) -> AccessToken:
        """A token other than ``refused``; many threads that were refused at once ask only once."""
        with self._lock:
            if self._current is None or self._current.value == refused.value:
                self._current = self._authenticate()
            return self._current

    def was_in_vain(self, renewed: AccessToken) -> None:
        """Nothing is rationed here: a login that changes nothing costs nothing but itself."""
