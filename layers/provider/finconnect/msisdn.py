"""Tanzanian phone numbers (MSISDN), and how they may be shown."""

from __future__ import annotations

import re
from typing import Final

# CODE: both forms work in practice; `+255…` is doubtful, so it is refused rather than guessed at.
_SHORTEST: Final = 10  # a shorter text would show more than it hides
_ACCEPTED: Final = re.compile(r"(?:255|0)([0-9]{9})", re.ASCII)


def normalise_msisdn(text: str) -> str | None:
    """Return ``255`` and nine digits for either accepted form of a number, else None."""
    found = _ACCEPTED.fullmatch(text)
    return f"255{found[1]}" if found else None


def mask_msisdn(msisdn: str) -> str:
    """Return the number as it may appear in logs and events: ``2557*****678``."""
    return f"{msisdn[:4]}*****{msisdn[-3:]}" if len(msisdn) >= _SHORTEST else "*****"
