"""Keys that sign callbacks in tests, and callbacks as AzamPay writes them."""

from __future__ import annotations

import base64
import functools
import json
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.fakes.provider import TRANSACTION

KEY_FILE: Final = Path(__file__).parents[2] / "events" / "test-signing-key.pem"
SIGNED_FIELDS: Final = ("utilityref", "externalreference", "transactionstatus", "operator")


@functools.cache
def azampay_key() -> rsa.RSAPrivateKey:
    """The key that AzamPay signs with, in tests."""
    key = serialization.load_pem_private_key(KEY_FILE.read_bytes(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@functools.cache
def other_key(number: int = 0) -> rsa.RSAPrivateKey:
    """Somebody else's key, or AzamPay's next one."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(key: rsa.RSAPrivateKey) -> str:
    """The public half as PEM."""
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def sign(key: rsa.RSAPrivateKey, text: str) -> str:
    """Base64 of the RSA, SHA-256, PKCS#1 v1.5 signature."""
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def callback_fields(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    """The fields of an unsigned callback in the logged order."""
    fields: dict[str, Any] = {
        "message": "success",
        "user": None,
        "password": None,
        "clientId": None,
        "transactionstatus": "success",
        "operator": "Mpesa",
        "reference": TRANSACTION,
        "externalreference": TRANSACTION,
        "utilityref": "order-1",
        "amount": "1000",
        "transid": TRANSACTION,
        "msisdn": "255712345678",
        "mnoreference": "9f1c2d3e-0000-4000-8000-000000000001",
        "submerchantAcc": None,
        "additionalProperties": {},
    }
    return fields | changes


def callback_body(
    key: rsa.RSAPrivateKey | None = None,
    **changes: Any,  # noqa: ANN401 (any JSON)
) -> bytes:
    """A callback as it arrives, signed with ``key`` if one is given."""
    fields = callback_fields(**changes)
    if key is not None:
        fields["signature"] = sign(key, "".join(str(fields[name]) for name in SIGNED_FIELDS))
    return json.dumps(fields, ensure_ascii=False).encode()
