"""HTTP as API Gateway speaks it: bodies in, answers out, and every error in one place."""

from __future__ import annotations

import base64
import binascii
import functools
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from finconnect import strict_json
from finconnect.errors import CallbackError, Fault, FinConnectError, InvalidPayload
from finconnect.payments.errors import (
    MAX_BODY_BYTES,
    ExternalIdReused,
    LedgerUnavailable,
    NotUnderstood,
    PayloadTooLarge,
    PaymentInProgress,
    PaymentNotFound,
    SignatureRefused,
    StoreUnavailable,
    UnknownUrl,
    UnsupportedMediaType,
)
from finconnect.payments.telemetry import Fact, Telemetry

type Event = Mapping[str, Any]
type Response = dict[str, Any]
type Handler = Callable[[dict[str, Any]], Response]

_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as the caller sees it (RFC 9457). ``retry_after`` is in seconds."""

    status: int
    code: str
    title: str
    detail: str
    retry_after: int | None = None


# The texts are fixed, so that nothing of the inside leaks out; only the faults of the caller's own
# input and the provider's own words are passed on.
_SERVER_ERROR: Final = 500
_LEDGER_UNAVAILABLE: Final = Problem(
    503,
    "unavailable",
    "Not available now",
    "The outcome is not known. Sending the same again is safe: it never charges twice.",
    5,
)
PROBLEMS: Final[Mapping[type[FinConnectError], Problem]] = {
    InvalidPayload: Problem(
        400,
        "invalid_payment",
        "The request is not valid",
        "Each of errors names a field and the fix.",
    ),
    CallbackError: Problem(
        400, "invalid_callback", "Not a callback", "The body is not a callback."
    ),
    PayloadTooLarge: Problem(413, "payload_too_large", "Too large", "Send at most 65536 bytes."),
    UnsupportedMediaType: Problem(
        415, "unsupported", "Unsupported media type", "Send application/json."
    ),
    PaymentNotFound: Problem(
        404, "not_found", "No such payment", "No payment has this externalId."
    ),
    UnknownUrl: Problem(404, "not_found", "Not found", "There is nothing here."),
    ExternalIdReused: Problem(
        422,
        "external_id_reused",
        "The externalId was used before",
        "A payment with this externalId and another payload exists. Use a new externalId.",
    ),
    PaymentInProgress: Problem(
        409,
        "in_progress",
        "The payment is being sent",
        "An equal request is being sent right now. Ask for the payment, or post it again later.",
        retry_after=5,
    ),
    SignatureRefused: Problem(
        401, "invalid_signature", "The signature does not verify", "The callback was not accepted."
    ),
    StoreUnavailable: Problem(
        503, "unavailable", "Not available now", "It could not be taken now. Send it again.", 5
    ),
    LedgerUnavailable: _LEDGER_UNAVAILABLE,
    NotUnderstood: _LEDGER_UNAVAILABLE,
}
_INTERNAL: Final = Problem(
    500,
    "internal_error",
    "Something went wrong here",
    "The outcome is not known. Sending the same again is safe: it never charges twice.",
)


def json_response(
    status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    """An answer with a JSON body."""
    return _response(status, body, _JSON, headers or {})


def problem_response(problem: Problem, **extensions: object) -> Response:
    """An answer that says what is wrong, as ``application/problem+json``."""
    body = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
    }
    headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else {}
    return _response(problem.status, body | extensions, "application/problem+json", headers)


def read_body(event: Event) -> bytes:
    """The body's bytes as they were sent, also where API Gateway encoded them in base64.

    Raises PayloadTooLarge for more than 64 KiB, CallbackError for base64 that is none.
    """
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        body = text.encode("utf-8", errors="surrogatepass")
    else:
        try:
            body = base64.b64decode(text, validate=True)
        except (ValueError, binascii.Error) as error:
            raise CallbackError("body: must be valid base64") from error
    if len(body) > MAX_BODY_BYTES:
        raise PayloadTooLarge(f"more than {MAX_BODY_BYTES} bytes")
    return body


def header(event: Event, name: str) -> str | None:
    """A header of the request, whatever the case of its name; None if there is none."""
    headers = event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == name.lower()), None)


def read_json(event: Event) -> dict[str, Any]:
    """The body as one JSON object. Raises UnsupportedMediaType, PayloadTooLarge, InvalidPayload.

    Without a content type it is taken for JSON, as API Gateway does.
    """
    media_type, _, _ = (header(event, "Content-Type") or _JSON).partition(";")
    if media_type.strip().lower() != _JSON:
        raise UnsupportedMediaType("the body is not application/json")
    try:
        return strict_json.decode_object(read_body(event))
    except (strict_json.InvalidJson, CallbackError) as error:
        raise InvalidPayload(
            (Fault("body", f"must be one JSON object in UTF-8: {error}"),)
        ) from error


def answers_problems(telemetry: Telemetry) -> Callable[[Handler], Handler]:
    """Decorate a handler so that every error becomes an answer, and none a stack trace for all."""

    def decorate(handler: Handler) -> Handler:
        @functools.wraps(handler)
        def wrapped(event: dict[str, Any]) -> Response:
            try:
                return handler(event)
            except FinConnectError as error:
                return _answer(error, telemetry)
            except Exception as error:  # noqa: BLE001 (the last line of defence; told, not hidden)
                _tell_unexpected(error, telemetry)
                return problem_response(_INTERNAL)

        return wrapped

    return decorate


def _answer(error: FinConnectError, telemetry: Telemetry) -> Response:
    problem = PROBLEMS.get(type(error))
    if problem is None:
        _tell_unexpected(error, telemetry)
        return problem_response(_INTERNAL)
    # None of these is the provider's: a payment that it could not take is a state, and no error.
    fact = Fact.REQUEST_FAILED if problem.status >= _SERVER_ERROR else Fact.REQUEST_REFUSED
    telemetry.tell(fact, code=problem.code, http_status=problem.status, reason=str(error))
    if isinstance(error, InvalidPayload):
        faults = [{"field": fault.field, "message": fault.message} for fault in error.faults]
        return problem_response(problem, errors=faults)
    if isinstance(error, CallbackError):
        return problem_response(problem, detail=str(error))
    return problem_response(problem)


def _tell_unexpected(error: Exception, telemetry: Telemetry) -> None:
    # The place, and not the text: the text of somebody else's error can hold what we were given.
    frames = traceback.extract_tb(error.__traceback__)
    telemetry.tell(
        Fact.UNEXPECTED,
        error=type(error).__name__,
        where=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:]],
    )


def _response(
    status: int, body: Mapping[str, Any], content_type: str, headers: Mapping[str, str]
) -> Response:
    return {
        "statusCode": status,
        "headers": {"Content-Type": content_type, "Cache-Control": "no-store", **headers},
        "body": msgspec.json.encode(body).decode(),
        "isBase64Encoded": False,
    }
