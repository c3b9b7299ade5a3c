"""JSON that two readers cannot understand differently."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finconnect.strict_json import InvalidJson, canonical, decode_object, encode


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"{}", {}),
        (b' {"a" : 1 }\r\n', {"a": 1}),
        (b'{"a":1000.50}', {"a": Decimal("1000.50")}),
        (b'{"a":1e2}', {"a": Decimal("1E+2")}),
        (b'{"a":18446744073709551616}', {"a": 2**64}),
        (b'{"a":"\\u00e9","b":"\xc3\xa9"}', {"a": "é", "b": "é"}),
        (b'{"a":"\\ud83d\\ude00"}', {"a": "😀"}),
        (b'{"a":{"x":1},"b":{"x":2}}', {"a": {"x": 1}, "b": {"x": 2}}),
        (b'{"a":1,"A":2}', {"a": 1, "A": 2}),
        (b'{"a":"\\u0000"}', {"a": "\0"}),
    ],
)
def test_an_object_is_decoded_with_its_numbers_exact(raw: bytes, value: dict[str, Any]) -> None:
    decoded = decode_object(raw)
    assert decoded == value
    assert repr(decoded) == repr(value)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"{}{}", "not valid JSON"),
        (b"{} x", "not valid JSON"),
        (b"{'a':1}", "not valid JSON"),
        (b'{"a":01}', "not valid JSON"),
        (b'{"a":+1}', "not valid JSON"),
        (b'{"a":.5}', "not valid JSON"),
        (b'{"a":"\n"}', "not valid JSON"),
        (b'{"a":' + b"9" * 5000 + b"}", "not valid JSON"),
        (b'{"a":1e99999999999999999999}', "not valid JSON"),
        (b"\xef\xbb\xbf{}", "not valid JSON"),
        (b'{"a":NaN}', "NaN is not JSON"),
        (b'{"a":Infinity}', "Infinity is not JSON"),
        (b'{"a":[-Infinity]}', "-Infinity is not JSON"),
        (b'{"a":1,"a":1}', "a key appears twice in one object"),
        (b'{"a":{"b":1,"b":2}}', "a key appears twice in one object"),
        (b'{"a":1,"\\u0061":1}', "a key appears twice in one object"),
        (b"\xff", "not valid UTF-8 text"),
        (b'{"a":"\xed\xa0\x80"}', "not valid UTF-8 text"),
        (b'{"a":"\\ud800"}', "not valid UTF-8 text"),
        (b'{"\\udfff":1}', "not valid UTF-8 text"),
        (b'{"a":[{"b":"\\ud800"}]}', "not valid UTF-8 text"),
        ("{}".encode("utf-16"), "not valid UTF-8 text"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'"x"', "not a JSON object"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    ],
    ids=lambda value: repr(value)[:32],
)
def test_anything_ambiguous_is_an_error_that_says_why(raw: bytes, reason: str) -> None:
    with pytest.raises(InvalidJson) as caught:
        decode_object(raw)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        ({"b": 1, "a": "é"}, '{"b":1,"a":"é"}'.encode()),
        ({"a": Decimal("1000.50")}, b'{"a":1000.50}'),
        ({"a": [None, True, {"b": {}}]}, b'{"a":[null,true,{"b":{}}]}'),
        ({"a": 2**64}, b'{"a":18446744073709551616}'),
    ],
)
def test_encoding_is_compact_and_keeps_order_and_digits(value: object, raw: bytes) -> None:
    assert encode(value) == raw


def test_what_json_has_no_form_for_is_not_encoded() -> None:
    with pytest.raises(TypeError):
        encode({"a": object()})


@pytest.mark.parametrize(
    "number", [float("nan"), float("inf"), Decimal("NaN"), Decimal("Infinity")], ids=repr
)
def test_numbers_that_json_does_not_have_are_not_encoded(number: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        encode({"a": number})


def test_the_canonical_form_does_not_depend_on_the_order_of_keys() -> None:
    one = {"a": {"y": 1, "x": 2}, "b": [{"d": 1, "c": 2}]}
    other = {"b": [{"c": 2, "d": 1}], "a": {"x": 2, "y": 1}}
    assert canonical(one) == canonical(other) == b'{"a":{"x":2,"y":1},"b":[{"c":2,"d":1}]}'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1000}, {"a": "1000"}),
        ({"a": Decimal(1000)}, {"a": Decimal("1000.0")}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": None}, {}),
    ],
)
def test_the_canonical_form_tells_apart_what_differs(one: object, other: object) -> None:
    assert canonical(one) != canonical(other)


@given(st.binary(max_size=100))
def test_arbitrary_bytes_are_an_object_or_an_error(raw: bytes) -> None:
    with suppress(InvalidJson):
        assert isinstance(decode_object(raw), dict)
