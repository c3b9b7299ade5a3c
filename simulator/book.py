"""The simulator's own book: what reached it, whom it prompted and charged, what it sent.

It is what tests reconcile against, so nothing in it is inferred: an entry is written where the
thing happens. Tokens, credentials, API keys and the callback URL never enter it.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct, structs

from simulator.ids import Clock, utc_now


class Entry(Struct, frozen=True, kw_only=True, rename="camel"):
    """A line of the book. ``seq`` and ``at`` (ISO-8601, UTC) are given when it is added."""

    seq: int = 0
    at: str = ""
    external_id: str | None = None


class HttpRequest(Struct, frozen=True, rename="camel"):
    """A request as it was received or sent; ``body_base64`` holds its exact bytes."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: str
    body_base64: str


class HttpAnswer(Struct, frozen=True, rename="camel"):
    """An answer. ``status`` is None where none was sent, and ``note`` says what happened."""

    status: int | None
    content_type: str | None
    body: str
    note: str | None = None


class Payment(Struct, frozen=True, kw_only=True, rename="camel"):
    """A prompted payment as callbacks tell of it. ``amount`` is TZS as text."""

    external_id: str
    transaction_id: str
    reference: str
    mno_reference: str
    network: str
    msisdn: str
    amount: str
    currency: str = "TZS"
    additional_properties: dict[str, Any] = {}


class TokenRequest(Entry, frozen=True, kw_only=True):
    """A call of the token endpoint, without its credentials."""

    app_name: str | None
    status: int
    token_fingerprint: str | None = None


class KeyRequest(Entry, frozen=True, kw_only=True):
    """A call of one of the two public-key paths."""

    path: str
    status: int
    key_fingerprint: str | None = None


class Checkout(Entry, frozen=True, kw_only=True):
    """A checkout; ``behaviour`` is None if it was refused before the payer's number mattered."""

    request: HttpRequest
    token_fingerprint: str | None
    behaviour: str | None = None
    transaction_id: str | None = None
    answer: HttpAnswer | None = None


class Prompt(Entry, frozen=True, kw_only=True):
    """A prompt that appeared on the payer's phone."""

    payment: Payment


class Charge(Entry, frozen=True, kw_only=True):
    """Money that left the payer: ``amount`` TZS."""

    transaction_id: str
    msisdn: str
    amount: str


class CallbackAttempt(Entry, frozen=True, kw_only=True):
    """One sending of a callback. ``signature_input`` is None where nothing was signed."""

    transaction_id: str
    origin: str
    attempt: int
    request: HttpRequest
    signature_input: str | None
    answer: HttpAnswer | None = None
    error: str | None = None


class Doubled(Struct, frozen=True, rename="camel"):
    """A reference for which a payer was prompted or charged more than once."""

    external_id: str
    prompts: int
    charges: int


class View(Struct, frozen=True, rename="camel"):
    """The book as it is shown; every list is in the order in which things happened."""

    totals: dict[str, int]
    doubled: list[Doubled]
    prompts: list[Prompt]
    charges: list[Charge]
    checkouts: list[Checkout]
    callbacks: list[CallbackAttempt]
    token_requests: list[TokenRequest]
    key_requests: list[KeyRequest]


class Book:
    """Entries in order; may be read from other threads than the one that writes."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._entries: dict[int, Entry] = {}
        self._by_reference: dict[str, dict[int, Entry]] = defaultdict(dict)
        self._last = 0
        self._changed = threading.Condition()

    def add[E: Entry](self, entry: E) -> E:
        """Append ``entry``; returns it with its number and time."""
        with self._changed:
            self._last += 1
            at = self._clock().isoformat().replace("+00:00", "Z")
            return self._put(structs.replace(entry, seq=self._last, at=at))

    def amend[E: Entry](self, entry: E, **changes: Any) -> E:  # noqa: ANN401 - any field
        """Complete an entry that was added before; forgotten entries stay forgotten."""
        with self._changed:
            amended = structs.replace(entry, **changes)
            return self._put(amended) if entry.seq in self._entries else amended

    def clear(self) -> None:
        """Forget everything; numbering goes on."""
        with self._changed:
            self._entries.clear()
            self._by_reference.clear()
            self._changed.notify_all()

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
        self._changed.notify_all()
        return entry


def _doubled(prompts: Iterable[Prompt], charges: Iterable[Charge]) -> list[Doubled]:
    prompted = Counter(p.external_id for p in prompts)
    charged = Counter(c.external_id for c in charges)
    ids = sorted(ref for ref in prompted | charged if ref and max(prompted[ref], charged[ref]) > 1)
    return [Doubled(ref, prompted[ref], charged[ref]) for ref in ids]


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
