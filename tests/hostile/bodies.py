"""Genuine callbacks, and single defects in them."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.fakes.signing import SIGNED_FIELDS, azampay_key, callback_fields, public_pem, sign

ABSENT: Final = object()
PEM: Final = public_pem(azampay_key())

type Signer = Callable[[str], str]


def signed_text(fields: Mapping[str, Any]) -> str:
    """What AzamPay signs (DOC): four fields, no separator."""
    return "".join(str(fields[name]) for name in SIGNED_FIELDS)


@functools.cache
def as_azampay(text: str) -> str:
    """AzamPay's own signature of a text."""
    return sign(azampay_key(), text)


def genuine(**changes: Any) -> bytes:  # noqa: ANN401 (any JSON)
    """A callback that AzamPay itself signed, whatever its fields."""
    fields = callback_fields(**changes)
    return dump(fields | {"signature": as_azampay(signed_text(fields))})


def changed(**changes: object) -> bytes:
    """A genuine callback whose fields were changed after it was signed; ABSENT leaves one out."""
    fields: dict[str, Any] = {**json.loads(genuine()), **changes}
    return dump({name: value for name, value in fields.items() if value is not ABSENT})


def raw(name: str, text: str) -> bytes:
    """A genuine callback in which a field's value is given as JSON text."""
    return changed(**{name: "@@"}).replace(b'"@@"', text.encode("utf-8", errors="surrogatepass"))


def renamed(name: str, other: str) -> bytes:
    """A genuine callback in which a field has another name."""
    return genuine().replace(json.dumps(name).encode(), json.dumps(other).encode())


def twice(name: str, value: str, *, spelled: str | None = None) -> bytes:
    """A genuine callback with a key once more, at its end, with ``value`` as JSON text."""
    return genuine()[:-1] + f',"{spelled or name}":{value}}}'.encode()


def signed_by(signer: Signer, text: str | None = None) -> bytes:
    """A callback with somebody's signature, of its own text or of another."""
    fields = callback_fields()
    return changed(signature=signer(signed_text(fields) if text is None else text))


def with_signature(change: Callable[[str], object]) -> bytes:
    """A genuine callback whose signature is written otherwise."""
    return changed(signature=change(as_azampay(signed_text(callback_fields()))))


def rsa_signer(
    key: rsa.RSAPrivateKey,
    digest: hashes.HashAlgorithm | None = None,
    pad: padding.AsymmetricPadding | None = None,
) -> Signer:
    """Signs by RSA with this hash (SHA-256) and this padding (PKCS#1 v1.5)."""

    def signer(text: str) -> str:
        made = key.sign(text.encode(), pad or padding.PKCS1v15(), digest or hashes.SHA256())
        return base64.b64encode(made).decode()

    return signer


def pss(salt_length: int) -> padding.PSS:
    """PSS padding with SHA-256."""
    return padding.PSS(padding.MGF1(hashes.SHA256()), salt_length)


def ec_signer(key: ec.EllipticCurvePrivateKey) -> Signer:
    """Signs by ECDSA with SHA-256."""
    return lambda text: base64.b64encode(
        key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
    ).decode()


def dump(fields: Mapping[str, Any]) -> bytes:
    """JSON as AzamPay writes it: compact, not escaped."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", errors="surrogatepass"
    )
