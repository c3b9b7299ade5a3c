"""Payloads: what is accepted, and every fault named at once."""

from typing import Any

import pytest

from finconnect.errors import InvalidPayload
from finconnect.providers.azampay.payload import read_payload
from tests.payload_cases import BAD_CASES, FUNCTION_ONLY_CASES, GOOD_CASES, WHOLE_BODY
from tests.unit.finconnect.providers.azampay.fakes import PAYLOAD

# A body that is no object at all is the HTTP API's business.
OF_ONE_FIELD = [case for case in BAD_CASES + FUNCTION_ONLY_CASES if case[2] != WHOLE_BODY]


def faulty_fields(payload: Any) -> list[str]:  # noqa: ANN401 - whatever came as a payload
    with pytest.raises(InvalidPayload) as caught:
        read_payload(payload)
    return [fault.field for fault in caught.value.faults]


@pytest.mark.parametrize(("name", "payload", "_"), GOOD_CASES, ids=[case[0] for case in GOOD_CASES])
def test_a_good_payload_is_accepted(name: str, payload: Any, _: None) -> None:  # noqa: ANN401
    details = read_payload(payload)
    assert details.msisdn == "255712345678"
    assert details.external_id == payload["externalId"]
    assert details.network == payload["provider"]
    assert details.currency == "TZS"
    assert details.amount == payload["amount"] or str(details.amount) == payload["amount"]


@pytest.mark.parametrize(
    ("name", "payload", "field"), OF_ONE_FIELD, ids=[case[0] for case in OF_ONE_FIELD]
)
def test_one_fault_is_named_by_its_field(name: str, payload: Any, field: str) -> None:  # noqa: ANN401
    assert faulty_fields(payload) == [field]


def test_all_faults_are_named_at_once_and_each_says_what_to_do() -> None:
    with pytest.raises(InvalidPayload) as caught:
        read_payload(
            {
                "accountNumber": "+255712345678",
                "amount": 0,
                "currency": "KES",
                "provider": "MPESA",
                "additionalProperties": [],
                "amout": 1000,
                "note": "x",
            }
        )
    messages = {fault.field: fault.message for fault in caught.value.faults}
    known = "accountNumber, amount, currency, externalId, provider, additionalProperties"
    assert messages == {
        "accountNumber": "must be text, 255 or 0 followed by 9 digits, without +",
        "amount": "must be more than 0 and at most 5000000 (TZS), at most 2 decimals",
        "currency": "must be TZS",
        "externalId": "is required: must be text, 1 to 128 visible ASCII characters, no spaces",
        "provider": "must be one of Airtel, Tigo, Halopesa, Azampesa, Mpesa, spelled exactly so",
        "additionalProperties": "must be an object or null, at most 4096 bytes",
        "amout": f"is not a known field: use {known}",
        "note": f"is not a known field: use {known}",
    }
    assert all(f"{name}: {text}" in str(caught.value) for name, text in messages.items())


def test_an_empty_payload_lacks_every_required_field() -> None:
    assert faulty_fields({}) == ["accountNumber", "amount", "currency", "externalId", "provider"]


@pytest.mark.parametrize(
    "properties",
    [
        {"a": object()},
        {"a": {1, 2}.__iter__()},
        {"a": float("nan")},
        {"a": float("inf")},
        {"a": "\ud800"},
        {"a": [{}] * 2000},
    ],
    ids=["an object", "an iterator", "NaN", "infinity", "a lone surrogate", "too long a list"],
)
def test_properties_that_json_cannot_carry_are_a_fault(properties: object) -> None:
    assert faulty_fields({**PAYLOAD, "additionalProperties": properties}) == [
        "additionalProperties"
    ]


def test_properties_nested_without_end_are_a_fault() -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    assert faulty_fields({**PAYLOAD, "additionalProperties": endless}) == ["additionalProperties"]


def test_a_field_that_is_null_is_wrong_and_not_missing() -> None:
    with pytest.raises(InvalidPayload) as caught:
        read_payload({**PAYLOAD, "currency": None})
    assert str(caught.value) == "currency: must be TZS"


def test_a_field_name_is_made_fit_to_be_shown() -> None:
    (name,) = faulty_fields({**PAYLOAD, "x\n" + "y" * 999: 1})
    assert name.isprintable()
    assert len(name) == 64


def test_no_fault_quotes_a_value() -> None:
    canary = "canary"
    with pytest.raises(InvalidPayload) as caught:
        read_payload(dict.fromkeys([*PAYLOAD, "additionalProperties", "note"], canary))
    assert canary not in repr(caught.value)
