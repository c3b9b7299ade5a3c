"""Signatures that do not hold, and base64 that is none."""

# ruff: noqa: RUF001 (look-alikes are the point)

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from tests.fakes.provider import TRANSACTION
from tests.fakes.signing import azampay_key, callback_fields, other_key
from tests.hostile.bodies import (
    ABSENT,
    as_azampay,
    changed,
    ec_signer,
    pss,
    rsa_signer,
    signed_by,
    signed_text,
    with_signature,
)
from tests.hostile.defects.defect import Defect, not_a_callback, not_believed

EC_KEY: Final = ec.generate_private_key(ec.SECP256R1())
WEAK_KEY: Final = rsa.generate_private_key(65537, 1024)  # noqa: S505 (the point)
TEXT: Final = signed_text(callback_fields())
PREHASHED: Final = utils.Prehashed(hashes.SHA256())

_of = as_azampay
_rsa = azampay_key()


def _bytes_of(text: str) -> bytes:
    return base64.b64decode(text)


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _digest(text: str) -> bytes:
    made = hashes.Hash(hashes.SHA256())
    made.update(text.encode())
    return made.finalize()


def _modulus_added(text: str) -> str:
    number = int.from_bytes(_bytes_of(text)) + _rsa.public_key().public_numbers().n
    return _b64(number.to_bytes(257))


FORGED: Final[Mapping[str, Defect]] = {
    name: not_believed(body)
    for name, body in {
        "signature of another payment": signed_by(
            _of, signed_text(callback_fields(utilityref="order-2"))
        ),
        "signature of another transaction": signed_by(
            _of, signed_text(callback_fields(externalreference="f" * 32))
        ),
        "signature of the failure": signed_by(
            _of, signed_text(callback_fields(transactionstatus="failure"))
        ),
        "signature for another network": signed_by(
            _of, signed_text(callback_fields(operator="Tigo"))
        ),
        "signature of two fields": signed_by(_of, f"order-1{TRANSACTION}"),
        "signature of three fields": signed_by(_of, f"order-1{TRANSACTION}success"),
        "signature of one field": signed_by(_of, "order-1"),
        "signature of nothing": signed_by(_of, ""),
        "signature of the fields in another order": signed_by(
            _of, f"{TRANSACTION}order-1successMpesa"
        ),
        "signature with separators": signed_by(_of, f"order-1|{TRANSACTION}|success|Mpesa"),
        "signature of the text and a newline": signed_by(_of, f"{TEXT}\n"),
        "signature of the text in UTF-16": signed_by(_of, TEXT.encode("utf-16-le").decode()),
        "utilityref changed after signing": changed(utilityref="order-2"),
        "externalreference changed after signing": changed(externalreference="f" * 32),
        "status changed after signing": changed(transactionstatus="failure"),
        "status in another case": changed(transactionstatus="SUCCESS"),
        "operator changed after signing": changed(operator="Tigo"),
        "operator in another case": changed(operator="MPESA"),
        "a space after utilityref": changed(utilityref="order-1 "),
        "a look-alike in utilityref": changed(utilityref="оrder-1"),
        "PSS, salt of the digest's length": signed_by(rsa_signer(_rsa, pad=pss(32))),
        "PSS, no salt": signed_by(rsa_signer(_rsa, pad=pss(0))),
        "PSS, the longest salt": signed_by(rsa_signer(_rsa, pad=pss(222))),
        "SHA-1": signed_by(rsa_signer(_rsa, hashes.SHA1())),  # noqa: S303 (the point)
        "SHA-224": signed_by(rsa_signer(_rsa, hashes.SHA224())),
        "SHA-384": signed_by(rsa_signer(_rsa, hashes.SHA384())),
        "SHA-512": signed_by(rsa_signer(_rsa, hashes.SHA512())),
        "SHA3-256": signed_by(rsa_signer(_rsa, hashes.SHA3_256())),
        "MD5": signed_by(rsa_signer(_rsa, hashes.MD5())),  # noqa: S303 (the point)
        "the digest signed as a text": signed_by(
            lambda text: _b64(_rsa.sign(_digest(text), padding.PKCS1v15(), hashes.SHA256()))
        ),
        "the bare digest, encrypted for the key": signed_by(
            lambda text: _b64(_rsa.public_key().encrypt(_digest(text), padding.PKCS1v15()))
        ),
        "an EC key": signed_by(ec_signer(EC_KEY)),
        "an RSA key of 1,024 bits": signed_by(rsa_signer(WEAK_KEY)),
        "another RSA key": signed_by(rsa_signer(other_key())),
        "zeros": changed(signature=_b64(bytes(256))),
        "one": changed(signature=_b64((1).to_bytes(256))),
        "the largest number": changed(signature=_b64(b"\xff" * 256)),
        "a byte short": with_signature(lambda text: _b64(_bytes_of(text)[:-1])),
        "a byte more": with_signature(lambda text: _b64(_bytes_of(text) + b"\0")),
        "a zero byte before": with_signature(lambda text: _b64(b"\0" + _bytes_of(text))),
        "the modulus added": with_signature(_modulus_added),
        "its bytes in reverse": with_signature(lambda text: _b64(_bytes_of(text)[::-1])),
        "one bit flipped": with_signature(
            lambda text: _b64(bytes([_bytes_of(text)[0] ^ 1]) + _bytes_of(text)[1:])
        ),
        "twice over": with_signature(lambda text: _b64(_bytes_of(text) * 2)),
        "base64 of base64": with_signature(lambda text: _b64(text.encode())),
        "hex instead of base64": with_signature(lambda text: _bytes_of(text).hex()),
        "one byte": changed(signature="QQ=="),
        "4,096 characters": changed(signature="A" * 4096),
        "in another case": with_signature(str.swapcase),
    }.items()
}

UNSIGNED: Final[Mapping[str, Defect]] = {
    name: not_believed(body)
    for name, body in {
        "no signature": changed(signature=ABSENT),
        "null for a signature": changed(signature=None),
        "an empty signature": changed(signature=""),
        "no signature, algorithm none": changed(signature=ABSENT, alg="none"),
        "Signature for signature": changed(
            signature=ABSENT, Signature=_of(TEXT), SIGNATURE=_of(TEXT)
        ),
    }.items()
}

BASE64: Final[Mapping[str, Defect]] = {
    name: not_a_callback(body)
    for name, body in {
        "a space before": with_signature(lambda text: f" {text}"),
        "a space after": with_signature(lambda text: f"{text} "),
        "a newline after": with_signature(lambda text: f"{text}\n"),
        "a newline every 64 characters": with_signature(
            lambda text: "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
        ),
        "a tab inside": with_signature(lambda text: f"{text[:9]}\t{text[9:]}"),
        "nothing but a space": changed(signature=" "),
        "the URL-safe alphabet": changed(
            signature=base64.urlsafe_b64encode(b"\xfb\xff" * 128).decode()
        ),
        "missing padding": with_signature(lambda text: text.rstrip("=")),
        "half the padding": with_signature(lambda text: text[:-1]),
        "too much padding": with_signature(lambda text: f"{text}="),
        "padding in the middle": with_signature(lambda text: f"{text[:8]}=={text[8:]}"),
        "padding alone": changed(signature="===="),
        "a NUL": with_signature(lambda text: f"{text}\0"),
        "full-width letters": changed(signature="ＡＡＡＡ"),
        "percent-encoded": with_signature(lambda text: text.replace("=", "%3D")),
        "a data URL": with_signature(lambda text: f"data:;base64,{text}"),
        "PEM around it": with_signature(lambda text: f"-----BEGIN SIGNATURE-----\n{text}"),
        "4,100 characters": changed(signature="A" * 4100),
    }.items()
}
