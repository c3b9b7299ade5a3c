"""The lines of the simulator's book, as they are kept and as JSON shows them."""

from enum import StrEnum
from typing import Any

from msgspec import Struct


class Entry(Struct, frozen=True, kw_only=True, rename="camel"):
    """A line of the book.

    ``seq`` and ``at`` (ISO-8601, UTC) are given when it is added, ``updated_at`` whenever it is
    completed: a checkout by its answer, a prompt by the payer, a callback by the webhook.
    """

    seq: int = 0
    at: str = ""
    updated_at: str | None = None
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
    body_base64: str = ""


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


class PhoneAnswer(StrEnum):
    """What a person did with a prompt on the page."""

    APPROVE = "approve"
    WRONG_PIN = "wrong-pin"
    DECLINE = "decline"
    IGNORE = "ignore"


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
    """A prompt that appeared on the payer's phone.

    With ``asks_phone`` a person answers it on the page; ``answer`` is None until then.
    """

    payment: Payment
    asks_phone: bool = False
    answer: PhoneAnswer | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the phone on the page still rings."""
        return self.asks_phone and self.answer is None


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
