"""Which call goes wrong, and how: found by recording, then planned by number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tests.fakes.faults import ProcessDied


class Fault(StrEnum):
    """What may happen to one external call."""

    REFUSED = "refused"
    """It never happened, however often the client tried."""
    REFUSED_ONCE = "refused-once"
    """The client's first try never happened."""
    REFUSED_ALWAYS = "refused-always"
    """From here on nobody can be reached, until the outage ends."""
    LOST = "lost"
    """It happened with every try of the client, and no answer arrived."""
    LOST_ONCE = "lost-once"
    """It happened with the client's first try, and that answer did not arrive."""
    LOST_ALWAYS = "lost-always"
    """From here on all of them happen and no answer arrives, until the outage ends."""
    THROTTLED_ONCE = "throttled-once"
    THROTTLED_ALWAYS = "throttled-always"
    """From here on, until the outage ends."""
    CONTENDED = "contended"
    """Somebody else's transaction holds the item for a moment. Writes of the ledger only."""
    DIES_BEFORE = "dies-before"
    """The process ends, and the call has not happened."""
    DIES_AFTER = "dies-after"
    """The process ends, and the call has happened."""

    @property
    def is_death(self) -> bool:
        """Whether the process does not live to see the answer."""
        return self in (Fault.DIES_BEFORE, Fault.DIES_AFTER)

    @property
    def is_outage(self) -> bool:
        """Whether it lasts until somebody ends it."""
        return self in (Fault.REFUSED_ALWAYS, Fault.LOST_ALWAYS, Fault.THROTTLED_ALWAYS)

    @property
    def has_effect(self) -> bool:
        """Whether the call happens all the same."""
        return self in (Fault.LOST, Fault.LOST_ONCE, Fault.LOST_ALWAYS, Fault.DIES_AFTER)


_FIRST_TRY_ONLY: Final = (
    Fault.REFUSED_ONCE,
    Fault.LOST_ONCE,
    Fault.THROTTLED_ONCE,
    Fault.CONTENDED,
)
_LEDGER_WRITES: Final = (
    "dynamodb.PutItem",
    "dynamodb.UpdateItem",
    "dynamodb.TransactWriteItems",
)


@dataclass(frozen=True, slots=True)
class Call:
    """One external call of a function: ``dynamodb.PutItem``, ``provider.POST /azampay/…``."""

    function: str
    name: str

    def __str__(self) -> str:
        return f"{self.function}:{self.name}".replace(" ", "_")

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What may happen to this call."""
        if self.name in _LEDGER_WRITES:
            return tuple(Fault)
        return tuple(fault for fault in Fault if fault is not Fault.CONTENDED)


@dataclass(frozen=True, slots=True)
class Plan:
    """Let ``fault`` happen to the call with this number, counted from 1."""

    number: int
    call: Call
    fault: Fault


@dataclass(frozen=True, slots=True)
class Ways:
    """How a protocol says that a call was refused, lost, throttled or contended."""

    refuse: Callable[[], BaseException]
    lose: Callable[[], BaseException]
    throttle: Callable[[], object]
    contend: Callable[[], object]


@dataclass(slots=True)
class Injector:
    """Records calls while it is ``armed``, and lets the planned fault happen to one of them."""

    plan: Plan | None = None
    armed: bool = False
    calls: list[Call] = field(default_factory=list)
    fired: bool = False
    deaths: int = 0
    _prepared: tuple[str, Fault] | None = None
    _outage: Call | None = None
    _last: tuple[str, object] | None = None
    _tries: int = 0

    def let_fail(self, name: str, fault: Fault) -> None:
        """Let the next call with this name go wrong, to prepare a scenario."""
        self._prepared = (name, fault)

    def end_outage(self) -> None:
        """Everything works again."""
        self._outage = None

    def around[T](self, call: Call, identity: object, perform: Callable[[], T], ways: Ways) -> T:
        """Have one try of a call. Tries with the same ``identity`` belong to the same call."""
        fault = self._fault_of(call, identity)
        if fault is None:
            return perform()
        self.fired = self.fired or self.armed
        if fault is Fault.DIES_BEFORE:
            self.deaths += 1
            raise ProcessDied
        if fault in (Fault.THROTTLED_ONCE, Fault.THROTTLED_ALWAYS):
            return ways.throttle()  # type: ignore[return-value]
        if fault is Fault.CONTENDED:
            return ways.contend()  # type: ignore[return-value]
        if fault.has_effect:
            perform()
        if fault is Fault.DIES_AFTER:
            self.deaths += 1
            raise ProcessDied
        raise ways.lose() if fault.has_effect else ways.refuse()

    def _fault_of(self, call: Call, identity: object) -> Fault | None:
        if self._prepared is not None and self._prepared[0] == call.name:
            _, fault = self._prepared
            self._prepared = None
            return fault
        if self.armed:
            self._count(call, identity)
        plan = self.plan
        if plan is None:
            return None
        if self._outage is not None:
            return plan.fault if call == self._outage else None
        if not self.armed or len(self.calls) != plan.number or self._last != (str(call), identity):
            return None
        if plan.fault.is_outage:
            self._outage = call
        if plan.fault in _FIRST_TRY_ONLY and self._tries > 1:
            return None
        return plan.fault

    def _count(self, call: Call, identity: object) -> None:
        if self._last == (str(call), identity):
            self._tries += 1
            return
        self._last, self._tries = (str(call), identity), 1
        self.calls.append(call)
