"""Faults on demand, before or after the effect, for every fake.

Each call of a fake goes through its ``Faults``: the calls are recorded, so that a harness can find
them by recording, and whatever was planned for one happens before its effect (it was refused) or
after it (it happened, and the answer was lost).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto


class When(Enum):
    """Whether a planned action comes before the effect of a call, or after it."""

    BEFORE = auto()
    AFTER = auto()


class ProcessDied(BaseException):
    """The process ends here. No ``except Exception`` may survive it."""


@dataclass(slots=True)
class _Plan:
    do: Callable[[], object]
    call: str | None
    when: When
    skip: int
    times: int | None

    def is_due(self, call: str, when: When) -> bool:
        if self.when is not when or self.call not in (None, call):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0


@dataclass(slots=True)
class Faults:
    """What is to go wrong, and every call in its order. Safe to share between fakes and threads."""

    calls: list[str] = field(default_factory=list)
    _plans: list[_Plan] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def fail(
        self,
        error: BaseException,
        call: str | None = None,
        *,
        when: When = When.BEFORE,
        skip: int = 0,
        times: int | None = 1,
    ) -> None:
        """Raise ``error`` at ``call`` (any, if None), after ``skip`` such calls; None: for ever."""

        def do() -> None:
            raise error

        self.meanwhile(do, call, when=when, skip=skip, times=times)

    def meanwhile(
        self,
        do: Callable[[], object],
        call: str | None = None,
        *,
        when: When = When.BEFORE,
        skip: int = 0,
        times: int | None = 1,
    ) -> None:
        """Let something else happen at ``call``: what another container does, for instance."""
        self._plans.append(_Plan(do, call, when, skip, times))

    def around[T](self, call: str, effect: Callable[[], T]) -> T:
        """Record ``call`` and have its ``effect``, with whatever was planned."""
        with self._lock:
            self.calls.append(call)
        self._act(call, When.BEFORE)
        result = effect()
        self._act(call, When.AFTER)
        return result

    def _act(self, call: str, when: When) -> None:
        with self._lock:
            due = [plan for plan in self._plans if plan.is_due(call, when)]
        for plan in due:
            plan.do()
