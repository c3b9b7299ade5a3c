"""The gateway's schema takes good payments, and refuses the others for the field at fault."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from jsonschema import Draft4Validator, ValidationError, validators

from tests.payload_cases import BAD_CASES, CASES, FUNCTION_ONLY_CASES, GOOD_CASES, WHOLE_BODY
from tests.template.documents import read_openapi
from tests.template.nodes import Json

REQUIRED = re.compile(r"'(\w+)' is a required property")
UNKNOWN = re.compile(r"'(\w+)' was unexpected")


@pytest.mark.parametrize(
    "payload", [case[1] for case in GOOD_CASES], ids=[c[0] for c in GOOD_CASES]
)
def test_a_good_payment_is_taken(payload: object) -> None:
    assert _faulty_fields(payload) == set()


@pytest.mark.parametrize(
    ("payload", "field"), [case[1:] for case in BAD_CASES], ids=[case[0] for case in BAD_CASES]
)
def test_a_bad_payment_is_refused_for_its_field_alone(payload: object, field: str) -> None:
    assert _faulty_fields(payload) == {field}


@pytest.mark.parametrize(
    "payload",
    [case[1] for case in FUNCTION_ONLY_CASES],
    ids=[case[0] for case in FUNCTION_ONLY_CASES],
)
def test_what_the_schema_cannot_say_is_left_to_the_function(payload: object) -> None:
    assert _faulty_fields(payload) == set()


def test_no_two_cases_have_the_same_name() -> None:
    names = [name for name, _, _ in CASES + FUNCTION_ONLY_CASES]
    assert len(names) == len(set(names))


def _faulty_fields(payload: object) -> set[str]:
    return {_field(error) for error in _validator().iter_errors(payload)}


def _field(error: ValidationError) -> str:
    if error.path:
        return str(error.path[0])
    found = REQUIRED.search(error.message) or UNKNOWN.search(error.message)
    return found[1] if found else WHOLE_BODY


def _validator() -> Json:
    # JSON Schema draft 4, as in API Gateway, with exact decimals and with regular expressions as in
    # ECMAScript, where $ is the end of the text and not also the place before a last line break.
    schema = read_openapi()["components"]["schemas"]["PaymentRequest"]
    exact = json.loads(json.dumps(schema), parse_float=Decimal)
    extended = validators.extend(Draft4Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
    return extended(exact)


def _pattern(_: Json, pattern: str, instance: object, __: Json) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield ValidationError(f"does not match {pattern}")
