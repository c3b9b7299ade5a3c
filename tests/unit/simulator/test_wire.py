"""JSON as it goes over the wire."""

import pytest

from simulator import wire


def test_json_is_compact_ordered_and_utf8() -> None:
    assert (
        wire.encode({"b": 1, "a": "Ünïcode", "c": None})
        == '{"b":1,"a":"Ünïcode","c":null}'.encode()
    )


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": "\\ud800"}', b"[" * 100_000],
    ids=["empty", "cut", "not-utf8", "nan", "infinity", "surrogate", "deep"],
)
def test_what_is_not_strict_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the kind is the promise
        wire.decode(body)


def test_the_400_has_the_documented_fields_in_order() -> None:
    body = wire.decode(bytes(wire.invalid({"amount": ["bad"], "provider": None}, "00-1-2-00").body))
    assert list(body) == ["errors", "type", "traceId", "title", "status"]
    assert body["errors"] == {"amount": ["bad"], "provider": None}
    assert body["status"] == 400
    assert body["traceId"] == "00-1-2-00"


def test_the_401_has_the_documented_body() -> None:
    response = wire.unauthorised()
    assert response.status_code == 401
    assert response.body == b'{"status":"Error","message":"Please Provide Valid Authorization"}'
