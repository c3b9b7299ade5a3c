"""What is read from a callback that means no harm."""

import hashlib
from dataclasses import replace
from decimal import Decimal

import pytest

from finconnect.providers.azampay.callback import AzampayCallbacks
from finconnect.providers.base import CallbackOutcome
from tests.unit.finconnect.providers.azampay.callbacks import (
    ABSENT,
    OTHER_REFERENCE,
    REFERENCE,
    callback_body,
    with_raw,
)

parse = AzampayCallbacks().parse_callback


def test_the_logged_callback_is_read() -> None:
    callback = parse(callback_body())
    assert callback.external_id == "ORDER-1"
    assert callback.outcome is CallbackOutcome.SUCCEEDED
    assert callback.status_text == "success"
    assert callback.references == (REFERENCE,)
    assert callback.reference_is_sound
    assert callback.amount == Decimal(60000)
    assert callback.msisdn == "255712345678"
    assert callback.network == "Mpesa"
    assert callback.message == "success"
    assert callback.signature is None
    assert callback.signed_bytes == f"ORDER-1{REFERENCE}successMpesa".encode()


def test_the_merchants_reference_is_utilityref_and_no_other_field() -> None:
    body = callback_body(utilityref="mine", externalreference="theirs", reference="another")
    assert parse(body).external_id == "mine"


def test_the_digest_is_that_of_the_raw_body() -> None:
    body = callback_body()
    assert parse(body).digest == hashlib.sha256(body).hexdigest()
    assert parse(body + b" ").digest != parse(body).digest


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("success", CallbackOutcome.SUCCEEDED),
        ("failure", CallbackOutcome.FAILED),
        ("failed", CallbackOutcome.FAILED),
        ("pending", None),
        ("processing", None),
        ("Success", None),
        ("SUCCESS", None),
        ("success ", None),
        ("successful", None),
        ("ѕuccess", None),  # noqa: RUF001 (a Cyrillic letter is the point)
    ],
)
def test_only_the_three_known_words_settle_anything(
    word: str, outcome: CallbackOutcome | None
) -> None:
    callback = parse(callback_body(transactionstatus=word))
    assert callback.outcome is outcome
    assert callback.status_text == word


@pytest.mark.parametrize(
    ("transid", "references"),
    [
        (REFERENCE, (REFERENCE,)),
        (None, (REFERENCE,)),
        (ABSENT, (REFERENCE,)),
        ("", (REFERENCE,)),
        (OTHER_REFERENCE, (REFERENCE, OTHER_REFERENCE)),
        (REFERENCE.upper(), (REFERENCE, REFERENCE.upper())),
    ],
)
def test_the_references_are_the_signed_one_and_a_different_transid(
    transid: object, references: tuple[str, ...]
) -> None:
    assert parse(callback_body(transid=transid)).references == references


@pytest.mark.parametrize(
    ("reference", "sound"),
    [
        (REFERENCE, True),
        (REFERENCE.upper(), True),
        (REFERENCE[1:], False),
        (REFERENCE + "0", False),
        ("1" + REFERENCE, False),
        ("g" * 32, False),
        ("０" * 32, False),  # noqa: RUF001 (digits that are not ASCII are the point)
        ("6f9619ff-8b86-d011-b42d-00c04fc964ff", False),
    ],
)
def test_a_reference_is_sound_if_it_has_the_logged_form(reference: str, sound: bool) -> None:
    assert parse(callback_body(externalreference=reference)).reference_is_sound is sound


@pytest.mark.parametrize(
    ("raw", "amount"),
    [
        ('"60000"', Decimal(60000)),
        ('"60000.00"', Decimal(60000)),
        ('"1000.50"', Decimal("1000.5")),
        ("60000", Decimal(60000)),
        ("1000.50", Decimal("1000.5")),
        ("6e4", Decimal(60000)),
        ('"6e4"', None),
        ('"60,000"', None),
        ('"-60000"', None),
        ("-60000", None),
        ('" 60000"', None),
        ('""', None),
        ("null", None),
        ("true", None),
        ("[60000]", None),
        ('{"value":60000}', None),
        ("1e400", None),
        ("1e-400", None),
        ("1" + "0" * 400, None),
        ('"٦٠٠٠٠"', None),
    ],
)
def test_an_amount_is_exact_or_agrees_with_nothing(raw: str, amount: Decimal | None) -> None:
    assert parse(with_raw("amount", raw)).amount == amount


@pytest.mark.parametrize(
    ("msisdn", "read"),
    [
        ("255712345678", "255712345678"),
        ("0712345678", "255712345678"),
        ("+255712345678", None),
        ("712345678", None),
        (255712345678, None),
        (None, None),
        (ABSENT, None),
        (["255712345678"], None),
        ("२५५712345678", None),
    ],
)
def test_a_phone_number_is_plain_or_agrees_with_nothing(msisdn: object, read: str | None) -> None:
    assert parse(callback_body(msisdn=msisdn)).msisdn == read


def test_user_password_and_client_id_are_kept_nowhere() -> None:
    canary = "canary-password"
    callback = parse(
        callback_body(
            user=canary, password=canary, clientId=canary, additionalProperties={"a": canary}
        )
    )
    assert canary not in repr(callback)
    assert canary not in callback.signed_bytes.decode()


def test_what_may_serve_as_evidence_is_kept_as_it_was_received() -> None:
    body = callback_body(amount="60000.0", reference="r-1", mnoreference="m-1", signature="QUJD")
    assert parse(body).evidence == {
        "utilityref": "ORDER-1",
        "externalreference": REFERENCE,
        "transactionstatus": "success",
        "operator": "Mpesa",
        "transid": REFERENCE,
        "reference": "r-1",
        "amount": "60000.0",
        "mnoreference": "m-1",
        "message": "success",
        "signature": "QUJD",
    }


@pytest.mark.parametrize(("raw", "kept"), [("60000", "60000"), ("1000.50", "1000.50")])
def test_an_amount_sent_as_a_number_is_kept_as_evidence_too(raw: str, kept: str) -> None:
    assert parse(with_raw("amount", raw)).evidence["amount"] == kept


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"signature": "QUJD", "amount": 1000.5, "transid": OTHER_REFERENCE},
        {"amount": None, "msisdn": ["x"], "reference": 5, "mnoreference": ABSENT, "message": "é\n"},
    ],
)
def test_what_waits_in_a_queue_parses_to_the_same_callback(changes: dict[str, object]) -> None:
    callback = parse(callback_body(password="canary", user="canary", **changes))
    again = parse(callback.retained.encode())
    assert replace(again, digest=callback.digest) == callback
    assert "canary" not in callback.retained


@pytest.mark.parametrize("properties", [{}, "{}", None, ABSENT, {"a": {"b": [1]}}, 5])
def test_additional_properties_are_nobodys_business(properties: object) -> None:
    assert parse(callback_body(additionalProperties=properties)).external_id == "ORDER-1"


def test_fields_that_are_not_known_are_ignored() -> None:
    assert parse(callback_body(fee="12", UtilityRef="other")).external_id == "ORDER-1"


def test_a_callback_without_optional_fields_is_read() -> None:
    callback = parse(
        callback_body(
            message=None, mnoreference=ABSENT, reference=ABSENT, transid=ABSENT, user=ABSENT
        )
    )
    assert callback.message is None
    assert callback.references == (REFERENCE,)


def test_the_message_is_made_fit_to_be_shown() -> None:
    callback = parse(callback_body(message="paid by 255712345678\nERROR forged\x1b[2J" + "x" * 999))
    assert callback.message is not None
    assert callback.message.startswith("paid by 2557*****678 ERROR forged [2J")
    assert callback.message.isprintable()
    assert len(callback.message) == 300
