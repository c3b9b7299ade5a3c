"""Access tokens: issued, checked, expired, refused."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulator.ids import Clock, utc_now

# The header of an encrypted JWE, which AzamPay's token may be (CODE). What follows is noise, so a
# client that tries to read claims out of the token gets nothing.
_JWE_HEADER = base64.urlsafe_b64encode(b'{"alg":"dir","enc":"A256GCM"}').rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and the moment from which it is refused."""

    value: str = field(repr=False)
    expires_at: datetime

    @property
    def expire(self) -> str:
        """``expires_at`` as AzamPay writes it: ISO-8601 with seven fraction digits and Z (LOG)."""
        # .NET counts in ticks of 100 ns; the last digit is one that a microsecond parser lacks.
        return self.expires_at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "7Z"


def fingerprint(value: str) -> str:
    """The first 12 hexadecimal digits of a token's SHA-256: tells tokens apart, reveals none."""
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()[:12]


class TokenOffice:
    """Issues tokens that live ``lifetime`` seconds, and knows which still count."""

    def __init__(self, lifetime: float, clock: Clock = utc_now) -> None:
        self._lifetime = timedelta(seconds=lifetime)
        self._clock = clock
        self._valid: dict[str, Token] = {}

    def issue(self) -> Token:
        """A new token; those issued before stay valid."""
        noise = (secrets.token_urlsafe(size) for size in (12, 420, 16))
        iv, ciphertext, tag = noise
        value = f"{_JWE_HEADER}..{iv}.{ciphertext}.{tag}"
        token = Token(value, self._clock() + self._lifetime)
        self._valid[value] = token
        return token

    def is_valid(self, value: str) -> bool:
        """Whether the token was issued here, is not revoked, and has not expired."""
        token = self._valid.get(value)
        return token is not None and self._clock() < token.expires_at

    def revoke(self, value: str) -> None:
        """Refuse this token from now on."""
        self._valid.pop(value, None)

    def expire_all(self) -> int:
        """Refuse every token issued so far; returns how many there were."""
        count = len(self._valid)
        self._valid = {}
        return count
