"""How many generated examples were run, for the report of the whole run."""

from __future__ import annotations

_runs: list[int] = []


def add(examples: int) -> None:
    """Count the examples of one property."""
    _runs.append(examples)


def report() -> str | None:
    """One line about all of them, or None if no property was run."""
    if not _runs:
        return None
    return f"fuzzing: {sum(_runs):,} examples of {len(_runs)} properties, all as they must be"
