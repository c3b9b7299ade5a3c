"""One clock for everything: the functions, the provider, the emulated AWS, and all waiting."""

from __future__ import annotations

import itertools
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Self, override

import moto.sqs.models

import finconnect.clock
import finconnect.payments.events
import finconnect.providers.azampay.provider
import simulator.ids
from finconnect.providers.retry import ConnectRetry
from tests.fakes.clock import START, FakeClock

if TYPE_CHECKING:
    from datetime import tzinfo

    import pytest

MODULES_THAT_READ_THE_CLOCK: Final = (finconnect.clock, simulator.ids)


class Instant(FakeClock):
    """Time that only moves when somebody waits; ``install`` makes it everybody's time."""

    def __init__(self) -> None:
        super().__init__(START)
        self._ids = itertools.count(1)

    def sleep(self, seconds: float) -> None:
        """Wait without waiting."""
        self.now += timedelta(seconds=seconds)

    def seconds(self) -> float:
        """As moto counts time."""
        return self.now.timestamp()

    def milliseconds(self) -> float:
        """As moto's queues count time."""
        return self.now.timestamp() * 1000

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let every module that reads the clock, or waits, use this one."""
        instant = self

        class Moment(datetime):
            """``datetime`` for modules that look this name up when they ask for the time."""

            @override
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return instant.now  # type: ignore[return-value]

            @override
            @classmethod
            def fromisoformat(cls, date_string: str, /) -> Self:
                return datetime.fromisoformat(date_string)  # type: ignore[return-value]

        class Ulid:
            """The same ids in every run, so that a failure can be followed from run to run."""

            def __str__(self) -> str:
                return f"{next(instant._ids):026d}"

        for module in MODULES_THAT_READ_THE_CLOCK:
            monkeypatch.setattr(module, "datetime", Moment)
        monkeypatch.setattr(finconnect.payments.events, "ULID", Ulid)
        monkeypatch.setattr(time, "sleep", self.sleep)
        monkeypatch.setattr(moto.sqs.models, "unix_time_millis", self.milliseconds)
        monkeypatch.setattr(moto.sqs.models, "unix_time", self.seconds)
        # Its default was bound when the class was made, before this clock was there.
        monkeypatch.setattr(
            finconnect.providers.azampay.provider,
            "ConnectRetry",
            lambda: ConnectRetry(sleep=self.sleep, jitter=lambda: 0.5),
        )
