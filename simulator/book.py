"""The simulator's own book: what reached it, whom it prompted and charged, what it sent.

It is what tests reconcile against, so nothing in it is inferred: an entry is written where the
thing happens. Tokens, credentials, API keys and the callback URL never enter it.
"""

import contextlib
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from simulator.entries import (
    CallbackAttempt,
    Charge,
    Checkout,
    Doubled,
    Entry,
    KeyRequest,
    Payment,
    Prompt,
    TokenRequest,
    View,
)
from simulator.ids import Clock, utc_now


@dataclass(frozen=True, slots=True)
class Changes:
    """What was written since some version of the book.

    ``entries`` holds each changed entry once, as it is now, in the order of the last change. With
    ``is_cleared`` the book was emptied meanwhile: nothing known before counts any more.
    """

    version: int
    is_cleared: bool
    entries: list[Entry]


class Book:
    """Entries in order; may be read from other threads than the one that writes."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._entries: dict[int, Entry] = {}
        self._by_reference: dict[str, dict[int, Entry]] = defaultdict(dict)
        self._last = 0
        self._version = 0
        self._cleared_at = 0
        # The number of each entry with the version that changed it last, the latest at the end.
        self._versions: dict[int, int] = {}
        self._listeners: list[Callable[[], None]] = []
        self._changed = threading.Condition()

    def add[E: Entry](self, entry: E) -> E:
        """Append ``entry``; returns it with its number and time."""
        with self._changed:
            self._last += 1
            return self._put(structs.replace(entry, seq=self._last, at=self._now()))

    def amend[E: Entry](self, entry: E, **changes: Any) -> E:  # noqa: ANN401 - any field
        """Complete an entry that was added before; forgotten entries stay forgotten."""
        with self._changed:
            amended = structs.replace(entry, updated_at=self._now(), **changes)
            return self._put(amended) if entry.seq in self._entries else amended

    def clear(self) -> None:
        """Forget everything; numbering goes on."""
        with self._changed:
            self._entries.clear()
            self._by_reference.clear()
            self._versions.clear()
            self._version += 1
            self._cleared_at = self._version
            self._tell()

    @property
    def version(self) -> int:
        """The number of the last change."""
        with self._changed:
            return self._version

    def changes_after(self, version: int) -> Changes:
        """What was written after ``version`` (0: everything)."""
        with self._changed:
            found: list[Entry] = []
            for seq, changed_at in reversed(self._versions.items()):
                if changed_at <= version:
                    break
                found.append(self._entries[seq])
            return Changes(self._version, self._cleared_at > version, found[::-1])

    @contextlib.contextmanager
    def watched(self, listener: Callable[[], None]) -> Iterator[None]:
        """Inside the block, call ``listener`` after each change, in the thread that made it.

        It is called while the book is locked, so it only passes the word on.
        """
        with self._changed:
            self._listeners.append(listener)
        try:
            yield
        finally:
            with self._changed:
                self._listeners.remove(listener)

    def entries[E: Entry](self, kind: type[E], external_id: str | None = None) -> list[E]:
        """All entries of ``kind``, or those of one reference, in order."""
        with self._changed:
            source = self._entries if external_id is None else self._by_reference.get(external_id)
            return [e for e in (source or {}).values() if isinstance(e, kind)]

    def payment(self, external_id: str) -> Payment | None:
        """The latest payment prompted for a reference."""
        prompts = self.entries(Prompt, external_id)
        return prompts[-1].payment if prompts else None

    def view(self, external_id: str | None = None) -> View:
        """The whole book, or what it says of one reference."""
        prompts = self.entries(Prompt, external_id)
        charges = self.entries(Charge, external_id)
        lists: dict[str, list[Any]] = {
            "prompts": prompts,
            "charges": charges,
            "checkouts": self.entries(Checkout, external_id),
            "callbacks": self.entries(CallbackAttempt, external_id),
            "token_requests": self.entries(TokenRequest, external_id),
            "key_requests": self.entries(KeyRequest, external_id),
        }
        totals = {_camel(name): len(entries) for name, entries in lists.items()}
        return View(totals=totals, doubled=_doubled(prompts, charges), **lists)

    def wait_for(self, holds: Callable[["Book"], bool], timeout: float = 10.0) -> None:
        """Block until ``holds(book)``; TimeoutError after ``timeout`` seconds.

        For tests, from any thread but the simulator's own.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: holds(self), timeout):
                raise TimeoutError(f"after {timeout} s the book still says {self.view().totals}")

    def _put[E: Entry](self, entry: E) -> E:
        self._entries[entry.seq] = entry
        if entry.external_id is not None:
            self._by_reference[entry.external_id][entry.seq] = entry
        self._version += 1
        self._versions.pop(entry.seq, None)
        self._versions[entry.seq] = self._version
        self._tell()
        return entry

    def _tell(self) -> None:
        self._changed.notify_all()
        for listener in self._listeners:
            listener()

    def _now(self) -> str:
        return self._clock().isoformat().replace("+00:00", "Z")


def _doubled(prompts: Iterable[Prompt], charges: Iterable[Charge]) -> list[Doubled]:
    prompted = Counter(p.external_id for p in prompts)
    charged = Counter(c.external_id for c in charges)
    ids = sorted(ref for ref in prompted | charged if ref and max(prompted[ref], charged[ref]) > 1)
    return [Doubled(ref, prompted[ref], charged[ref]) for ref in ids]


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
