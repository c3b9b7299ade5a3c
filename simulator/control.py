"""The simulator's own HTTP side, under ``/_simulator``: its book, and levers for tests."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from simulator.behaviours import ANY_OTHER, BY_NUMBER, EVENTS, UNATTENDED, Tamper
from simulator.callbacks import build_callback
from simulator.entries import CallbackAttempt, Payment
from simulator.machine import Machine
from simulator.settings import check_callback_url
from simulator.validation import canonical_amount, canonical_msisdn

PREFIX = "/_simulator"

type Network = Literal["Airtel", "Tigo", "Halopesa", "Azampesa", "Mpesa"]


class CallbackUrl(Struct, forbid_unknown_fields=True):
    """The body of ``PUT /_simulator/callback-url``; null stops callbacks."""

    url: str | None


class Record(Struct, forbid_unknown_fields=True, rename="camel"):
    """A payment that the book does not know, in the words of a checkout."""

    account_number: str
    amount: str | int | float
    external_id: str
    provider: Network
    currency: str = "TZS"
    additional_properties: dict[str, Any] | None = None
    transaction_id: str | None = None
    reference: str | None = None
    mno_reference: str | None = None


class CallbackOrder(Struct, forbid_unknown_fields=True, rename="camel"):
    """The body of ``POST /_simulator/callbacks``: a reference of the book, or a record."""

    external_id: str | None = None
    record: Record | None = None
    event: str = "success"
    tamper: Tamper | None = None
    resign: bool = False
    times: Annotated[int, Meta(ge=1, le=100)] = 1
    url: str | None = None


class ControlError(Exception):
    """A control request that cannot be met; ``status`` and the text are what the caller gets."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Control:
    """The endpoints under ``/_simulator``."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def routes(self) -> list[BaseRoute]:
        """The routes to mount under the prefix."""
        return [
            Route("/book", self.read_book, methods=["GET"]),
            Route("/book", self.reset_book, methods=["DELETE"]),
            Route("/numbers", self.list_numbers, methods=["GET"]),
            Route("/callback-url", self.set_callback_url, methods=["PUT"]),
            Route("/callbacks", self.send_callbacks, methods=["POST"]),
            Route("/tokens/expire", self.expire_tokens, methods=["POST"]),
            Route("/keys/rotate", self.rotate_key, methods=["POST"]),
        ]

    async def read_book(self, request: Request) -> Response:
        """The book, or with ``?externalId=`` what it says of one reference."""
        return json_body(self._machine.book.view(request.query_params.get("externalId")))

    async def reset_book(self, _: Request) -> Response:
        """Empty the book and disarm faults."""
        self._machine.reset()
        return Response(status_code=204)

    async def list_numbers(self, _: Request) -> Response:
        """The test numbers with what they do."""
        other = ANY_OTHER if self._machine.settings.auto_approve is None else UNATTENDED
        rows = [
            {"number": number, "name": b.name, "summary": b.summary}
            for number, b in (*BY_NUMBER.items(), (None, other))
        ]
        return json_body(rows)

    async def set_callback_url(self, request: Request) -> Response:
        """Send callbacks elsewhere from now on. The answer does not repeat the URL."""
        order = await decode_body(request, CallbackUrl)
        self._machine.courier.url = order.url if order.url is None else _checked(order.url)
        return Response(status_code=204)

    async def send_callbacks(self, request: Request) -> Response:
        """Build a callback, post it ``times`` times without retries, and show what came back."""
        order = await decode_body(request, CallbackOrder)
        outcome = EVENTS.get(order.event)
        if outcome is None:
            raise ControlError(400, f"event must be one of {', '.join(EVENTS)}")
        url = order.url if order.url is None else _checked(order.url)
        if url is None and self._machine.courier.url is None:
            raise ControlError(409, "no callback URL is set, and the request names none")
        callback = build_callback(
            self._payment(order),
            outcome,
            self._machine.keys,
            tamper=order.tamper,
            resign=order.resign,
            signed=self._machine.settings.signed,
        )
        courier = self._machine.courier
        attempts = [
            await courier.send(callback, url=url, attempt=number, origin="control")
            for number in range(1, order.times + 1)
        ]
        return json_body({"deliveries": [_shown(attempt) for attempt in attempts]})

    async def expire_tokens(self, _: Request) -> Response:
        """Refuse all tokens issued so far."""
        return json_body({"expired": self._machine.tokens.expire_all()})

    async def rotate_key(self, _: Request) -> Response:
        """Sign with a new key pair from now on, and publish it."""
        self._machine.keys.rotate()
        return json_body({"keyFingerprint": self._machine.keys.fingerprint})

    def _payment(self, order: CallbackOrder) -> Payment:
        if (order.record is None) == (order.external_id is None):
            raise ControlError(400, "give either externalId or record")
        if order.record is not None:
            return self._recorded(order.record)
        payment = self._machine.book.payment(order.external_id or "")
        if payment is None:
            raise ControlError(404, "the book has no prompt for this externalId; give a record")
        return payment

    def _recorded(self, record: Record) -> Payment:
        ids = self._machine.ids
        transaction_id = record.transaction_id or ids.transaction_id()
        try:
            msisdn = canonical_msisdn(record.account_number)
            amount = canonical_amount(record.amount)
        except ValueError:
            raise ControlError(400, "record.accountNumber or record.amount is invalid") from None
        return Payment(
            external_id=record.external_id,
            transaction_id=transaction_id,
            reference=record.reference or transaction_id,
            mno_reference=record.mno_reference or ids.mno_reference(),
            network=record.provider,
            msisdn=msisdn,
            amount=amount,
            currency=record.currency,
            additional_properties=record.additional_properties or {},
        )


async def control_error(_: Request, error: Exception) -> Response:
    """The answer to a control request that cannot be met."""
    status = error.status if isinstance(error, ControlError) else 500
    return json_body({"error": str(error)}, status)


async def decode_body[T](request: Request, kind: type[T]) -> T:
    """The JSON body as ``kind``; ControlError 400 says what is wrong with it."""
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ControlError(400, str(error)) from None


def _checked(url: str) -> str:
    try:
        return check_callback_url(url)
    except ValueError as error:
        raise ControlError(400, str(error)) from None


def _shown(attempt: CallbackAttempt) -> dict[str, object]:
    return {
        "request": attempt.request,
        "signatureInput": attempt.signature_input,
        "answer": attempt.answer,
        "error": attempt.error,
    }


def json_body(value: object, status: int = 200) -> Response:
    """An answer with ``value`` as JSON."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")
