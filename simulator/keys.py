"""The RSA key pair that signs callbacks."""

import base64
import functools
import hashlib
import random

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from simulator.seeded_keys import KEY_BITS, PUBLIC_EXPONENT, seeded_key


class KeyRing:
    """The current key pair, and an impostor's for forged signatures.

    With a ``seed`` the same keys come in every run. Such keys are no secret: whoever knows the
    seed can make them.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._seeds = None if seed is None else random.Random(seed)  # noqa: S311 - repeatable
        self._private = self._new_key()

    def sign(self, message: bytes) -> str:
        """Base64 of the RSA, SHA-256, PKCS#1 v1.5 signature over ``message`` (DOC)."""
        return _sign(self._private, message)

    def forge(self, message: bytes) -> str:
        """A well-formed signature by a key that was never published."""
        return _sign(self._impostor, message)

    def verifies(self, message: bytes, signature: str) -> bool:
        """Whether the current public key confirms ``signature`` (base64) over ``message``."""
        try:
            raw = base64.b64decode(signature, validate=True)
            self._private.public_key().verify(raw, message, padding.PKCS1v15(), hashes.SHA256())
        except (ValueError, InvalidSignature):
            return False
        return True

    def rotate(self) -> None:
        """Replace the key pair; what the old one signed no longer verifies with the new key."""
        self._private = self._new_key()

    @property
    def public_pem(self) -> str:
        """The current public key as PEM, SubjectPublicKeyInfo, with a final newline (DOC)."""
        return self._public_bytes(serialization.Encoding.PEM).decode("ascii")

    @property
    def fingerprint(self) -> str:
        """The first 12 hexadecimal digits of the SHA-256 of the current public key's DER form."""
        return hashlib.sha256(self._public_bytes(serialization.Encoding.DER)).hexdigest()[:12]

    def _public_bytes(self, encoding: serialization.Encoding) -> bytes:
        return self._private.public_key().public_bytes(
            encoding, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @functools.cached_property
    def _impostor(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=PUBLIC_EXPONENT, key_size=KEY_BITS)

    def _new_key(self) -> rsa.RSAPrivateKey:
        if self._seeds is None:
            return rsa.generate_private_key(public_exponent=PUBLIC_EXPONENT, key_size=KEY_BITS)
        return seeded_key(self._seeds.getrandbits(64))


def _sign(key: rsa.RSAPrivateKey, message: bytes) -> str:
    return base64.b64encode(key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode("ascii")
