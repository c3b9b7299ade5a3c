"""Bytes that are no text, text that is no JSON, and JSON that is too much."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Final

from tests.hostile.bodies import changed, genuine, raw
from tests.hostile.defects.defect import Defect, mismatch, not_a_callback, too_large

SOUND: Final = genuine()
MAX_BYTES: Final = 64 * 1024
_FIELDS: Final = tuple(json.loads(SOUND))


def _list(depth: int) -> str:
    return "[" * depth + "]" * depth


def _object(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


def padded(size: int) -> bytes:
    """A genuine callback with space after it, of exactly so many bytes."""
    return SOUND + b" " * (size - len(SOUND))


UNREADABLE: Final[Mapping[str, Defect]] = {
    name: not_a_callback(body)
    for name, body in {
        "nothing": b"",
        "space": b" \r\n\t",
        "null": b"null",
        "a number": b"5",
        "a string": b'"success"',
        "a list": b"[" + SOUND + b"]",
        "an empty object": b"{}",
        "a form": b"utilityref=order-1&transactionstatus=success",
        "HTML": b"<html><script>alert(1)</script></html>",
        "XML": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x/>',
        "YAML": b"utilityref: order-1\ntransactionstatus: success\n",
        "two objects": SOUND + SOUND,
        "a line before": b"\n\x1b[31mERROR\n",
        "trailing bytes": SOUND + b"x",
        "a NUL after it": SOUND + b"\0",
        "a NUL before it": b"\0" + SOUND,
        "cut short": SOUND[:-1],
        "one byte": SOUND[:1],
        "a comment": b"/* x */" + SOUND,
        "a trailing comma": SOUND[:-1] + b",}",
        "single quotes": SOUND.replace(b'"', b"'"),
        "NaN": raw("amount", "NaN"),
        "Infinity": raw("amount", "Infinity"),
        "minus Infinity": raw("mnoreference", "-Infinity"),
        "a number of 5,000 digits": raw("amount", "9" * 5000),
        "minus a number of 60,000 digits": raw("reference", "-" + "9" * 60_000),
        "an exponent of 20 digits": raw("amount", "1e" + "9" * 20),
        "a leading zero": raw("amount", "01000"),
        "a raw newline in text": SOUND.replace(b"order-1", b"order\n1"),
        "a raw NUL in text": SOUND.replace(b"order-1", b"order\x001"),
        "UTF-8 with a byte order mark": b"\xef\xbb\xbf" + SOUND,
        "UTF-16 with a byte order mark": SOUND.decode().encode("utf-16"),
        "UTF-16, little-endian": SOUND.decode().encode("utf-16-le"),
        "UTF-16, big-endian": SOUND.decode().encode("utf-16-be"),
        "UTF-32": SOUND.decode().encode("utf-32"),
        "UTF-7": SOUND.decode().replace("{", "+AHs-").encode(),
        "Latin-1": SOUND.replace(b"order-1", b"order-\xe9"),
        "an overlong slash": SOUND.replace(b"order-1", b"order\xc0\xaf1"),
        "a byte that is never used": SOUND.replace(b"order-1", b"order-\xff"),
        "a character cut in two": SOUND.replace(b"order-1", b"order-\xe2\x82"),
        "beyond Unicode": SOUND.replace(b"order-1", b"order-\xf4\x90\x80\x80"),
        "gzip": base64.b64decode("H4sIAAAAAAAAA6uuBQBDv6ajAgAAAA=="),
        "base64 of it": base64.b64encode(SOUND),
        "it as a JSON string": json.dumps(SOUND.decode()).encode(),
    }.items()
}
SURROGATES: Final[Mapping[str, Defect]] = {
    f"{kind} in {name}": not_a_callback(raw(name, f'"{text}"'))
    for kind, text in {
        "an escaped lone surrogate": "\\ud800",
        "an escaped low surrogate": "x\\udfff",
        "surrogates in the wrong order": "\\udc00\\ud800",
        "an encoded surrogate": "\ud800",
        "an encoded pair": "\ud83d\ude00",
    }.items()
    for name in _FIELDS
} | {
    "a lone surrogate in a key": not_a_callback(raw("additionalProperties", '{"\\ud800":1}')),
    "a lone surrogate, nested": not_a_callback(raw("amount", '[{"a":["\\udfff"]}]')),
}  # fmt: skip
# How deep is too deep differs from field to field; that it is no error does not.
DEEP: Final[Mapping[str, Defect]] = {
    **{
        f"{kind} 10,000 deep in {name}": not_a_callback(raw(name, text))
        for name in _FIELDS
        for kind, text in {"lists": _list(10_000), "objects": _object(10_000)}.items()
    },
    "lists 10,000 deep in an unknown field": not_a_callback(
        SOUND[:-1] + f',"x":{_list(10_000)}}}'.encode()
    ),
    "nothing but brackets": not_a_callback(b"[" * MAX_BYTES),
    "nothing but braces": not_a_callback(b"{" * MAX_BYTES),
    "nothing but keys": not_a_callback(b'{"":' * (MAX_BYTES // 4)),
    **{
        f"lists {depth} deep for {name}": mismatch(raw(name, _list(depth)), difference)
        for name, difference in {"amount": "amount", "msisdn": "accountNumber"}.items()
        for depth in (1, 100, 990, 1_000, 2_000, 5_000, 9_000)
    },
    **{
        f"objects {depth} deep for the amount": mismatch(raw("amount", _object(depth)), "amount")
        for depth in (1, 100, 990, 1_000, 2_000, 5_000, 9_000)
    },
}
SIZES: Final[Mapping[str, Defect]] = {
    "64 KiB and 1 byte": too_large(padded(MAX_BYTES + 1)),
    "64 KiB and 1 byte in a field": too_large(
        changed(message="x" * (MAX_BYTES + 1 - len(changed(message=""))))
    ),
    "fewer characters than 64 Ki, but more bytes": too_large(changed(message="é" * 33_000)),
    "1 MiB": too_large(padded(1024 * 1024)),
    "1 MiB of nothing": too_large(bytes(1024 * 1024)),
    "6 MB of brackets": too_large(b"[" * 6_000_000),
    "64 KiB in the amount": mismatch(
        changed(amount="1" * (MAX_BYTES - len(changed(amount="")))), "amount"
    ),
    "64 KiB of quotes in the phone": mismatch(
        changed(msisdn='"' * ((MAX_BYTES - len(changed(msisdn=""))) // 2)), "accountNumber"
    ),
    "5,000 unknown fields": mismatch(
        changed(amount="1", **{f"x{number}": 1 for number in range(5_000)}), "amount"
    ),
}
