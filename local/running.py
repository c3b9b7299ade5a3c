"""A note of the stack that runs, for the commands that are started beside it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from local.errors import NotRunning
from local.paths import PROJECT

NOTE = PROJECT.local / "running.json"


@dataclass(frozen=True)
class Running:
    """Where the stack of `make run` is found. `pid` is the process that holds it together."""

    endpoint: str
    stack_name: str
    simulator_url: str
    pid: int


@contextmanager
def announced(running: Running, note: Path = NOTE) -> Iterator[None]:
    """Inside the block the note says where the stack is; at its end it goes.

    Of two stacks at a time the later one is found, and the earlier one again when that has ended;
    each removes only its own note.
    """
    note.parent.mkdir(parents=True, exist_ok=True)
    earlier = _found(note)
    _write(running, note)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            if note.read_text(encoding="utf-8") == _text(running):
                note.unlink()
                if earlier is not None and _is_alive(earlier.pid):
                    _write(earlier, note)


def find_running(note: Path = NOTE) -> Running:
    """The stack that runs. Raises NotRunning if there is none, or only a killed one's note."""
    found = _found(note)
    if found is None:
        raise NotRunning(
            "No local stack is running: start one with `make run`, or name a deployed one: STACK=…"
        )
    return found


def _found(note: Path) -> Running | None:
    try:
        found = Running(**json.loads(note.read_text(encoding="utf-8")))
    except (FileNotFoundError, TypeError, ValueError):
        return None
    return found if _is_alive(found.pid) else None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        # The second: it is another user's by now.
        return False
    return True


def _write(running: Running, note: Path) -> None:
    draft = note.with_name(f"{note.name}.{os.getpid()}")
    draft.write_text(_text(running), encoding="utf-8")
    draft.replace(note)


def _text(running: Running) -> str:
    return json.dumps(asdict(running))
