"""Callbacks made to harm, one defect each: one error type, or a callback that says what came."""

import base64
from contextlib import suppress

import pytest

from finconnect.errors import CallbackError
from finconnect.providers.azampay.callback import AzampayCallbacks
from finconnect.providers.base import Verdict
from tests.unit.finconnect.providers.azampay.callbacks import (
    ABSENT,
    callback_body,
    with_raw,
)
from tests.vectors.loading import load_vectors, public_key

callbacks = AzampayCallbacks()
SOUND = callback_body()
GOOD_SIGNATURE = base64.b64encode(bytes(range(256))).decode()
SIGNED_FIELDS = ("utilityref", "externalreference", "transactionstatus", "operator")
NO_TEXT: dict[str, object] = {
    "a number": 5,
    "zero": 0,
    "a fraction": 1.5,
    "true": True,
    "false": False,
    "a list": ["x"],
    "an empty list": [],
    "an object": {"x": "y"},
    "nested": [[{"x": [None]}]],
}


def refuse(body: bytes) -> str:
    with pytest.raises(CallbackError) as caught:
        callbacks.parse_callback(body)
    assert type(caught.value) is CallbackError
    return str(caught.value)


BODIES: dict[str, bytes] = {
    "empty": b"",
    "space": b" \r\n",
    "not JSON": b"utilityref=ORDER-1",
    "HTML": b"<html></html>",
    "cut short": SOUND[:-1],
    "trailing bytes": SOUND + b"x",
    "two objects": SOUND + SOUND,
    "a NUL at the end": SOUND + b"\0",
    "a list": b"[" + SOUND + b"]",
    "a string": b'"x"',
    "a number": b"5",
    "null": b"null",
    "an empty object": b"{}",
    "single quotes": SOUND.replace(b'"', b"'"),
    "a comment": b"/* x */" + SOUND,
    "a trailing comma": SOUND[:-1] + b",}",
    "a byte order mark": b"\xef\xbb\xbf" + SOUND,
    "UTF-16": SOUND.decode().encode("utf-16"),
    "UTF-16 without a mark": SOUND.decode().encode("utf-16-le"),
    "UTF-32": SOUND.decode().encode("utf-32"),
    "Latin-1": SOUND.replace(b"ORDER-1", b"ORDER-\xe9"),
    "an overlong slash": SOUND.replace(b"ORDER-1", b"ORDER\xc0\xaf1"),
    "an encoded surrogate": SOUND.replace(b"ORDER-1", b"\xed\xa0\x80"),
    "cut inside a character": SOUND.replace(b"ORDER-1", b"\xe2\x82"),
    "base64 of a sound body": base64.b64encode(SOUND),
    "a raw newline inside text": SOUND.replace(b"ORDER-1", b"ORDER\n1"),
    "a number of 5,000 digits": with_raw("amount", "9" * 5000),
    "an exponent beyond any number": with_raw("amount", "1e99999999999999999999"),
    "NaN": with_raw("amount", "NaN"),
    "Infinity": with_raw("amount", "Infinity"),
    "minus Infinity": with_raw("amount", "-Infinity"),
    "lists 10,000 deep": with_raw("additionalProperties", "[" * 10_000 + "]" * 10_000),
    "objects 10,000 deep": with_raw("additionalProperties", '{"a":' * 10_000 + "1" + "}" * 10_000),
    "lists 100,000 deep and never closed": b"[" * 100_000,
    "a key twice, equal": SOUND[:-1] + b',"utilityref":"ORDER-1"}',
    "a key twice, different": SOUND[:-1] + b',"transactionstatus":"failure"}',
    "a key twice, one of them escaped": SOUND[:-1] + b',"utilit\\u0079ref":"ORDER-2"}',
    "a key twice, nested": with_raw("additionalProperties", '{"a":1,"a":2}'),
    "a key twice, of no interest": SOUND[:-1] + b',"x":1,"x":2}',
    "a lone surrogate in a signed field": with_raw("utilityref", '"\\ud800"'),
    "a lone surrogate in another field": with_raw("message", '"\\udfff"'),
    "a lone surrogate nested": with_raw("additionalProperties", '{"a":["\\ud800"]}'),
    "a lone surrogate in a key": with_raw("additionalProperties", '{"\\ud800":1}'),
    "surrogates in the wrong order": with_raw("message", '"\\udc00\\ud800"'),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_body_that_is_not_one_plain_json_object_is_refused(body: bytes) -> None:
    refuse(body)


@pytest.mark.parametrize("name", SIGNED_FIELDS)
@pytest.mark.parametrize(
    "value",
    [
        ABSENT,
        None,
        "",
        "x" * 257,
        "x" * 10_000,
        "ORDER\x00",
        "ORDER\n1",
        "\rORDER",
        "ORDER\t1",
        "\x1b[31m",
        "\x7f",
        *NO_TEXT.values(),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_signed_field_is_text_of_a_fair_length_without_control_characters(
    name: str, value: object
) -> None:
    assert refuse(callback_body(**{name: value})).startswith(f"{name}: ")


@pytest.mark.parametrize("name", SIGNED_FIELDS)
def test_a_signed_field_of_256_characters_is_read(name: str) -> None:
    assert callbacks.parse_callback(callback_body(**{name: "x" * 256})).signed_bytes


@pytest.mark.parametrize("name", SIGNED_FIELDS)
@pytest.mark.parametrize("change", [str.upper, str.capitalize, lambda name: f" {name}"])
def test_a_field_name_in_another_spelling_is_not_the_field(name: str, change: object) -> None:
    assert callable(change)
    refuse(SOUND.replace(f'"{name}"'.encode(), f'"{change(name)}"'.encode()))


@pytest.mark.parametrize("name", ["transid", "message", "signature"])
@pytest.mark.parametrize("value", NO_TEXT.values(), ids=NO_TEXT.keys())
def test_an_optional_field_is_text_or_null(name: str, value: object) -> None:
    assert refuse(callback_body(**{name: value})) == f"{name}: must be text or null"


SIGNATURES: dict[str, str] = {
    "space inside": GOOD_SIGNATURE[:10] + " " + GOOD_SIGNATURE[10:],
    "a newline inside": GOOD_SIGNATURE[:64] + "\n" + GOOD_SIGNATURE[64:],
    "a newline at the end": GOOD_SIGNATURE + "\n",
    "space before": " " + GOOD_SIGNATURE,
    "nothing but space": " ",
    "the URL-safe alphabet": base64.urlsafe_b64encode(b"\xfb\xff\xfe" * 10).decode(),
    "missing padding": GOOD_SIGNATURE.rstrip("="),
    "half the padding": GOOD_SIGNATURE[:-1],
    "too much padding": GOOD_SIGNATURE + "=",
    "padding alone": "====",
    "padding inside": "QQ==" + GOOD_SIGNATURE,
    "one character": "Q",
    "hex with a colon": "0f:1e",
    "digits that are not ASCII": "４" * 4,  # noqa: RUF001 (they are the point)
    "an emoji": "😀",
    "a NUL": "QUJD\0",
    "more than 4,096 characters": "A" * 4100,
}


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES.keys())
def test_a_signature_is_strict_base64(signature: str) -> None:
    assert refuse(callback_body(signature=signature)).startswith("signature: ")


@pytest.mark.parametrize("signature", ["QQ==", "QUJD", "A" * 4096, GOOD_SIGNATURE])
def test_a_signature_of_any_other_length_is_forged_and_no_error(signature: str) -> None:
    callback = callbacks.parse_callback(callback_body(signature=signature))
    assert callbacks.verify_callback(callback, public_key()) is Verdict.FORGED


@pytest.mark.parametrize("value", [None, *NO_TEXT.values()], ids=["null", *NO_TEXT.keys()])
@pytest.mark.parametrize("name", ["amount", "msisdn", "reference", "mnoreference", "operator2"])
def test_other_fields_may_be_anything_and_then_agree_with_nothing(name: str, value: object) -> None:
    callback = callbacks.parse_callback(callback_body(**{name: value}))
    if name == "msisdn":
        assert callback.msisdn is None
    if name == "amount" and not (isinstance(value, int | float) and not isinstance(value, bool)):
        assert callback.amount is None


def test_a_body_of_64_kib_and_one_byte_is_still_only_read() -> None:
    filler = "x" * (64 * 1024 + 1 - len(callback_body(message="")))
    body = callback_body(message=filler)
    assert len(body) == 64 * 1024 + 1
    message = callbacks.parse_callback(body).message
    assert message is not None
    assert len(message) == 300


@pytest.mark.parametrize("raw", ["1e400", "-1e400", "1e-400", "0.1e-5", "1E+4"])
def test_a_number_of_any_size_is_no_error(raw: str) -> None:
    callbacks.parse_callback(with_raw("amount", raw))


def test_no_refusal_quotes_what_was_sent() -> None:
    canary = "canary-password"
    refusals = [
        refuse(callback_body(**{name: [canary]}))
        for name in (*SIGNED_FIELDS, "transid", "message", "signature")
    ]
    refusals += [refuse(callback_body(signature=f"{canary}!")), refuse(canary.encode())]
    refusals += [refuse(callback_body(password=canary) + b"}"), refuse(b'{"%b":NaN}' % b"canary-")]
    assert not any("canary" in text for text in refusals)


@pytest.mark.parametrize("depth", [100, 1_000, 5_000, 9_000, 9_900])
@pytest.mark.parametrize("name", ["amount", "reference", "additionalProperties"])
def test_a_value_as_deep_as_the_parser_goes_is_read_or_refused(name: str, depth: int) -> None:
    with suppress(CallbackError):
        callbacks.parse_callback(with_raw(name, "[" * depth + "]" * depth))


def test_the_key_of_the_attacker_is_of_no_use_inside_the_callback() -> None:
    forged = load_vectors()["another RSA key"].body
    with_key = (
        forged[:-1]
        + b',"publicKey":"%b"}' % public_key("other-rsa-2048").replace("\n", "\\n").encode()
    )
    callback = callbacks.parse_callback(with_key)
    assert callbacks.verify_callback(callback, public_key()) is Verdict.FORGED
