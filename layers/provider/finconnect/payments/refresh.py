"""Who may have token and key refreshed, and what is done for each."""

from __future__ import annotations

from dataclasses import dataclass

from finconnect.errors import AuthenticationError
from finconnect.payments.refresh_key import RefreshPublicKey
from finconnect.payments.refresh_token import RefreshToken, TryCredentials
from finconnect.payments.refreshed import Refreshed


@dataclass(frozen=True, slots=True)
class RefreshRequest:
    """Who asks: the schedule (nothing set), payments, the webhook, or a person.

    payments names a refused token, the webhook wants a new key, and a person has new credentials:
    ``try_credentials`` is the version of the credentials secret that is to be tried.
    """

    refused_token: str | None = None
    refetch_public_key: bool = False
    try_credentials: str | None = None


@dataclass(frozen=True, slots=True)
class Refresh:
    """What the token_refresh function does, whoever asks."""

    token: RefreshToken
    public_key: RefreshPublicKey
    try_credentials: TryCredentials

    def __call__(self, request: RefreshRequest) -> dict[str, str]:
        """Refresh what is asked for. Raises AuthenticationError, StoreUnavailable."""
        if request.try_credentials is not None:
            return self.try_credentials(request.try_credentials)
        if request.refused_token is not None:
            # A payment waits for this answer: the key can wait for the schedule.
            token = self.token(request.refused_token)
            return {"token": token, "public_key": Refreshed.CURRENT}
        if request.refetch_public_key:
            # A callback waits for this one. The stored token will do; if it is due, it is renewed.
            return {"token": Refreshed.CURRENT, "public_key": self.public_key(force=True)}
        try:
            token = self.token()
        except AuthenticationError:
            self.public_key()
            raise
        return {"token": token, "public_key": self.public_key()}
