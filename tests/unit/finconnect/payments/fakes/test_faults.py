"""The faults of the fakes come when they are asked for, and are recorded."""

from __future__ import annotations

import pytest

from tests.fakes.faults import Faults, ProcessDied, When


class Kept:
    """Something with an effect."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.effects: list[str] = []

    def do(self, what: str = "write") -> str:
        def effect() -> str:
            self.effects.append(what)
            return what

        return self.faults.around(what, effect)


def test_without_a_fault_there_is_the_effect_and_a_record() -> None:
    kept = Kept()
    assert kept.do() == "write"
    assert kept.do("read") == "read"
    assert kept.effects == kept.faults.calls == ["write", "read"]


def test_a_fault_before_prevents_the_effect_once() -> None:
    kept = Kept()
    kept.faults.fail(OSError("no"), "write")
    with pytest.raises(OSError, match="no"):
        kept.do()
    assert kept.effects == []
    assert kept.do() == "write"
    assert kept.faults.calls == ["write", "write"]


def test_a_fault_after_comes_with_the_effect_done() -> None:
    kept = Kept()
    kept.faults.fail(OSError("no"), "write", when=When.AFTER)
    with pytest.raises(OSError, match="no"):
        kept.do()
    assert kept.effects == ["write"]


def test_a_fault_may_come_at_a_later_call() -> None:
    kept = Kept()
    kept.faults.fail(OSError("no"), "write", skip=1)
    kept.do()
    kept.do("read")
    with pytest.raises(OSError, match="no"):
        kept.do()


def test_a_fault_may_come_several_times_or_for_ever() -> None:
    kept = Kept()
    kept.faults.fail(OSError("twice"), "write", times=2)
    kept.faults.fail(OSError("ever"), "read", times=None)
    for call in ("write", "write", "read", "read", "read"):
        with pytest.raises(OSError, match=r"twice|ever"):
            kept.do(call)
    assert kept.do() == "write"


def test_a_fault_without_a_name_comes_at_any_call() -> None:
    kept = Kept()
    kept.faults.fail(OSError("no"))
    with pytest.raises(OSError, match="no"):
        kept.do("whatever")


def test_something_else_may_happen_meanwhile() -> None:
    kept = Kept()
    kept.faults.meanwhile(lambda: kept.effects.append("another container"), "write")
    kept.do()
    assert kept.effects == ["another container", "write"]


def test_a_process_that_dies_is_no_exception_that_anybody_catches() -> None:
    assert not issubclass(ProcessDied, Exception)
