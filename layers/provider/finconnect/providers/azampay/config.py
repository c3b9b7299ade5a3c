"""Where AzamPay is and who we are to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from finconnect.providers.http import Timeouts

TOKEN_PATH: Final = "/AppRegistration/GenerateToken"  # noqa: S105 (DOC; a path, no secret)
CHECKOUT_PATH: Final = "/azampay/mno/checkout"  # DOC

# DOC names the first; in August 2026 a PROBE got 404 there and found the second. Tried in turn.
CHECKOUT_KEY_PATH: Final = "/azampay/v1/public-key?format=Pem"
AUTHENTICATOR_KEY_PATH: Final = "/api/Token/PublicKey"


# API Gateway gives up after 29 seconds, and the sandbox is slow to answer: as long as that allows,
# because an answer that is not waited for leaves the payment unknown.
_CHECKOUT_TIMEOUTS: Final = Timeouts(connect=2.0, read=20.0, total=24.0)
_TIMEOUTS: Final = Timeouts(connect=2.0, read=6.0, total=8.0)


@dataclass(frozen=True, slots=True)
class AzampayConfig:
    """AzamPay's base URLs, and the credentials where they are needed.

    The credentials are needed only to authenticate: whoever gets its tokens elsewhere leaves them
    empty. ``api_key`` is sent as ``X-API-Key`` only if given: reports conflict on whether AzamPay
    wants it. ``checkout_timeouts.total`` is for a whole payment: token, tries and answer
    together. ``public_key_urls`` overrides where the key is looked for. ``status_path`` is
    empty unless AzamPay has told of a call that says how a payment stands. Raises ValueError for a
    base URL that is not one.
    """

    authenticator_url: str = ""
    checkout_url: str = ""
    app_name: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    api_key: str | None = field(default=None, repr=False)
    public_key_urls: Sequence[str] = ()
    status_path: str = ""
    checkout_timeouts: Timeouts = _CHECKOUT_TIMEOUTS
    timeouts: Timeouts = _TIMEOUTS

    def __post_init__(self) -> None:
        """Refuse a URL without scheme now, and not with the first payment."""
        for name in ("authenticator_url", "checkout_url"):
            url = getattr(self, name)
            if url != "" and not _is_base_url(url):
                raise ValueError(f"{name}: must be https://host (or http://host for a stand-in)")
        if isinstance(self.public_key_urls, str):
            raise ValueError("public_key_urls: must be a tuple of URLs")  # noqa: TRY004

    def authenticator(self, path: str) -> str:
        """The full URL of a path on the authenticator."""
        return self.authenticator_url.rstrip("/") + path

    def checkout(self, path: str) -> str:
        """The full URL of a path on the checkout host."""
        return self.checkout_url.rstrip("/") + path

    def key_urls(self) -> tuple[str, ...]:
        """Where to look for the public key, in order."""
        if self.public_key_urls:
            return tuple(self.public_key_urls)
        urls = []
        if self.checkout_url:
            urls.append(self.checkout(CHECKOUT_KEY_PATH))
        if self.authenticator_url:
            urls.append(self.authenticator(AUTHENTICATOR_KEY_PATH))
        return tuple(urls)


def _is_base_url(url: object) -> bool:
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        return False
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False
