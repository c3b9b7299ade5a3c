"""What the function writes to its log, held against the rules for it."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from finconnect.payments.telemetry import Fact

MAX_LINE_CHARACTERS: Final = 4096
FACTS: Final = {fact.value.name: fact for fact in Fact}
METRICS: Final = {fact.value.metric for fact in Fact} | {
    measured.metric for fact in Fact for measured in fact.value.measures
}
# What may never be written: of ours, and of a callback.
NEVER: Final = ("canary", "BEGIN PUBLIC KEY")
# Not inside a longer word: there it is no phone number but part of an id.
PHONE: Final = re.compile(r"(?<![0-9A-Za-z])(?:255|0)712345678(?![0-9A-Za-z])", re.ASCII)


def read_log(text: str) -> list[dict[str, Any]]:
    """Read a log; AssertionError unless each of its lines is one that the function meant.

    That is: JSON, one object a line, of bounded length, nothing but printable characters, the
    message one of the facts. A line that a callback forged, or broke in two, fails one of these.
    """
    assert text == "" or text.endswith("\n")
    lines = text.split("\n")[:-1]
    assert lines == text.splitlines(), "a character in the log breaks a line"
    return [_read_line(line) for line in lines]


def facts_of(log: list[dict[str, Any]]) -> list[str]:
    """The facts that were told, in order."""
    return [str(line["message"]) for line in log if "_aws" not in line]


def _read_line(line: str) -> dict[str, Any]:
    assert line.isprintable(), f"unescaped in the log: {line!r}"
    assert len(line) <= MAX_LINE_CHARACTERS, f"{len(line)} characters in one line of the log"
    assert not any(word in line for word in NEVER), f"must not be in the log: {line}"
    assert not PHONE.search(line), f"a phone number in the log: {line}"
    found: dict[str, Any] = json.loads(line)
    if "_aws" in found:
        assert set(found) - {"_aws", "service"} <= METRICS
        return found
    fact = FACTS[found["message"]]
    assert fact is not Fact.UNEXPECTED, line
    assert found["level"] in {"INFO", "WARNING", "ERROR"}
    return found
