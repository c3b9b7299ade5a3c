"""JSON as AzamPay writes it, and its fixed answers."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from starlette.responses import Response

JSON_TYPE = "application/json; charset=utf-8"

type Errors = Mapping[str, Sequence[str] | None]


def encode(value: object) -> bytes:
    """Compact UTF-8 JSON, fields in the order given, as in the logged callbacks (LOG)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def decode(body: bytes) -> Any:  # noqa: ANN401 - JSON
    """The JSON value in ``body``; ValueError for anything that is not strict UTF-8 JSON.

    NaN, Infinity, nesting beyond what Python can follow and lone surrogates are refused too: none
    could be written back into a callback.
    """
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
        encode(value)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def json_response(value: object, status: int = 200) -> Response:
    """An answer with ``value`` as its JSON body."""
    return Response(encode(value), status, media_type=JSON_TYPE)


def unauthorised(status: int = 401) -> Response:
    """The refusal of a missing, unknown or expired token (DOC, Rwanda); 403 is reported too."""
    return json_response(
        {"status": "Error", "message": "Please Provide Valid Authorization"}, status
    )


def invalid(errors: Errors, trace_id: str) -> Response:
    """The 400 of a request with faulty fields (DOC); the values of sound fields are null."""
    return json_response(
        {
            "errors": errors,
            "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
            "traceId": trace_id,
            "title": "One or more validation errors occurred.",
            "status": 400,
        },
        400,
    )
