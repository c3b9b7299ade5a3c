"""Amounts of money: exact, never float."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_MAX_EXPONENT: Final = 20
# At most two decimals and no sign, exponent or separator: what a person would write on a receipt.
_AMOUNT: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,2})?", re.ASCII)


def parse_amount(value: object) -> Decimal | None:
    """Read an amount given as text or number, in the currency's main unit (shillings for TZS).

    Returns None for whatever is not a plain non-negative amount with at most two decimals:
    booleans, NaN, infinities, exponents in text, signs, separators.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, float | Decimal):
        # A float's repr is the shortest text that reads back as the same number.
        value = _plain(Decimal(repr(value)) if isinstance(value, float) else value)
    elif isinstance(value, int):
        value = str(value) if 0 <= value < 10**15 else ""
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        return None
    return Decimal(value)


def format_amount(amount: Decimal) -> str:
    """Write an amount as whole or two-decimal text: ``1000`` or ``1000.50``."""
    whole = amount == amount.to_integral_value()
    return f"{amount:.0f}" if whole else f"{amount:.2f}"


def _plain(number: Decimal) -> str:
    # Bounded before it is written out: 1E+400 would otherwise become 401 digits, or far more.
    if not number.is_finite() or abs(number.adjusted()) > _MAX_EXPONENT:
        return ""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
