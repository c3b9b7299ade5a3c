"""How long old and new are both valid while a secret is being replaced."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from finconnect.clock import from_iso, to_iso
from ops.stack import StackError

DEFAULT_HOURS: Final = 72
"""Over a weekend: somebody has to enter the new one by hand, at AzamPay or at the merchant's."""
QUIET: Final = timedelta(days=1)
"""For so long nobody may have used the old one before it is ended without ``--force``: a night
without payers, or a job that runs once a day, is not taken for the end."""


def now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)


def refuse(reasons: Sequence[str], *, force: bool) -> None:
    """Refuse to end something that is still in use. Raises StackError with every reason."""
    if reasons and not force:
        raise StackError(
            "nothing was changed: " + "; ".join(reasons) + ". --force does it all the same"
        )


def read_time(text: str | None) -> datetime | None:
    """A time as it was written down, or None where there is none. Raises ValueError."""
    return from_iso(text) if text else None


def shown(moment: datetime) -> str:
    """A time for a person: to the second, in UTC."""
    return to_iso(moment.replace(microsecond=0)).replace(".000000", "")
