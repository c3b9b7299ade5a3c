"""What one simulator is started with."""

import ipaddress
import math
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit


class KeyForm(StrEnum):
    """How the public key is written at the authenticator's path; no evidence says which is real."""

    PEM = "pem"
    JSON = "json"
    ESCAPED_JSON = "escaped-json"


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one simulator. All times are in seconds.

    With ``auto_approve`` the numbers that are not in the table approve by themselves after so many
    seconds; without it their phones on the page ask.

    Raises ValueError for a host that is not loopback unless ``allow_remote`` is set, for a
    callback URL that is not absolute HTTP, and for a negative time.
    """

    host: str = "127.0.0.1"
    port: int = 0
    allow_remote: bool = False
    callback_url: str | None = field(default=None, repr=False)
    callback_delay: float = 4.0
    auto_approve: float | None = None
    callback_retries: bool = True
    retry_delays: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)
    callback_timeout: float = 30.0
    seed: int | None = None
    app_name: str = "finconnect-local"
    client_id: str = "finconnect-local-client"
    client_secret: str = field(default="finconnect-local-secret", repr=False)
    api_key: str | None = field(default=None, repr=False)
    token_lifetime: float = 3600.0
    signed: bool = True
    slow_approval: float = 5.0
    slow_answer: float = 60.0
    authenticator_key_form: KeyForm = KeyForm.PEM

    def __post_init__(self) -> None:
        if not self.allow_remote and not is_loopback(self.host):
            raise ValueError(
                f"{self.host} can be reached from other machines; --allow-remote permits that"
            )
        if self.callback_url is not None:
            check_callback_url(self.callback_url)
        durations = (
            self.callback_delay,
            self.callback_timeout,
            self.token_lifetime,
            self.slow_approval,
            self.slow_answer,
            *self.retry_delays,
            *([] if self.auto_approve is None else [self.auto_approve]),
        )
        # Not a number compares as neither; infinity would never come.
        if not all(0 <= seconds < math.inf for seconds in durations):
            raise ValueError("a time in seconds is a number and cannot be negative")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_callback_url(url: str) -> str:
    """Return ``url``, or raise ValueError if it is not an absolute http(s) URL.

    The error never quotes the URL: it holds the webhook's secret.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        usable = False
    if not usable or any(c.isspace() for c in url):
        raise ValueError("the callback URL must be absolute and begin with http:// or https://")
    return url
