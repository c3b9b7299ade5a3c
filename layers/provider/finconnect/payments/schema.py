"""The version of what is written: items of the ledger, messages of the queue.

Several releases read the same items: while a deployment shifts traffic, after a rollback, and for
ever, since nothing in the ledger expires. So each item says by what it can be read, and nothing is
read by guessing.

- A value that older code may ignore needs no new version. Older code leaves it as it is: it writes
  only the values that it knows.
- A change that older code would misread raises ``WRITTEN``. It takes two releases: the first raises
  ``UNDERSTOOD``, and only when nothing older runs any more, the second raises ``WRITTEN``.
- What is newer than ``UNDERSTOOD`` is refused with NotUnderstood. The refusal is an error that is
  tried again, so it lasts until code that understands is back, and nothing is lost by it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from finconnect.payments.errors import NotUnderstood

WRITTEN: Final = 1
"""The version that this code writes."""

UNDERSTOOD: Final = 1
"""The newest version that this code reads."""

BEFORE_THERE_WERE_VERSIONS: Final = 1
"""What an item without a version counts as."""


def require_understood(version: object) -> None:
    """Return if this code can read what has this version. Raises NotUnderstood."""
    is_number = isinstance(version, int | Decimal) and not isinstance(version, bool)
    if not is_number or not 1 <= version <= UNDERSTOOD:  # type: ignore[operator]  # a number here
        raise NotUnderstood(f"schema {version!s:.20} is not understood, only 1 to {UNDERSTOOD}")
