"""Ways to believe a callback without looking."""

from __future__ import annotations

from finconnect.payments.model import Verification
from finconnect.providers.base import Callback


def believe(callback: Callback) -> Verification:
    """As if the signature were right."""
    return Verification.SIGNATURE
