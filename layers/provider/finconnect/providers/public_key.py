"""RSA public keys: which are strong enough, and what they say of a signature."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from finconnect.errors import PublicKeyError

MIN_KEY_BITS: Final = 2048


def load_rsa_key(pem: str) -> RSAPublicKey:
    """Load a PEM public key. Raises PublicKeyError unless it is RSA with at least 2,048 bits."""
    try:
        key = load_pem_public_key(pem.encode("utf-8"))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise PublicKeyError("not a PEM public key") from error
    if not isinstance(key, RSAPublicKey):
        raise PublicKeyError("not an RSA key")
    if key.key_size < MIN_KEY_BITS:
        raise PublicKeyError(f"{key.key_size} bits are too few: at least {MIN_KEY_BITS} are needed")
    return key


def normalised_pem(pem: str) -> str:
    """The key alone and in one form, whatever stood around it. Raises PublicKeyError."""
    key = load_rsa_key(pem)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def is_signed_by(pem: str, *, signature: bytes, message: bytes) -> bool:
    """Whether ``signature`` is RSA, SHA-256, PKCS#1 v1.5 over ``message`` by this key.

    The algorithm and the padding are ours to choose, never the sender's. Raises PublicKeyError.
    """
    key = load_rsa_key(pem)
    try:
        key.verify(signature, message, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
