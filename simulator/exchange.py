"""HTTP requests and answers as the book keeps them: exact bytes, masked secrets."""

import base64
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response

from simulator.entries import HttpAnswer, HttpRequest

_MASKED = {"authorization": "Bearer ***", "x-api-key": "***"}


def http_request(
    method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes
) -> HttpRequest:
    """A request for the book. Authorization and X-API-Key are masked; the body is kept whole."""
    return HttpRequest(
        method,
        url,
        [(name, _MASKED.get(name.lower(), value)) for name, value in headers],
        body.decode("utf-8", "replace"),
        base64.b64encode(body).decode("ascii"),
    )


def received(request: Request, body: bytes) -> HttpRequest:
    """The request that a client sent, for the book."""
    return http_request(request.method, request.url.path, request.headers.items(), body)


def answered(response: Response) -> HttpAnswer:
    """The answer that a client gets, for the book."""
    return http_answer(
        response.status_code, response.headers.get("content-type"), bytes(response.body)
    )


def http_answer(status: int, content_type: str | None, body: bytes) -> HttpAnswer:
    """An answer for the book, its body as text and to the byte."""
    text = body.decode("utf-8", "replace")
    return HttpAnswer(
        status, content_type, text, body_base64=base64.b64encode(body).decode("ascii")
    )


def bearer_token(request: Request) -> str | None:
    """The token of the Authorization header; None if there is none."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" and value.strip() else None
