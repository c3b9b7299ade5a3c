"""Fields that are not signed and disagree with the record, and fields that are no fields."""

# ruff: noqa: RUF001 (look-alikes are the point)

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from tests.fakes.provider import TRANSACTION
from tests.fakes.signing import SIGNED_FIELDS
from tests.hostile.bodies import ABSENT, changed, genuine, raw, renamed, twice
from tests.hostile.defects.defect import (
    Defect,
    ignored,
    mismatch,
    not_a_callback,
    not_believed,
    unmatched,
)

# As JSON text, so that each number is exactly what stands in the body.
_AMOUNTS: Final = (
    *('"1001"', '"999"', '"1"', '"0"', '"10000"', '"1000.01"', '"1000.001"', '"1000.000"'),
    *('"-1000"', '"+1000"', '" 1000"', '"1000 "', '"1000\\n"', '"1000\\u0000"', '"1,000"'),
    *('"1 000"', '"1_000"', '"1e3"', '"1E+3"', '"0x3e8"', '"1000."', '".1000e4"', '"TZS 1000"'),
    *('"１０００"', '"١٠٠٠"', '"१०००"', '"1000\\u200b"', '"NaN"', '"Infinity"', '""', '"null"'),
    *('"' + "0" * 12 + '1000"', '"1000' + "0" * 20 + '"', '"' + "9" * 5000 + '"'),
    *("null", "true", "false", "0", "1", "-1000", "1001", "1000.5", "0.1", "1e400", "-1e400"),
    *("1E+999999999", "-1E+999999999", "1e-999999999", "1e400000000000000000", "-0", "-0.0"),
    *("1" + "0" * 30, "9" * 4300, "18446744073709551616", "1000." + "0" * 5000 + "1"),
    *("[]", "{}", "[1000]", '["1000"]', '{"value":"1000"}', "[[[[1000]]]]"),
)  # fmt: skip
_PHONES: Final = (
    *('"255700000001"', '"0700000001"', '"+255712345678"', '"00255712345678"', '"712345678"'),
    *('"255 712 345 678"', '"255-712-345-678"', '" 255712345678"', '"255712345678 "'),
    *('"255712345678\\n"', '"255712345678\\u0000"', '"2557123456789"', '"25571234567"'),
    *('"２５５７１２３４５６７８"', '"٢٥٥٧١٢٣٤٥٦٧٨"', '"255712345678;ext=1"', '""', '"0"', '"*"'),
    *("255712345678", "712345678", "2.55712345678e11", "null", "true", "[]", "{}"),
    *('["255712345678"]', '{"msisdn":"255712345678"}'),
)  # fmt: skip
_TRANSIDS: Final = ("f" * 32, TRANSACTION.upper(), TRANSACTION[:-1], f"{TRANSACTION}0", "0", "null")
_NETWORKS: Final = (
    *("Tigo", "Airtel", "Halopesa", "Azampesa", "Vodacom", "M-pesa", "Mpesa ", " Mpesa", "Mpes"),
    *("1", "5", "Ｍpesa", "Мpesa", "Mpesa\u200b", "null", "*", "Mpesa,Tigo"),
)
_NO_TEXT: Final = {
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
_NO_SIGNED_TEXT: Final = {
    "absent": ABSENT,
    "null": None,
    "empty": "",
    "257 characters": "x" * 257,
    "10,000 characters": "x" * 10_000,
    "a NUL": "\0",
    "NUL at the end": "order-1\0",
    "a newline": "order\n1",
    "an escape": "\x1b[2J",
    "DEL": "\x7f",
}
_WORDS: Final = (
    *("pending", "processing", "Success", "SUCCESS", "success ", " success", "successful"),
    *("succeeded", "true", "0", "null", "failure ", "FAILED", "ｓuccess", "success\u200b"),
    *("ſucceſſ", "x" * 256, "successsuccess", "failure,success"),
)


def _name(text: str) -> str:
    return ascii(text)[1:33]


DISAGREEING: Final[Mapping[str, Defect]] = {
    **{f"amount {_name(text)}": mismatch(raw("amount", text), "amount") for text in _AMOUNTS},
    **{f"phone {_name(text)}": mismatch(raw("msisdn", text), "accountNumber") for text in _PHONES},
    **{
        f"transid {_name(text)}": mismatch(changed(transid=text), "transactionId")
        for text in _TRANSIDS
    },
    **{
        f"currency {value!r}": mismatch(changed(currency=value), "amount")
        for value in ("USD", "KES", "tzs", "TZS ", 834, True)
    },
    **{f"network {_name(text)}": mismatch(genuine(operator=text), "network") for text in _NETWORKS},
    **{
        f"signed reference {_name(text)}": mismatch(
            genuine(externalreference=text, transid=text), "transactionId"
        )
        for text in ("0", "x" * 256, "f" * 31, f"{TRANSACTION}0", f" {TRANSACTION[1:]}")
    },
    "no amount": mismatch(changed(amount=ABSENT), "amount"),
    "no phone": mismatch(changed(msisdn=ABSENT), "accountNumber"),
    "no amount and no phone": mismatch(
        changed(amount=None, msisdn=None), "amount", "accountNumber"
    ),
    "Amount for amount": mismatch(renamed("amount", "Amount"), "amount"),
    "MSISDN for msisdn": mismatch(renamed("msisdn", "MSISDN"), "accountNumber"),
    "all that is not signed": mismatch(
        changed(amount="1", msisdn="255700000001", transid="f" * 32),
        *("amount", "accountNumber", "transactionId"),
    ),
    "another payment's reference": unmatched(genuine(utilityref="order-2")),
    "a reference in another case": unmatched(genuine(utilityref="ORDER-1")),
    "a reference and a space": unmatched(genuine(utilityref="order-1 ")),
    "a reference with the table's separator": unmatched(genuine(utilityref="order-1#PAYMENT")),
    "a reference of 256 emoji": unmatched(genuine(utilityref="💰" * 256)),
}
WORDS: Final[Mapping[str, Defect]] = {
    f"the word {_name(word)}": ignored(genuine(transactionstatus=word)) for word in _WORDS
}
TYPES: Final[Mapping[str, Defect]] = {
    **{
        f"{name} is {kind}": not_a_callback(changed(**{name: value}))
        for name in (*SIGNED_FIELDS, "transid", "message", "signature")
        for kind, value in _NO_TEXT.items()
    },
    **{
        f"{name} is {kind}": not_a_callback(changed(**{name: value}))
        for name in SIGNED_FIELDS
        for kind, value in _NO_SIGNED_TEXT.items()
    },
    **{
        f"{other} for {name}": not_a_callback(renamed(name, other))
        for name in SIGNED_FIELDS
        for other in (name.upper(), name.capitalize(), f" {name}", f"{name} ", f"{name}\0")
    },
    **{
        f"currency is {kind}": not_a_callback(changed(currency=value))
        for kind, value in _NO_TEXT.items()
        if isinstance(value, list | dict)
    },
    "externalReference, as elsewhere": not_a_callback(
        renamed("externalreference", "externalReference")
    ),
    "fields one level down": not_a_callback(b'{"data":' + genuine() + b"}"),
    "signature for Signature": not_believed(renamed("signature", "Signature")),
}
TWICE: Final[Mapping[str, Defect]] = {
    **{
        f"{name} twice, {kind}": not_a_callback(body)
        for name, value in json.loads(genuine()).items()
        for kind, body in {
            "equal": twice(name, json.dumps(value)),
            "different": twice(name, '"x"'),
            "null": twice(name, "null"),
            "one of them escaped": twice(name, '"x"', spelled=f"\\u{ord(name[0]):04x}{name[1:]}"),
        }.items()
    },
    "a key twice, nested": not_a_callback(raw("additionalProperties", '{"a":1,"a":1}')),
    "a key twice, nested in a list": not_a_callback(raw("amount", '[{"a":1,"a":1}]')),
    "an unknown key twice": not_a_callback(genuine()[:-1] + b',"x":1,"x":1}'),
}
