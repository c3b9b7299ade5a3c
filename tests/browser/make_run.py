"""The commands that a newcomer types: `make run` in one shell, others beside it."""

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local.paths import PROJECT

START_SECONDS = 180.0
SECONDS = 30.0
CHECK_SECONDS = 0.1


class Shell:
    """`make` with some arguments in a shell of its own; what it prints is kept."""

    def __init__(self, log: Path, *arguments: str, **variables: str) -> None:
        self._log = log
        self._arguments = arguments
        self._environment = os.environ | variables

    def __enter__(self) -> Self:
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                ["make", *self._arguments],
                cwd=PROJECT.root,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A group of its own, as a terminal makes one for each command.
                start_new_session=True,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.press_ctrl_c()
        self.wait_for("^Stopped")
        self._process.wait(SECONDS)

    @property
    def text(self) -> str:
        """All that it has printed."""
        return self._log.read_text(encoding="utf-8")

    def press_ctrl_c(self) -> None:
        """What a terminal does then: every program of the command gets the signal."""
        os.killpg(self._process.pid, signal.SIGINT)

    def wait_for(self, pattern: str, seconds: float = SECONDS) -> re.Match[str]:
        """The first place where a line fits; AssertionError if it ended or did not come."""
        deadline = time.monotonic() + seconds
        pause = threading.Event()
        while not (found := re.search(pattern, self.text, re.MULTILINE)):
            assert self._process.poll() is None, self.text
            assert time.monotonic() < deadline, f"{pattern} did not come:\n{self.text}"
            pause.wait(CHECK_SECONDS)
        return found


@dataclass(frozen=True)
class Answer:
    """What the pasted command printed."""

    status: int
    payment: dict[str, Any]

    @property
    def reference(self) -> str:
        """The payment's externalId."""
        return str(self.payment["externalId"])


@dataclass(frozen=True)
class MakeRun:
    """A `make run` that is ready, with the page that it opened."""

    shell: Shell
    opened: Path

    @property
    def page(self) -> str:
        """The address that it tells first."""
        return self.shell.wait_for(r"^  Open  (http://\S+)$")[1]

    @property
    def curl(self) -> str:
        """The command of the summary, as somebody marks and copies it."""
        return self.shell.wait_for(r"^  curl -i (?:.*\\\n)+.*$")[0]

    def paste(self, *, changes: Sequence[tuple[str, str]] = ()) -> Answer:
        """Paste the command into a shell, perhaps after changing something in it."""
        command = self.curl
        for old, new in changes:
            assert old in command
            command = command.replace(old, new)
        done = subprocess.run(
            ["sh", "-c", command], capture_output=True, text=True, check=True, timeout=SECONDS
        )
        head, _, body = done.stdout.partition("\n\n")
        return Answer(int(head.split()[1]), json.loads(body))


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `make` to its end."""
    return subprocess.run(
        ["make", *arguments],
        cwd=PROJECT.root,
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * SECONDS,
    )
