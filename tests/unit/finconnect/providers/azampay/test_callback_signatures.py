"""Signatures, against vectors that openssl made: see tests/vectors/README.md."""

from decimal import Decimal

import pytest

from finconnect.errors import PublicKeyError
from finconnect.providers.azampay import AzampayConfig, AzampayProvider
from finconnect.providers.azampay.callback import AzampayCallbacks
from finconnect.providers.base import CallbackOutcome, Verdict
from tests.unit.finconnect.providers.azampay.callbacks import callback_body
from tests.vectors.loading import Vector, load_vectors, public_key

VECTORS = load_vectors()
callbacks = AzampayCallbacks()
A_SUCCESS = VECTORS["a success"]


def verdict_of(vector: Vector, key: str | None) -> Verdict:
    return callbacks.verify_callback(callbacks.parse_callback(vector.body), key)


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_every_vector_gets_its_verdict(vector: Vector) -> None:
    assert verdict_of(vector, public_key(vector.key)).value == vector.verdict


def test_no_defect_is_missing_among_the_vectors() -> None:
    assert {
        "utilityref changed",
        "externalreference changed",
        "transactionstatus changed",
        "operator changed",
        "signature of another payment",
        "signature of two fields only",
        "PSS padding",
        "SHA-1",
        "an EC key",
        "an RSA key of 1024 bits",
        "another RSA key",
    } <= {name for name, vector in VECTORS.items() if vector.verdict == "forged"}


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_without_a_key_a_signature_is_neither_believed_nor_refused(vector: Vector) -> None:
    assert verdict_of(vector, None) is Verdict.NO_KEY


@pytest.mark.parametrize("key", ["other-rsa-2048", "rsa-4096"])
def test_another_key_believes_nothing(key: str) -> None:
    assert verdict_of(A_SUCCESS, public_key(key)) is Verdict.FORGED


@pytest.mark.parametrize(
    ("vector", "key"),
    [
        ("an EC key", public_key("ec-p256")),
        ("an RSA key of 1024 bits", public_key("rsa-1024")),
        ("a success", "not a key"),
        ("a success", ""),
        ("a success", public_key().replace("PUBLIC", "PRIVATE")),
        ("a success", "\ud800"),
    ],
)
def test_a_key_that_must_not_be_used_is_an_error_and_no_verdict(vector: str, key: str) -> None:
    with pytest.raises(PublicKeyError):
        verdict_of(VECTORS[vector], key)


@pytest.mark.parametrize("signature", [None, ""])
@pytest.mark.parametrize("key", [None, public_key()])
def test_a_callback_without_signature_is_unsigned(signature: str | None, key: str | None) -> None:
    callback = callbacks.parse_callback(callback_body(signature=signature))
    assert callbacks.verify_callback(callback, key) is Verdict.UNSIGNED


@pytest.mark.parametrize(
    "name", ["boundary moved left", "boundary moved right", "boundary of the status moved"]
)
def test_a_moved_boundary_keeps_the_signature_but_gives_itself_away(name: str) -> None:
    honest = callbacks.parse_callback(A_SUCCESS.body)
    moved = callbacks.parse_callback(VECTORS[name].body)
    assert moved.signed_bytes == honest.signed_bytes
    assert verdict_of(VECTORS[name], public_key()) is Verdict.SIGNED
    assert honest.reference_is_sound
    assert not moved.reference_is_sound


def test_a_moved_status_is_no_word_that_settles_anything() -> None:
    moved = callbacks.parse_callback(VECTORS["boundary of the status moved"].body)
    assert moved.outcome is None


def test_what_the_signature_does_not_cover_is_given_for_comparison() -> None:
    assert callbacks.parse_callback(VECTORS["amount changed"].body).amount == Decimal(1)
    assert callbacks.parse_callback(VECTORS["msisdn changed"].body).msisdn == "255700000001"
    assert len(callbacks.parse_callback(VECTORS["transid changed"].body).references) == 2


def test_handling_a_callback_gives_the_verdict_with_the_parsed_callback() -> None:
    handled = AzampayProvider(AzampayConfig()).handle_callback(A_SUCCESS.body, public_key())
    assert handled.verdict is Verdict.SIGNED
    assert handled.callback.external_id == "ORDER-1"
    assert handled.callback.outcome is CallbackOutcome.SUCCEEDED
