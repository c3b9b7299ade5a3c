"""The authenticator: tokens, and the public key at the path that was found by probing."""

import hmac

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator import wire
from simulator.entries import KeyRequest, TokenRequest
from simulator.exchange import bearer_token
from simulator.machine import Machine
from simulator.settings import KeyForm
from simulator.tokens import Token, fingerprint
from simulator.validation import missing_credentials

TOKEN_PATH = "/AppRegistration/GenerateToken"  # noqa: S105 - a path
KEY_PATH = "/api/Token/PublicKey"

_REFUSED = "Provided detail is not valid for this app or secret key has been expired"


class Authenticator:
    """The endpoints of AzamPay's authenticator host."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def routes(self) -> list[Route]:
        """The routes to mount."""
        return [
            Route(TOKEN_PATH, self.generate_token, methods=["POST"]),
            Route(KEY_PATH, self.public_key, methods=["GET"]),
        ]

    async def generate_token(self, request: Request) -> Response:
        """200 with a token, 423 for wrong credentials, 400 for empty fields (DOC)."""
        try:
            fields = wire.decode(await request.body())
        except ValueError:
            fields = None
        missing = missing_credentials(fields)
        if missing:
            self._note(fields, 400)
            errors = {name: [f"The {name} field is required."] for name in missing}
            return wire.invalid(errors, self._machine.ids.traceparent())
        if self._machine.token_lock.take() or not self._recognises(fields):
            self._note(fields, 423)
            return _refused()
        token = self._machine.tokens.issue()
        self._note(fields, 200, fingerprint(token.value))
        return _granted(token)

    async def public_key(self, request: Request) -> Response:
        """200 with the key, 401 without a token (PROBE). Its form there is not known."""
        token, api_key = bearer_token(request), request.headers.get("x-api-key")
        refusal = self._machine.admits(token, api_key)
        book = self._machine.book
        if refusal is not None:
            book.add(KeyRequest(path=KEY_PATH, status=refusal))
            return wire.unauthorised(refusal)
        keys = self._machine.keys
        book.add(KeyRequest(path=KEY_PATH, status=200, key_fingerprint=keys.fingerprint))
        return _written(keys.public_pem, self._machine.settings.authenticator_key_form)

    def _recognises(self, fields: dict[str, str]) -> bool:
        settings = self._machine.settings
        expected = (settings.app_name, settings.client_id, settings.client_secret)
        given = (fields["appName"], fields["clientId"], fields["clientSecret"])
        pairs = zip(given, expected, strict=True)
        return all(hmac.compare_digest(g.encode(), e.encode()) for g, e in pairs)

    def _note(self, fields: object, status: int, token: str | None = None) -> None:
        name = fields.get("appName") if isinstance(fields, dict) else None
        self._machine.book.add(
            TokenRequest(
                app_name=name if isinstance(name, str) else None,
                status=status,
                token_fingerprint=token,
            )
        )


def key_envelope(pem: str) -> dict[str, object]:
    """The public key in AzamPay's JSON envelope (DOC)."""
    return {"success": True, "format": "Pem", "publicKey": pem}


def _granted(token: Token) -> Response:
    return wire.json_response(
        {
            "data": {"accessToken": token.value, "expire": token.expire},
            "message": "Token generated successfully",
            "success": True,
            "statusCode": 200,
        }
    )


def _refused() -> Response:
    return wire.json_response(
        {"data": None, "message": _REFUSED, "success": False, "statusCode": 423}, 423
    )


def _written(pem: str, form: KeyForm) -> Response:
    if form is KeyForm.PEM:
        return Response(pem, media_type="text/plain; charset=utf-8")
    text = pem.replace("\n", "\\n") if form is KeyForm.ESCAPED_JSON else pem
    return wire.json_response(key_envelope(text))
