"""AzamPay's callback: parsed strictly, verified over exactly the bytes that were signed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from finconnect import strict_json
from finconnect.errors import CallbackError
from finconnect.money import parse_amount
from finconnect.msisdn import normalise_msisdn
from finconnect.providers.base import Callback, CallbackOutcome, Verdict
from finconnect.providers.public_key import is_signed_by
from finconnect.text import clean

# DOC: concatenated in this order, exactly as received, with no separator. One description in the
# same document names only the first two: that form leaves the status unprotected, and is refused.
SIGNED_FIELDS: Final = ("utilityref", "externalreference", "transactionstatus", "operator")
# LOG: `success`. DOC: `failure` in the schema, `failed` in AzamPay's own plugin.
OUTCOMES: Final = {
    "success": CallbackOutcome.SUCCEEDED,
    "failure": CallbackOutcome.FAILED,
    "failed": CallbackOutcome.FAILED,
}
CURRENCY: Final = "TZS"
# Kept as evidence. `user`, `password`, `clientId` are not: a password can carry a secret.
_KEPT: Final = (
    *SIGNED_FIELDS,
    "transid",
    "reference",
    "amount",
    "currency",
    "mnoreference",
    "message",
    "signature",
)
_READ: Final = (*_KEPT, "msisdn")
# LOG: the form of AzamPay's ids. With no separator between the signed fields, a signature also
# fits the same text cut elsewhere; the fixed form of the second field gives every other cut away.
_REFERENCE: Final = re.compile(r"[0-9a-fA-F]{32}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]")
# Lists and objects say nothing, and can be too deep to be written again: all are like an empty one.
_PLAIN: Final = str | int | Decimal
_MAX_KEY_CHARACTERS: Final = 256
_MAX_SIGNATURE_CHARACTERS: Final = 4096


class AzampayCallbacks:
    """Reads and verifies AzamPay's callbacks. Does no input or output, and needs no HTTP client."""

    def parse_callback(self, body: bytes) -> Callback:
        """Parse a raw callback. Raises CallbackError, and nothing else, if it is malformed."""
        try:
            fields = strict_json.decode_object(body)
        except strict_json.InvalidJson as error:
            raise CallbackError(f"body: {error}") from error
        return _read(fields, hashlib.sha256(body).hexdigest())

    def verify_callback(self, callback: Callback, public_key: str | None) -> Verdict:
        """Say what the signature says. Raises PublicKeyError for a key that must not be used."""
        if callback.signature is None:
            return Verdict.UNSIGNED
        if public_key is None:
            return Verdict.NO_KEY
        genuine = is_signed_by(
            public_key, signature=callback.signature, message=callback.signed_bytes
        )
        return Verdict.SIGNED if genuine else Verdict.FORGED


def _read(fields: Mapping[str, Any], digest: str) -> Callback:
    signed = [_required_text(fields, name) for name in SIGNED_FIELDS]
    external_id, reference, status, operator = signed
    # LOG: repeats `externalreference`, unsigned.
    transid = _optional_text(fields, "transid") and _required_text(fields, "transid")
    return Callback(
        digest=digest,
        external_id=external_id,
        outcome=OUTCOMES.get(status),
        status_text=status,
        references=(reference,) if transid in (None, reference) else (reference, transid),
        reference_is_sound=bool(_REFERENCE.fullmatch(reference)),
        amount=_amount(fields),
        msisdn=_msisdn(fields.get("msisdn")),
        network=operator,
        message=clean(_optional_text(fields, "message") or "") or None,
        evidence=_evidence(fields),
        retained=strict_json.encode(_retained(fields)).decode(),
        signed_bytes="".join(signed).encode("utf-8"),
        signature=_signature(fields),
    )


def _required_text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise CallbackError(f"{name}: must be text")
    if len(value) > _MAX_KEY_CHARACTERS or _CONTROL.search(value):
        raise CallbackError(f"{name}: too long, or holds control characters")
    return value


def _optional_text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise CallbackError(f"{name}: must be text or null")
    return value or None


def _amount(fields: Mapping[str, Any]) -> Decimal | None:
    # LOG: no callback names a currency. An amount in another one agrees with nothing.
    currency = fields.get("currency")
    if not isinstance(currency, _PLAIN | None):
        raise CallbackError("currency: must be text or null")
    return parse_amount(fields.get("amount")) if currency in (None, "", CURRENCY) else None


def _msisdn(value: object) -> str | None:
    return normalise_msisdn(value) if isinstance(value, str) else None


def _signature(fields: Mapping[str, Any]) -> bytes | None:
    text = _optional_text(fields, "signature")
    if text is None:
        return None
    if len(text) > _MAX_SIGNATURE_CHARACTERS:
        raise CallbackError("signature: too long")
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise CallbackError("signature: must be base64") from error


def _retained(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: fields[name] if isinstance(fields[name], _PLAIN | None) else []
        for name in _READ
        if name in fields
    }


def _evidence(fields: Mapping[str, Any]) -> dict[str, str]:
    kept = {name: str(fields[name]) for name in _KEPT if isinstance(fields.get(name), _PLAIN)}
    if "message" in kept:
        kept["message"] = clean(kept["message"])  # free text: a phone number may stand in it
    return kept
