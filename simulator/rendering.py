"""The page and its parts as HTML, made from the book by the templates."""

import base64
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from simulator import wire
from simulator.behaviours import ANY_OTHER, BY_NUMBER, UNATTENDED
from simulator.book import Book
from simulator.cases import Case, build_case, case_key
from simulator.curl import curl_command
from simulator.delivery import masked_url
from simulator.entries import Entry, Prompt
from simulator.hexdump import hexdump
from simulator.machine import Machine
from simulator.phones import Phone, format_amount, phones_of
from simulator.settings import Settings
from simulator.signatures import signature_of

FOLDER = Path(__file__).parent
# A page with more cards than this is slow; the book keeps the rest.
SHOWN_CASES = 200
THEMES = ("light", "dark")


class Renderer:
    """Writes HTML. Everything from outside is escaped by the templates' autoescaping."""

    def __init__(self, machine: Machine, base_url: str) -> None:
        self._machine = machine
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            clock=_clock, hexdump=_hexdump, size=_size, money=format_amount
        )
        self._environment.globals.update(
            curl=lambda request: curl_command(request, base_url),
            signature=lambda attempt: signature_of(attempt, machine.keys),
            merchant=machine.settings.app_name,
            base_url=base_url,
        )

    def page(self, cursor: str, theme: str | None) -> str:
        """The whole page, up to date with ``cursor``."""
        settings = self._machine.settings
        other = ANY_OTHER if settings.auto_approve is None else UNATTENDED
        return self._render(
            "page.html",
            cursor=cursor,
            theme=theme if theme in THEMES else "",
            phones=list(phones_of(self._machine.book.entries(Prompt)).values()),
            cases=latest_cases(self._machine.book),
            shown_cases=SHOWN_CASES,
            numbers=BY_NUMBER,
            other=other,
            settings=settings,
            callback_url=masked_url(self._machine.courier.url),
            token_body=_token_body(settings),
        )

    def case(self, case: Case) -> str:
        """A payment's card."""
        return self._render("payment.html", case=case)

    def phone(self, phone: Phone) -> str:
        """A handset."""
        return self._render("phone.html", phone=phone)

    def _render(self, name: str, **values: object) -> str:
        return self._environment.get_template(name).render(**values)


def latest_cases(book: Book) -> list[Case]:
    """The cases that the page shows, the newest first."""
    grouped: dict[str, list[Entry]] = {}
    for entry in book.entries(Entry):
        if (key := case_key(entry)) is not None:
            grouped.setdefault(key, []).append(entry)
    return [build_case(entries) for entries in list(grouped.values())[: -SHOWN_CASES - 1 : -1]]


def case_of(book: Book, entry: Entry) -> Case | None:
    """The present case that an entry belongs to; None if there is none."""
    if case_key(entry) is None:
        return None
    reference = entry.external_id
    entries: Sequence[Entry] = [entry] if reference is None else book.entries(Entry, reference)
    return build_case(entries) if entries else None


def _clock(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc:%H:%M:%S}.{utc.microsecond // 1000:03d}"


def _hexdump(body_base64: str) -> str:
    return hexdump(base64.b64decode(body_base64))


def _size(body_base64: str) -> str:
    count = len(base64.b64decode(body_base64))
    return "1 byte" if count == 1 else f"{count:,} bytes"


def _token_body(settings: Settings) -> str:
    """The token request as a shell's word, with the default secret, which is none; else a gap."""
    is_default = settings.client_secret == Settings().client_secret
    fields = {
        "appName": settings.app_name,
        "clientId": settings.client_id,
        "clientSecret": settings.client_secret if is_default else "YOUR-SECRET",
    }
    return shlex.quote(wire.encode(fields).decode())
