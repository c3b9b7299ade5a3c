"""Programs that the local stack starts, and by whose process ids it stops them again."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from local.errors import StepFailed, StepTimedOut, Stopping

# Nothing that is started here has anything to save, and the emulator waits for open long polls.
STOP_SECONDS = 1.5
KILL_SECONDS = 2.0
CHECK_SECONDS = 0.05

Condition = Callable[[], bool]


class ManagedProcess:
    """One program with its children, in a process group of its own, printing to a log file."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self._popen = popen

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        folder: Path,
    ) -> "ManagedProcess":
        """Starts `command` in `folder`. Raises OSError when there is no such program.

        A session of its own keeps a terminal's Ctrl-C away from it: it is stopped in order, by us.
        """
        with log.open("ab") as output:
            popen = subprocess.Popen(
                list(command),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(name, popen, log)

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its process group."""
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        """Whether the program itself has not ended."""
        return self._popen.poll() is None

    def wait_until(self, is_ready: Condition, *, seconds: float) -> None:
        """Returns as soon as `is_ready()` holds.

        Raises StepFailed when the program ends before, StepTimedOut after `seconds`.
        """
        deadline = time.monotonic() + seconds
        while not is_ready():
            if time.monotonic() >= deadline:
                raise StepTimedOut(self.name, f"was not ready within {seconds:.0f} s", self.log)
            with suppress(subprocess.TimeoutExpired):
                code = self._popen.wait(CHECK_SECONDS)
                raise StepFailed(self.name, f"ended with code {code} before it was ready", self.log)

    def wait_until_done(self, *, seconds: float) -> None:
        """Returns when the program has ended well.

        Raises StepFailed when it ended otherwise, StepTimedOut after `seconds`.
        """
        try:
            code = self._popen.wait(seconds)
        except subprocess.TimeoutExpired as error:
            self.stop()
            raise StepTimedOut(
                self.name, f"was not done within {seconds:.0f} s", self.log
            ) from error
        if code != 0:
            raise StepFailed(self.name, f"ended with code {code}", self.log)

    def stop(self) -> None:
        """Ends the program and all its children: politely first, by force after a moment."""
        self._signal(signal.SIGTERM)
        self._wait(STOP_SECONDS)
        # Its children too, whether it left some behind or did not obey itself.
        self._signal(signal.SIGKILL)
        self._wait(KILL_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _wait(self, seconds: float) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(seconds)


class Supervisor:
    """Every program of one stack, so that none outlives it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: list[ManagedProcess] = []
        self._is_stopping = False

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        folder: Path,
    ) -> ManagedProcess:
        """Starts a program.

        Raises Stopping when the stack is being stopped, OSError when there is no such program.
        """
        with self._lock:
            if self._is_stopping:
                raise Stopping(f"{name} was not started, because the local stack is stopping.")
            process = ManagedProcess.start(
                name, command, log=log, environment=environment, folder=folder
            )
            self._processes.append(process)
            return process

    def run(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        folder: Path,
        seconds: float,
    ) -> None:
        """Runs a program to its end. Raises as `start` and `ManagedProcess.wait_until_done`."""
        self.start(name, command, log=log, environment=environment, folder=folder).wait_until_done(
            seconds=seconds
        )

    def stop_all(self) -> None:
        """Ends everything, all at the same time, and lets nothing start afterwards.

        May be called more than once.
        """
        with self._lock:
            self._is_stopping = True
            processes = list(self._processes)
        stoppers = [threading.Thread(target=process.stop) for process in processes]
        for stopper in stoppers:
            stopper.start()
        for stopper in stoppers:
            stopper.join()
