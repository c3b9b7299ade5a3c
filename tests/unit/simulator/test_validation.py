"""What is accepted as a checkout, field by field."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import wire
from simulator.validation import (
    NETWORKS,
    InvalidCheckout,
    canonical_amount,
    external_id_of,
    missing_credentials,
    parse_checkout,
)

GOOD: dict[str, Any] = {
    "accountNumber": "255712345678",
    "amount": "60000",
    "currency": "TZS",
    "externalId": "order-1",
    "provider": "Mpesa",
    "additionalProperties": None,
}


def checkout(**changes: object) -> bytes:
    return wire.encode({k: v for k, v in (GOOD | changes).items() if v is not ...})


def errors_of(body: bytes) -> dict[str, Any]:
    with pytest.raises(InvalidCheckout) as caught:
        parse_checkout(body)
    return dict(caught.value.errors)


def faulty_fields(body: bytes) -> list[str]:
    return [name for name, texts in errors_of(body).items() if texts]


def test_a_good_checkout_is_read() -> None:
    order = parse_checkout(checkout(additionalProperties={"a": [1, {"b": "ç"}]}))
    assert order.msisdn == "255712345678"
    assert order.amount == "60000"
    assert order.currency == "TZS"
    assert order.external_id == "order-1"
    assert order.network == "Mpesa"
    assert order.additional_properties == {"a": [1, {"b": "ç"}]}


@pytest.mark.parametrize("network", NETWORKS)
def test_the_five_networks(network: str) -> None:
    assert parse_checkout(checkout(provider=network)).network == network


def test_the_networks_are_the_documented_ones() -> None:
    assert set(NETWORKS) == {"Airtel", "Tigo", "Halopesa", "Azampesa", "Mpesa"}


@pytest.mark.parametrize(
    "network", ["mpesa", "MPESA", "Mixx", "Vodacom", "Mpesa ", "", 1, None, ...]
)
def test_other_spellings_of_networks_are_refused(network: object) -> None:
    assert faulty_fields(checkout(provider=network)) == ["provider"]


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (1000, "1000"),
        ("1000", "1000"),
        (1000.0, "1000"),
        ("1000.00", "1000"),
        ("1000.50", "1000.50"),
        (0, "0"),
        (5_000_000, "5000000"),
        ("5000000", "5000000"),
        (5e6, "5000000"),
    ],
)
def test_amounts_as_text_or_number(given: object, written: str) -> None:
    assert parse_checkout(checkout(amount=given)).amount == written


@pytest.mark.parametrize(
    "amount",
    [
        5_000_001,
        "5000000.01",
        "1E-9999999",
        5e300,
        -1,
        "-0.01",
        "ten",
        "",
        "NaN",
        "Infinity",
        True,
        [],
        None,
        ...,
    ],
)
def test_amounts_that_are_refused(amount: object) -> None:
    assert faulty_fields(checkout(amount=amount)) == ["amount"]


@pytest.mark.parametrize("number", ["255712345678", "0712345678"])
def test_both_forms_of_number_are_one_payer(number: str) -> None:
    assert parse_checkout(checkout(accountNumber=number)).msisdn == "255712345678"


@pytest.mark.parametrize(
    "number",
    [
        "+255712345678",
        "25571234567",
        "2557123456789",
        "712345678",
        "07123456789",
        "٠٧١٢٣٤٥٦٧٨",
        "0712345678\n",
        "",
        712345678,
        None,
        ...,
    ],
)
def test_other_forms_of_number_are_refused(number: object) -> None:
    assert faulty_fields(checkout(accountNumber=number)) == ["accountNumber"]


def test_external_id_has_at_most_128_characters() -> None:
    assert parse_checkout(checkout(externalId="x" * 128)).external_id == "x" * 128
    assert faulty_fields(checkout(externalId="x" * 129)) == ["externalId"]


@pytest.mark.parametrize("value", ["", "  ", 5, None, ...])
def test_external_id_is_required_text(value: object) -> None:
    assert faulty_fields(checkout(externalId=value)) == ["externalId"]


@pytest.mark.parametrize("value", ["", 5, None, ..., "T" * 33])
def test_currency_is_required_text_of_at_most_32(value: object) -> None:
    assert faulty_fields(checkout(currency=value)) == ["currency"]
    assert parse_checkout(checkout(currency="T" * 32)).currency == "T" * 32


def test_additional_properties_have_at_most_4096_bytes() -> None:
    empty = len(wire.encode({"k": ""}))
    most = {"k": "é" * ((4096 - empty) // 2)}
    assert 4095 <= len(wire.encode(most)) <= 4096
    assert parse_checkout(checkout(additionalProperties=most)).additional_properties == most
    over = {"k": most["k"] + "é"}
    assert faulty_fields(checkout(additionalProperties=over)) == ["additionalProperties"]


@pytest.mark.parametrize("value", ["{}", [], 1, True])
def test_additional_properties_are_an_object(value: object) -> None:
    assert faulty_fields(checkout(additionalProperties=value)) == ["additionalProperties"]


@pytest.mark.parametrize("value", [None, ..., {}])
def test_additional_properties_may_be_absent(value: object) -> None:
    assert parse_checkout(checkout(additionalProperties=value)).additional_properties == {}


def test_all_faults_are_named_and_sound_fields_are_null() -> None:
    errors = errors_of(checkout(amount=-1, provider="Mixx"))
    assert list(errors) == ["amount", "externalId", "accountNumber", "provider"]
    assert errors["externalId"] is errors["accountNumber"] is None
    assert all(isinstance(errors[name], list) for name in ("amount", "provider"))


def test_fields_that_are_not_known_are_ignored() -> None:
    assert parse_checkout(checkout(extra=1)).external_id == "order-1"


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"null", b"\xff", b"{"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    assert faulty_fields(body) == ["$"]
    assert external_id_of(body) is None


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text(), st.lists).map(repr).map(str.encode)
)
def test_no_body_raises_anything_else(body: bytes) -> None:
    with pytest.raises(InvalidCheckout):
        parse_checkout(body)


def test_the_external_id_of_a_refused_checkout_is_still_found() -> None:
    assert external_id_of(checkout(amount=-1)) == "order-1"
    assert external_id_of(checkout(externalId=7)) is None


@given(st.decimals(min_value=0, max_value=5_000_000, places=2))
def test_amounts_keep_their_value(amount: Decimal) -> None:
    assert Decimal(canonical_amount(str(amount))) == amount


@pytest.mark.parametrize(
    "fields", [None, [], {}, {"appName": "a", "clientId": "", "clientSecret": 1}]
)
def test_missing_credentials_are_named(fields: object) -> None:
    missing = missing_credentials(fields)
    assert "clientId" in missing
    assert "clientSecret" in missing
    assert ("appName" in missing) == (not isinstance(fields, dict) or not fields)
