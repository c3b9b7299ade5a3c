"""What AzamPay's answers mean. Pure: an HTTP answer in, a result or a typed error out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from finconnect import strict_json
from finconnect.clock import from_iso
from finconnect.errors import (
    AuthenticationError,
    PaymentOutcomeUnknown,
    PaymentRefused,
    PaymentRequestError,
    PaymentUnauthorised,
    PublicKeyError,
)
from finconnect.providers.base import AccessToken, CheckoutAccepted
from finconnect.providers.http import HttpAnswer
from finconnect.providers.public_key import normalised_pem
from finconnect.text import clean

ASSUMED_LIFETIME: Final = timedelta(minutes=50)
MIN_LIFETIME: Final = timedelta(minutes=1)
MAX_LIFETIME: Final = timedelta(hours=24)
# LOG: a refusal carries the text "null" where the id would be.
_NO_ID: Final = ("", "null")
_MAX_ID: Final = 128  # characters; LOG: 32
TOKEN_REFUSED: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
"""401 is DOC (Rwanda), 403 is reported too: turned away before anything was done."""


def read_token(answer: HttpAnswer, *, now: datetime, secrets: tuple[str, ...]) -> AccessToken:
    """Read the authenticator's answer (DOC). Raises AuthenticationError in AzamPay's words."""
    body = _json_object(answer.body)
    data = body.get("data") if body else None
    token = data.get("accessToken") if isinstance(data, Mapping) else None
    message = _message(body, secrets)
    if answer.status == HTTPStatus.OK and isinstance(data, Mapping) and _is_token(token):
        return AccessToken(str(token), now, _expiry(data.get("expire"), now))
    raise AuthenticationError(
        _reason(answer, body, message),
        status_code=answer.status,
        provider_message=message,
        trace_id=_trace(answer, body),
    )


def read_checkout(answer: HttpAnswer, *, secrets: tuple[str, ...]) -> CheckoutAccepted:
    """Read the checkout's answer.

    Raises PaymentRefused, PaymentUnauthorised or PaymentOutcomeUnknown. Whatever is not a clear
    acceptance, refusal or turning away is unknown: the prompt may be on the handset.
    """
    body = _json_object(answer.body)
    message = _message(body, secrets)

    def no(kind: type[PaymentRequestError], reason: str) -> PaymentRequestError:
        return kind(
            reason,
            status_code=answer.status,
            provider_message=message,
            trace_id=_trace(answer, body),
            transaction_id=_transaction_id(body),
        )

    if answer.status == HTTPStatus.OK and body:
        transaction_id, success = body.get("transactionId"), body.get("success")
        named = _is_id(transaction_id)
        if success is True and named:
            return CheckoutAccepted(str(transaction_id), message)
        # LOG: `Invalid Vendor` inside a 200 has no id. A `success: true` without one is no refusal,
        # nor is a `success: false` with one: there is a transaction, whatever became of it.
        if not named and (success is False or (success is None and transaction_id == "null")):
            raise no(PaymentRefused, message or "refused without a reason")
    if answer.status == HTTPStatus.BAD_REQUEST:
        raise no(PaymentRefused, message or "the request is not valid (400)")
    if answer.status in TOKEN_REFUSED:
        raise no(PaymentUnauthorised, message or f"HTTP {answer.status}")
    raise no(PaymentOutcomeUnknown, _reason(answer, body, message))


def read_public_key(answer: HttpAnswer) -> str:
    """Read a key answer: a JSON envelope (newlines escaped once or twice) or a bare PEM.

    Returns the PEM text. Raises PublicKeyError unless it is RSA with at least 2,048 bits.
    """
    if answer.status != HTTPStatus.OK:
        raise PublicKeyError(f"HTTP {answer.status}")
    body = _json_object(answer.body)
    found = body.get("publicKey") if body else answer.body.decode("utf-8", errors="replace")
    if not isinstance(found, str):
        raise PublicKeyError("the answer holds no publicKey")
    return normalised_pem(found.replace("\\r", "").replace("\\n", "\n"))


def _expiry(expire: object, now: datetime) -> datetime:
    # `expire` is UTC with Z and up to 7 fraction digits; no lifetime is documented for Tanzania.
    try:
        lifetime = from_iso(str(expire)) - now
    except (ValueError, OverflowError):
        lifetime = ASSUMED_LIFETIME
    return now + min(max(lifetime, MIN_LIFETIME), MAX_LIFETIME)


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        return strict_json.decode_object(body)
    except strict_json.InvalidJson:
        return None


def _is_token(value: object) -> bool:
    # What a header can carry: a token with anything else in it is not one.
    return (
        isinstance(value, str) and value.isascii() and value.isprintable() and bool(value.strip())
    )


def _trace(answer: HttpAnswer, body: Mapping[str, Any] | None) -> str | None:
    # DOC: a 400 names its trace in the body.
    found = answer.trace_id or (body.get("traceId") if body else None)
    return clean(found, limit=128) if isinstance(found, str) and found else None


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value not in _NO_ID and 0 < len(value.strip()) <= _MAX_ID


def _transaction_id(body: Mapping[str, Any] | None) -> str | None:
    found = body.get("transactionId") if body else None
    return str(found) if _is_id(found) else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _message(body: Mapping[str, Any] | None, secrets: tuple[str, ...]) -> str | None:
    if not body:
        return None
    parts = [*_field_errors(body.get("errors"))]
    if not parts:
        parts = [str(body[key]) for key in ("message", "title") if _is_text(body.get(key))][:1]
    return clean("; ".join(parts), secrets=secrets) or None


def _field_errors(errors: object) -> list[str]:
    # DOC: {"errors": {"amount": ["..."], "externalId": null, ...}}; values may be null.
    if not isinstance(errors, Mapping):
        return []
    return [
        f"{name}: {', '.join(str(text) for text in texts)}"
        for name, texts in errors.items()
        if isinstance(texts, list) and texts
    ]


def _reason(answer: HttpAnswer, body: Mapping[str, Any] | None, message: str | None) -> str:
    if message:
        return f"{message} (HTTP {answer.status})"
    if not answer.body.strip():
        return f"an empty answer (HTTP {answer.status})"
    kind = "an answer that is not JSON" if body is None else "an answer without the expected fields"
    return f"{kind} (HTTP {answer.status})"
