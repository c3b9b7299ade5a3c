"""Tells how many examples the fuzzing came to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hostile import counting

if TYPE_CHECKING:
    import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the number of generated examples, also where it is fewer than promised."""
    if line := counting.report():
        terminalreporter.write_line(line)
