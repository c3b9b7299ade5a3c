"""Builders of AzamPay's callbacks."""

import json
from collections.abc import Mapping
from typing import Any, Final

REFERENCE: Final = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
OTHER_REFERENCE: Final = "f" * 32

# LOG: the fields and their order.
LOGGED: Final[Mapping[str, Any]] = {
    "message": "success",
    "user": None,
    "password": None,
    "clientId": None,
    "transactionstatus": "success",
    "operator": "Mpesa",
    "reference": REFERENCE,
    "externalreference": REFERENCE,
    "utilityref": "ORDER-1",
    "amount": "60000",
    "transid": REFERENCE,
    "msisdn": "255712345678",
    "mnoreference": "3f0c8f6e-8a39-4a0e-9a43-0d6a6f1f0001",
    "submerchantAcc": None,
    "additionalProperties": {},
}
ABSENT: Final = object()


def callback_body(**changes: object) -> bytes:
    """A sound callback but for ``changes``; ABSENT leaves a field out."""
    fields = {name: each for name, each in {**LOGGED, **changes}.items() if each is not ABSENT}
    return json.dumps(fields).encode()


def with_raw(name: str, raw: str) -> bytes:
    """A sound callback in which one field has a value that is given as JSON text."""
    return callback_body(**{name: "@@"}).replace(b'"@@"', raw.encode())
