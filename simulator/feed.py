"""What the page is told while it is open: server-sent events that follow the book.

A stream has no queue. It knows the version of the book that it has told last, and tells the present
state of whatever changed since: a slow page misses steps in between, never the last one, and costs
no memory. Each round ends with the event ``synced``, whose id the browser sends again as
``Last-Event-ID`` when it comes back after a break. If the book was emptied meanwhile, or the
simulator is another one, the round begins with ``reset``: what the page shows counts no more.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Iterator

import msgspec

from simulator.background import Background
from simulator.book import Book, Changes
from simulator.entries import Prompt
from simulator.phones import Phone, phones_of
from simulator.rendering import Renderer, case_of, latest_cases

# Proxies and browsers give up on silent connections; a comment costs nothing.
_KEEP_ALIVE_SECONDS = 15.0
# Under load, one round tells many changes.
_ROUND_SECONDS = 0.05
RECONNECT_MILLISECONDS = 1000


class Feed:
    """The streams of one simulator."""

    def __init__(self, book: Book, background: Background) -> None:
        self._book = book
        self._background = background
        # Versions count from nought in each simulator; this tells them apart.
        self._epoch = secrets.token_hex(4)

    def cursor(self) -> str:
        """The present version, as an event's id."""
        return self._id(self._book.version)

    def version_of(self, cursor: str | None) -> int:
        """The version in an event's id; -1 where it is another simulator's, or none."""
        epoch, _, version = (cursor or "").partition(".")
        known = epoch == self._epoch and version.isascii() and version.isdigit()
        return int(version) if known else -1

    async def stream(self, cursor: str | None, renderer: Renderer) -> AsyncIterator[str]:
        """Server-sent events from ``cursor`` on, until the simulator stops."""
        version = self.version_of(cursor)
        loop, wake = asyncio.get_running_loop(), asyncio.Event()
        yield f"retry: {RECONNECT_MILLISECONDS}\n\n"

        def wake_up() -> None:
            loop.call_soon_threadsafe(wake.set)

        with self._book.watched(wake_up):
            while not self._background.closing.is_set():
                wake.clear()
                changes = self._book.changes_after(version)
                if changes.version != version:
                    yield "".join(self._round(changes, renderer, is_strange=version < 0))
                    version = changes.version
                    await self._background.pause(_ROUND_SECONDS)
                if not await self._wait(wake):
                    yield ": still here\n\n"

    def _round(self, changes: Changes, renderer: Renderer, *, is_strange: bool) -> Iterator[str]:
        if is_strange or changes.is_cleared:
            yield _event("reset", {})
            # Oldest first, as they would have come one by one.
            for case in reversed(latest_cases(self._book)):
                yield _event("payment", {"id": case.key, "html": renderer.case(case)})
            asked = self._book.entries(Prompt)
        else:
            cases = [case_of(self._book, entry) for entry in changes.entries]
            for case in {case.key: case for case in cases if case is not None}.values():
                yield _event("payment", {"id": case.key, "html": renderer.case(case)})
            asked = [entry for entry in changes.entries if isinstance(entry, Prompt)]
        for phone in self._phones(asked):
            yield _event("phone", {"id": phone.key, "html": renderer.phone(phone)})
        yield _event("synced", {}, self._id(changes.version))

    def _phones(self, asked: list[Prompt]) -> list[Phone]:
        payers = {prompt.payment.msisdn for prompt in asked if prompt.asks_phone}
        if not payers:
            return []
        every = phones_of(self._book.entries(Prompt))
        return [phone for msisdn, phone in every.items() if msisdn in payers]

    async def _wait(self, wake: asyncio.Event) -> bool:
        """Wait for a change or the end; False after a while without either."""
        ends = [
            asyncio.ensure_future(wake.wait()),
            asyncio.ensure_future(self._background.closing.wait()),
        ]
        try:
            done, _ = await asyncio.wait(
                ends, timeout=_KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for each in ends:
                each.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*ends, return_exceptions=True)
        return bool(done)

    def _id(self, version: int) -> str:
        return f"{self._epoch}.{version}"


def _event(kind: str, data: object, event_id: str | None = None) -> str:
    number = f"id: {event_id}\n" if event_id else ""
    return f"{number}event: {kind}\ndata: {msgspec.json.encode(data).decode()}\n\n"
