"""AzamPay (Tanzania): mobile money by USSD push.

Facts about the protocol carry the grade of their source: LOG (traffic that a merchant logged),
PROBE (somebody called the live sandbox), DOC (AzamPay's own documents), CODE (what integrations
assume). Nothing here was ever checked against a live account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finconnect.providers.azampay.config import AzampayConfig
    from finconnect.providers.azampay.provider import AzampayProvider

__all__ = ["AzampayConfig", "AzampayProvider"]


def __getattr__(name: str) -> object:
    # On first use: the webhook imports this package for its callbacks, and needs no HTTP client.
    if name == "AzampayConfig":
        from finconnect.providers.azampay.config import AzampayConfig  # noqa: PLC0415

        return AzampayConfig
    if name == "AzampayProvider":
        from finconnect.providers.azampay.provider import AzampayProvider  # noqa: PLC0415

        return AzampayProvider
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
