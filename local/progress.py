"""Telling a person what is going on, and how long it took."""

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TextIO

NAME_WIDTH = 44
_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


class Progress(Protocol):
    """Who is told about the steps, from several threads at once."""

    def began(self, name: str) -> None:
        """A step has begun."""

    def ended(self, name: str, seconds: float, *, is_well: bool) -> None:
        """A step has ended after `seconds`."""

    def note(self, text: str) -> None:
        """Something that a person should know."""


class Silent:
    """Tells nobody."""

    def began(self, name: str) -> None:
        """Nothing."""

    def ended(self, name: str, seconds: float, *, is_well: bool) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""


class Style:
    """Colours, where they are wanted."""

    def __init__(self, *, is_coloured: bool) -> None:
        self._is_coloured = is_coloured

    def paint(self, text: str, colour: str) -> str:
        """`text` in a colour, or as it is."""
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if self._is_coloured else text


def style_for(stream: TextIO, environ: Mapping[str, str] = os.environ) -> Style:
    """Colours only on a terminal, and not where NO_COLOR is set to anything."""
    return Style(is_coloured=stream.isatty() and not environ.get("NO_COLOR"))


class Console:
    """Prints a line when a step begins and one when it ends."""

    def __init__(self, stream: TextIO, style: Style) -> None:
        self._stream = stream
        self._style = style
        self._lock = threading.Lock()

    def print(self, text: str = "") -> None:
        """One text, whole, whoever prints at the same time."""
        with self._lock:
            self._stream.write(text + "\n")
            self._stream.flush()

    def began(self, name: str) -> None:
        """A step has begun."""
        self.print(self._style.paint(f"  ...     {name}", "dim"))

    def ended(self, name: str, seconds: float, *, is_well: bool) -> None:
        """A step has ended after `seconds`."""
        mark = (
            self._style.paint("done  ", "green") if is_well else self._style.paint("FAILED", "red")
        )
        self.print(f"  {mark}  {name:<{NAME_WIDTH}} {seconds:6.1f} s")

    def note(self, text: str) -> None:
        """Something that a person should know."""
        self.print(self._style.paint(f"  note    {text}", "yellow"))


class Stopwatch:
    """Times the steps of one start, and tells about them."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Times what is done inside."""
        self._progress.began(name)
        start = time.monotonic()
        is_well = False
        try:
            yield
            is_well = True
        finally:
            self.seconds[name] = time.monotonic() - start
            self._progress.ended(name, self.seconds[name], is_well=is_well)
