"""Anything at all as a callback: CallbackError or a callback, never another exception."""

import base64
import json
from dataclasses import replace
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from finconnect.errors import CallbackError
from finconnect.providers.azampay.callback import AzampayCallbacks
from finconnect.providers.base import Callback, Verdict
from tests.unit.finconnect.providers.azampay.callbacks import LOGGED, callback_body
from tests.vectors.loading import load_vectors, public_key

callbacks = AzampayCallbacks()
KEY = public_key()
SIGNED = load_vectors()["a success"].body
FIELD_NAMES = (*LOGGED, "signature")

any_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()  # NaN and infinities are written as Python writes them
    | st.text(),  # lone surrogates among them
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
# What a signed field may hold: all text but control characters and lone surrogates.
field_text = st.text(
    # Neither surrogates nor controls, nor what XML cannot carry.
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=256,
)


def survive(body: bytes) -> Callback | None:
    try:
        callback = callbacks.parse_callback(body)
    except CallbackError:
        return None
    callbacks.verify_callback(callback, KEY)
    again = callbacks.parse_callback(callback.retained.encode())
    assert replace(again, digest=callback.digest) == callback
    assert json.dumps(dict(callback.evidence), ensure_ascii=False).encode("utf-8")
    return callback


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf{}")
def test_arbitrary_bytes(body: bytes) -> None:
    survive(body)


@given(any_json)
def test_arbitrary_json(value: object) -> None:
    survive(json.dumps(value).encode())


@given(any_json)
def test_arbitrary_json_that_is_not_escaped(value: object) -> None:
    survive(json.dumps(value, ensure_ascii=False).encode("utf-8", errors="surrogatepass"))


@given(st.dictionaries(st.sampled_from(FIELD_NAMES), any_json, max_size=4))
def test_a_sound_callback_with_arbitrary_fields(changes: dict[str, Any]) -> None:
    survive(callback_body(**changes))


@given(st.lists(st.tuples(st.integers(0, len(SIGNED) - 1), st.binary(max_size=3)), max_size=4))
def test_a_signed_callback_with_bytes_exchanged(changes: list[tuple[int, bytes]]) -> None:
    body = SIGNED
    for position, exchanged in changes:
        body = body[:position] + exchanged + body[position + 1 :]
    survive(body)


@given(st.binary(max_size=600))
def test_an_arbitrary_signature_is_forged(signature: bytes) -> None:
    text = base64.b64encode(signature).decode()
    callback = callbacks.parse_callback(callback_body(signature=text))
    expected = Verdict.FORGED if text else Verdict.UNSIGNED
    assert callbacks.verify_callback(callback, KEY) is expected
    assert (callback.signature or b"") == signature


@given(field_text, field_text, field_text, field_text, st.booleans())
def test_what_is_verified_is_the_four_fields_exactly_as_received(
    utilityref: str, externalreference: str, transactionstatus: str, operator: str, escaped: bool
) -> None:
    fields = {
        **LOGGED,
        "operator": operator,
        "transactionstatus": transactionstatus,
        "externalreference": externalreference,
        "utilityref": utilityref,
    }
    callback = callbacks.parse_callback(json.dumps(fields, ensure_ascii=escaped).encode())
    text = utilityref + externalreference + transactionstatus + operator
    assert callback.signed_bytes == text.encode()
    assert callback.external_id == utilityref
    assert callback.references[0] == externalreference
    assert callback.status_text == transactionstatus
    assert callback.network == operator
