"""Real programs, small ones: what counts is that none is left."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.errors import StepFailed, StepTimedOut, Stopping
from local.processes import ManagedProcess, Supervisor

# Ignores the polite signal, starts a child that does too, says both ids, and would never end.
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child:
    print(os.getpid(), child, flush=True)
signal.pause()
"""


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    made = Supervisor()
    yield made
    made.stop_all()


def start(supervisor: Supervisor, folder: Path, code: str) -> ManagedProcess:
    return supervisor.start(
        "program",
        [sys.executable, "-c", code],
        log=folder / "program.log",
        environment=os.environ,
        folder=folder,
    )


def is_alive(pid: int) -> bool:
    """Whether a process of this id runs; one that only waits to be collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not status.exists() or "State:\tZ" not in status.read_text()


def test_a_program_is_ready_when_the_condition_holds(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    process = start(supervisor, tmp_path, "import signal; print('up', flush=True); signal.pause()")
    process.wait_until(lambda: "up" in process.log.read_text(), seconds=20)
    assert process.is_running


def test_a_program_that_ends_too_early_is_told_with_what_it_printed(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    process = start(supervisor, tmp_path, "import sys; print('no such thing'); sys.exit(3)")
    with pytest.raises(StepFailed, match="code 3") as caught:
        process.wait_until(lambda: False, seconds=20)
    assert "no such thing" in str(caught.value)
    assert str(process.log) in str(caught.value)


def test_a_program_that_is_never_ready_is_not_waited_for_for_ever(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    process = start(supervisor, tmp_path, "import signal; signal.pause()")
    with pytest.raises(StepTimedOut, match="not ready"):
        process.wait_until(lambda: False, seconds=0.1)


def test_a_program_that_is_never_done_is_ended(supervisor: Supervisor, tmp_path: Path) -> None:
    process = start(supervisor, tmp_path, "import signal; signal.pause()")
    with pytest.raises(StepTimedOut, match="not done"):
        process.wait_until_done(seconds=0.1)
    assert not process.is_running


def test_an_exit_code_other_than_0_is_a_failure(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="code 1"):
        start(supervisor, tmp_path, "raise SystemExit(1)").wait_until_done(seconds=20)
    start(supervisor, tmp_path, "pass").wait_until_done(seconds=20)


def test_neither_a_stubborn_program_nor_its_child_is_left(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    process = start(supervisor, tmp_path, STUBBORN)
    process.wait_until(lambda: "\n" in process.log.read_text(), seconds=20)
    ids = [int(each) for each in process.log.read_text().split()]
    assert all(is_alive(pid) for pid in ids)
    supervisor.stop_all()
    process.stop()
    assert not any(is_alive(pid) for pid in ids)


def test_after_the_stop_nothing_is_started(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.stop_all()
    with pytest.raises(Stopping):
        start(supervisor, tmp_path, "pass")
