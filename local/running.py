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

    Of two stacks at a time the later one is found; each removes only its own note.
    """
    text = json.dumps(asdict(running))
    note.parent.mkdir(parents=True, exist_ok=True)
    draft = note.with_name(f"{note.name}.{running.pid}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(note)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            if note.read_text(encoding="utf-8") == text:
                note.unlink()


def find_running(note: Path = NOTE) -> Running:
    """The stack that runs. Raises NotRunning if there is none, or only a killed one's note."""
    try:
        found = Running(**json.loads(note.read_text(encoding="utf-8")))
        os.kill(found.pid, 0)
    except (FileNotFoundError, ProcessLookupError, TypeError, ValueError) as error:
        raise NotRunning(
            "No local stack is running: start one with `make run`, or name a deployed one: STACK=…"
        ) from error
    return found
