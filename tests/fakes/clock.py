"""Time and ids that only move when they are asked to."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


class FakeClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        """Move on, by what ``timedelta`` takes: ``minutes=5``."""
        self.now += timedelta(**delta)


class FakeIds:
    """Ids in ascending order, of the length of a ULID."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def __call__(self, count: int) -> Sequence[str]:
        # next() on a count is atomic, so threads never get the same id.
        return [f"{next(self._numbers):026d}" for _ in range(count)]
