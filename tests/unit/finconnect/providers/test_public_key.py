"""Keys: which may be used, and what they say of a signature."""

import pytest

from finconnect.errors import PublicKeyError
from finconnect.providers.public_key import is_signed_by, load_rsa_key
from tests.vectors.loading import public_key


@pytest.mark.parametrize(("name", "bits"), [("rsa-2048", 2048), ("rsa-4096", 4096)])
def test_a_strong_rsa_key_is_loaded(name: str, bits: int) -> None:
    assert load_rsa_key(public_key(name)).key_size == bits


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        (public_key("rsa-1024"), "1024 bits are too few: at least 2048 are needed"),
        (public_key("ec-p256"), "not an RSA key"),
        (public_key().replace("PUBLIC KEY", "PRIVATE KEY"), "not a PEM public key"),
        (public_key().replace("PUBLIC KEY", "CERTIFICATE"), "not a PEM public key"),
        (public_key()[:-40], "not a PEM public key"),
        ("", "not a PEM public key"),
        ("\0", "not a PEM public key"),
        ("\ud800", "not a PEM public key"),
        ("ssh-rsa AAAA", "not a PEM public key"),
    ],
)
def test_any_other_key_is_an_error_that_says_why(pem: str, reason: str) -> None:
    for use in (
        lambda: load_rsa_key(pem),
        lambda: is_signed_by(pem, signature=b"", message=b""),
    ):
        with pytest.raises(PublicKeyError) as caught:
            use()
        assert str(caught.value) == reason


@pytest.mark.parametrize("signature", [b"", b"\0", bytes(256), b"\xff" * 256, bytes(10_000)])
def test_a_signature_that_is_none_is_false_and_no_error(signature: bytes) -> None:
    assert not is_signed_by(public_key(), signature=signature, message=b"text")
