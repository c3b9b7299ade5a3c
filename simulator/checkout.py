"""The checkout host: the USSD push, and the public key at its documented path."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator import wire
from simulator.authenticator import key_envelope
from simulator.behaviours import Turn, behaviour_of
from simulator.connections import BrokenResponse
from simulator.entries import Checkout, HttpAnswer, KeyRequest, Payment
from simulator.exchange import answered, bearer_token, received
from simulator.machine import Machine
from simulator.replies import Context, render
from simulator.tokens import fingerprint
from simulator.validation import InvalidCheckout, Order, external_id_of, parse_checkout

CHECKOUT_PATH = "/azampay/mno/checkout"
KEY_PATH = "/azampay/v1/public-key"


class CheckoutHost:
    """The endpoints of AzamPay's checkout host."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def routes(self) -> list[Route]:
        """The routes to mount."""
        return [
            Route(CHECKOUT_PATH, self.checkout, methods=["POST"]),
            Route(KEY_PATH, self.public_key, methods=["GET"]),
        ]

    async def checkout(self, request: Request) -> Response:
        """Take a checkout as the payer's number says; 401 and 400 come before that."""
        body = await request.body()
        token = bearer_token(request)
        entry = self._machine.book.add(
            Checkout(
                external_id=external_id_of(body),
                request=received(request, body),
                token_fingerprint=fingerprint(token) if token else None,
            )
        )
        refusal = self._machine.admits(token, request.headers.get("x-api-key"))
        if token is None or refusal is not None:
            return self._answer(entry, wire.unauthorised(refusal or 401))
        if not _is_json(request):
            return self._answer(entry, Response(status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE))
        try:
            order = parse_checkout(body)
        except InvalidCheckout as fault:
            trace_id = self._machine.ids.traceparent()
            return self._answer(entry, wire.invalid(fault.errors, trace_id))
        return await self._take(entry, order, token)

    async def public_key(self, request: Request) -> Response:
        """200 with the key in its envelope (DOC), 404 with an empty body when hidden (PROBE)."""
        refusal = self._machine.admits(bearer_token(request), request.headers.get("x-api-key"))
        keys, book = self._machine.keys, self._machine.book
        if self._machine.hidden_key.take():
            response = Response(status_code=404)
        elif refusal is not None:
            response = wire.unauthorised(refusal)
        elif request.query_params.get("format") != "Pem":
            errors = {"format": ["The format field must be Pem."]}
            response = wire.invalid(errors, self._machine.ids.traceparent())
        else:
            response = wire.json_response(key_envelope(keys.public_pem))
        shown = keys.fingerprint if response.status_code == HTTPStatus.OK else None
        book.add(KeyRequest(path=KEY_PATH, status=response.status_code, key_fingerprint=shown))
        return response

    async def _take(self, entry: Checkout, order: Order, token: str) -> Response:
        is_attended = self._machine.settings.auto_approve is None
        behaviour = behaviour_of(order.msisdn, is_attended=is_attended)
        turn = behaviour.turn(self._turns_taken(order.external_id))
        entry = self._machine.book.amend(entry, behaviour=behaviour.name)
        for effect in turn.effects:
            self._machine.apply(effect, token)
        if not turn.prompts:
            return self._answer(entry, self._render(turn, None))
        payment = self._machine.payers.prompt(order, asks_phone=turn.asks_phone)
        entry = self._machine.book.amend(entry, transaction_id=payment.transaction_id)
        await self._set_off(turn, payment)
        return self._answer(entry, self._render(turn, payment.transaction_id))

    async def _set_off(self, turn: Turn, payment: Payment) -> None:
        payers, background = self._machine.payers, self._machine.background
        await payers.wait(turn.answer_after)
        script = payers.play(payment, turn.steps)
        if turn.callback_first:
            await script
        else:
            background.spawn(script)

    def _turns_taken(self, external_id: str) -> int:
        earlier = self._machine.book.entries(Checkout, external_id)
        return sum(1 for checkout in earlier if checkout.behaviour is not None)

    def _render(self, turn: Turn, transaction_id: str | None) -> Response:
        trace_id = self._machine.ids.traceparent()
        return render(turn.reply, Context(transaction_id, trace_id, self._machine.background))

    def _answer(self, entry: Checkout, response: Response) -> Response:
        if isinstance(response, BrokenResponse):
            answer = HttpAnswer(None, None, "", response.note)
        else:
            answer = answered(response)
        self._machine.book.amend(entry, answer=answer)
        return response


def _is_json(request: Request) -> bool:
    media_type = request.headers.get("content-type", "").partition(";")[0]
    return media_type.strip().lower() == "application/json"
