"""What can go wrong while the local stack starts.

LocalStackError
├── SettingsError     an environment variable cannot be used
├── PortTaken         a port that was asked for is in use
├── MissingProgram    a program that `make install` installs is not there
├── StepFailed        a program ended with an error, or too early; names its log file
├── StepTimedOut      a program was not ready, or not done, in time; names its log file
├── NotRunning        a command needs the stack of `make run`, and there is none
└── Stopping          the stack is being stopped, so nothing new is started
"""

from pathlib import Path

TAIL_LINES = 15


class LocalStackError(Exception):
    """The local stack cannot do what was asked. The text says what to do about it."""


class SettingsError(LocalStackError):
    """An environment variable cannot be used."""


class PortTaken(LocalStackError):
    """A port that was asked for by name is in use."""


class NotRunning(LocalStackError):
    """A command needs the stack that `make run` starts, and none runs."""


class MissingProgram(LocalStackError):
    """A program that the project installs for itself is not there."""


class Stopping(LocalStackError):
    """The stack is being stopped."""


class StepFailed(LocalStackError):
    """A program failed. `log` is the file with all it printed."""

    def __init__(self, name: str, what: str, log: Path) -> None:
        super().__init__(f"{name} {what}.\n{_tail(log)}\nAll of it: {log}")
        self.name = name
        self.log = log


class StepTimedOut(StepFailed):
    """A program took longer than it may. `log` is the file with all it printed."""


def _tail(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return "It printed nothing."
    return "\n".join(f"  | {line}" for line in lines[-TAIL_LINES:])
