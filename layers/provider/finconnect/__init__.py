"""FinConnect: one way to reach several East African payment providers.

Two halves that do not mix: ``finconnect.providers`` knows HTTP and cryptography and nothing of AWS;
``finconnect.payments`` knows the ledger, the events and AWS and nothing of any one provider.

``from finconnect import FintechSDK`` is all that a program outside AWS needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finconnect.sdk import FintechSDK

__all__ = ["FintechSDK"]


def __getattr__(name: str) -> object:
    # Imported on first use: the webhook and the relay never talk HTTP and should not pay for httpx
    # on every cold start.
    if name == "FintechSDK":
        from finconnect.sdk import FintechSDK  # noqa: PLC0415 (the reason is above)

        return FintechSDK
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
