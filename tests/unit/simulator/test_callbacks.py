"""Callbacks: the logged field order, the four-field signature, and each lie by itself."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from msgspec import structs

from simulator.behaviours import APPROVED, CLAIMED, FAILED_WORD, REVERSED, Outcome, Tamper
from simulator.callbacks import build_callback
from simulator.entries import Payment
from simulator.keys import KeyRing

LOGGED_ORDER = [
    "message",
    "user",
    "password",
    "clientId",
    "transactionstatus",
    "operator",
    "reference",
    "externalreference",
    "utilityref",
    "amount",
    "transid",
    "msisdn",
    "mnoreference",
    "submerchantAcc",
    "additionalProperties",
]
PAYMENT = Payment(
    external_id="order-Ü1",
    transaction_id="0123456789abcdef0123456789abcdef",
    reference="0123456789abcdef0123456789abcdef",
    mno_reference="11111111-2222-4333-8444-555555555555",
    network="Mpesa",
    msisdn="255712345678",
    amount="60000",
    additional_properties={"a": 1},
)
TAMPERED_FIELD = {
    Tamper.AMOUNT: "amount",
    Tamper.STATUS: "transactionstatus",
    Tamper.PHONE: "msisdn",
    Tamper.NETWORK: "operator",
    Tamper.TRANSID: "transid",
    Tamper.SIGNATURE: "signature",
}
UNSIGNED_FIELDS = {Tamper.AMOUNT, Tamper.PHONE, Tamper.TRANSID}


@pytest.fixture(scope="module")
def keys() -> KeyRing:
    return KeyRing()


def verifies(pem: str, fields: dict[str, Any]) -> bool:
    """The check that a merchant makes, by the documentation and not by the simulator's code."""
    signed = (
        fields["utilityref"]
        + fields["externalreference"]
        + fields["transactionstatus"]
        + fields["operator"]
    )
    key = serialization.load_pem_public_key(pem.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    signature = base64.b64decode(fields["signature"], validate=True)
    try:
        key.verify(signature, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def test_an_unsigned_callback_has_the_logged_fields_in_order(keys: KeyRing) -> None:
    body = build_callback(PAYMENT, APPROVED, keys, signed=False).body
    assert list(json.loads(body)) == LOGGED_ORDER


def test_a_signed_callback_has_the_signature_after_them(keys: KeyRing) -> None:
    assert list(json.loads(build_callback(PAYMENT, APPROVED, keys).body)) == [
        *LOGGED_ORDER,
        "signature",
    ]


def test_an_unsigned_callback_is_the_logged_one_to_the_byte(keys: KeyRing) -> None:
    """As a merchant logged it (LOG), with other values."""
    paid = structs.replace(PAYMENT, external_id="ORDER-1", additional_properties={})
    assert build_callback(paid, APPROVED, keys, signed=False).body == (
        b'{"message":"success","user":null,"password":null,"clientId":null,'
        b'"transactionstatus":"success","operator":"Mpesa",'
        b'"reference":"0123456789abcdef0123456789abcdef",'
        b'"externalreference":"0123456789abcdef0123456789abcdef","utilityref":"ORDER-1",'
        b'"amount":"60000","transid":"0123456789abcdef0123456789abcdef","msisdn":"255712345678",'
        b'"mnoreference":"11111111-2222-4333-8444-555555555555","submerchantAcc":null,'
        b'"additionalProperties":{}}'
    )


def test_the_values_are_those_of_the_payment(keys: KeyRing) -> None:
    fields = json.loads(build_callback(PAYMENT, APPROVED, keys).body)
    del fields["signature"]
    assert fields == {
        "message": "success",
        "user": None,
        "password": None,
        "clientId": None,
        "transactionstatus": "success",
        "operator": "Mpesa",
        "reference": "0123456789abcdef0123456789abcdef",
        "externalreference": "0123456789abcdef0123456789abcdef",
        "utilityref": "order-Ü1",
        "amount": "60000",
        "transid": "0123456789abcdef0123456789abcdef",
        "msisdn": "255712345678",
        "mnoreference": "11111111-2222-4333-8444-555555555555",
        "submerchantAcc": None,
        "additionalProperties": {"a": 1},
    }


def test_openssl_verifies_the_signature(keys: KeyRing, tmp_path: Path) -> None:
    callback = build_callback(PAYMENT, APPROVED, keys)
    signature = base64.b64decode(json.loads(callback.body)["signature"])
    (tmp_path / "key.pem").write_text(keys.public_pem)
    (tmp_path / "signature").write_bytes(signature)
    command = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature"]

    def run(text: str) -> tuple[int, bytes]:
        done = subprocess.run(
            command, cwd=tmp_path, input=text.encode(), capture_output=True, check=False
        )
        return done.returncode, done.stdout.strip()

    signed = "order-Ü10123456789abcdef0123456789abcdefsuccessMpesa"
    assert callback.signature_input == signed
    assert run(signed) == (0, b"Verified OK")
    assert run(signed.replace("success", "failure"))[0] != 0


def test_a_rotated_key_no_longer_verifies_what_was_signed_before() -> None:
    keys = KeyRing()
    fields = json.loads(build_callback(PAYMENT, APPROVED, keys).body)
    old = keys.public_pem, keys.fingerprint
    assert verifies(old[0], fields)
    keys.rotate()
    assert not verifies(keys.public_pem, fields)
    assert keys.fingerprint != old[1]


def test_the_key_is_rsa_of_2048_bits_in_pem(keys: KeyRing) -> None:
    assert keys.public_pem.startswith("-----BEGIN PUBLIC KEY-----\n")
    key = serialization.load_pem_public_key(keys.public_pem.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 2048


@pytest.mark.parametrize(("outcome", "word"), [(REVERSED, "failure"), (FAILED_WORD, "failed")])
def test_the_negative_words(keys: KeyRing, outcome: Outcome, word: str) -> None:
    fields = json.loads(build_callback(PAYMENT, outcome, keys).body)
    assert fields["transactionstatus"] == word
    assert verifies(keys.public_pem, fields)


@pytest.mark.parametrize("tamper", TAMPERED_FIELD)
def test_tampering_changes_one_field(keys: KeyRing, tamper: Tamper) -> None:
    honest = json.loads(build_callback(PAYMENT, CLAIMED, keys).body)
    altered = json.loads(build_callback(PAYMENT, CLAIMED, keys, tamper=tamper).body)
    assert [n for n in honest if honest[n] != altered[n]] == [TAMPERED_FIELD[tamper]]
    assert verifies(keys.public_pem, altered) == (tamper in UNSIGNED_FIELDS)


@pytest.mark.parametrize("tamper", [t for t in TAMPERED_FIELD if t is not Tamper.SIGNATURE])
def test_resigned_tampering_verifies(keys: KeyRing, tamper: Tamper) -> None:
    honest = json.loads(build_callback(PAYMENT, CLAIMED, keys).body)
    callback = build_callback(PAYMENT, CLAIMED, keys, tamper=tamper, resign=True)
    altered = json.loads(callback.body)
    assert altered[TAMPERED_FIELD[tamper]] != honest[TAMPERED_FIELD[tamper]]
    assert verifies(keys.public_pem, altered)


def test_unsigned_has_no_signature_field_and_no_signature_input(keys: KeyRing) -> None:
    callback = build_callback(PAYMENT, CLAIMED, keys, tamper=Tamper.UNSIGNED)
    assert "signature" not in json.loads(callback.body)
    assert callback.signature_input is None


def test_status_tampering_goes_both_ways(keys: KeyRing) -> None:
    def word(outcome: Outcome) -> str:
        body = build_callback(PAYMENT, outcome, keys, tamper=Tamper.STATUS).body
        return str(json.loads(body)["transactionstatus"])

    assert word(CLAIMED) == "failure"
    assert word(REVERSED) == "success"


def test_the_same_callback_twice_is_the_same_bytes(keys: KeyRing) -> None:
    bodies = {build_callback(PAYMENT, APPROVED, keys).body for _ in range(2)}
    assert len(bodies) == 1
