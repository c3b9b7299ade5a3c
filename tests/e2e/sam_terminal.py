"""The SAM command line as somebody at a terminal uses it, on one emulator."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pexpect

from local.environment import REGION, local_credentials, tool_environment
from local.paths import PROJECT

SECONDS = 180
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# What ends a question: the answer that Enter stands for.
BRACKETS = r"\[[^\]\n]*\]: ?"


@dataclass(frozen=True)
class SamTerminal:
    """`sam` with the AWS settings of one emulator."""

    endpoint: str
    temporary: Path
    region: str = REGION

    def run(self, *arguments: str, folder: Path = PROJECT.root) -> subprocess.CompletedProcess[str]:
        """Runs one command to its end; nobody answers questions."""
        return subprocess.run(
            [*self._command(), *arguments],
            cwd=folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    def guided(self, arguments: list[str], answers: Mapping[str, str]) -> list[tuple[str, str]]:
        """`sam deploy --guided`, answered: by `answers`, else by Enter.

        Returns the questions in their order, with the answers in brackets.
        Raises AssertionError if the deployment failed.
        """
        command = self._command()
        child = pexpect.spawn(
            command[0],
            [*command[1:], "deploy", "--guided", *arguments],
            cwd=str(PROJECT.root),
            env=self._environment(),
            encoding="utf-8",
            timeout=SECONDS,
            dimensions=(50, 300),
            echo=False,
        )
        asked: list[tuple[str, str]] = []
        printed = ""
        while child.expect([BRACKETS, pexpect.EOF]) == 0:
            shown = plain((child.before or "") + str(child.after))
            printed += shown
            question, default = _question(shown)
            asked.append((question, default))
            child.sendline(answers.get(question, ""))
        printed += plain(child.before or "")
        child.close()
        assert child.exitstatus == 0, printed
        return asked

    def _command(self) -> list[str]:
        return [str(PROJECT.sam_python), "-m", "samcli"]

    def _environment(self) -> dict[str, str]:
        path = f"{PROJECT.sam_python.parent}{os.pathsep}{os.environ['PATH']}"
        own = {"__SAM_CLI_APP_DIR": str(self.temporary / "sam"), "PATH": path, "COLUMNS": "200"}
        credentials = local_credentials(self.endpoint, self.region)
        return tool_environment(os.environ, self.temporary) | credentials | own


def plain(text: str) -> str:
    """What was printed, without colours."""
    return COLOURS.sub("", text).replace("\r", "")


def _question(shown: str) -> tuple[str, str]:
    line = shown.rsplit("\n", 1)[-1].strip()
    question, _, rest = line.rpartition(" [")
    return question.rstrip("?").strip(), rest.removesuffix(":").removesuffix("]")
