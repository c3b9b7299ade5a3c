"""Ways to damage a genuine callback, as data that a fuzzer can choose from.

Used by the property tests (hypothesis chooses) and by ``fuzz`` (coverage chooses).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from tests.fakes.provider import TRANSACTION
from tests.fakes.signing import SIGNED_FIELDS, callback_fields
from tests.hostile.bodies import as_azampay, signed_text

GENUINE: Final[Mapping[str, Any]] = callback_fields()
SIGNATURE: Final = as_azampay(signed_text(GENUINE))
OUTCOMES: Final = {"success": "succeeded", "failure": "failed", "failed": "failed"}
NAMES: Final = (*GENUINE, "signature")
# Values as JSON text, so that every spelling of a number or a string can be one.
TEXTS: Final = (
    *("null", "true", "false", "0", "-0", "1", "1000", "1000.0", "1e3", "1e400", "1E+999999999"),
    *("1e-999999999", "9" * 30, "9" * 5000, "NaN", "Infinity", "[]", "{}", '""', '"null"'),
    *('"success"', '"failure"', '"failed"', '"pending"', '"Success"', '"Mpesa"', '"mpesa"'),
    *('"order-1"', '"order-"', '"order-2"', '"1000"', '"1001"', '"0712345678"', '"255712345678"'),
    *(f'"{TRANSACTION}"', f'"1{TRANSACTION}"', '"' + "f" * 32 + '"', '"' + "x" * 257 + '"'),
    *('"\\u0000"', '"\\ud800"', '"\\ud83d\\ude00"', '"\\u2028"', '"\x85"', '"\ufeff"', '"x\ny"'),
    *("[" * 50 + "]" * 50, "[" * 2000 + "]" * 2000, "[" * 10_000),
    *('{"a":1,"a":2}', '{"\\udfff":0}', "01", "+1"),
    *('"TZS"', '"USD"', '"' + "A" * 344 + '"', '"QQ=="', '"****"', '"=', "", "//", "'x'"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """A callback while it is being damaged: its pairs in order, each value as JSON text."""

    pairs: Sequence[tuple[str, str]]

    def put(self, name: str, text: str) -> Draft:
        """Give a field another value, or add it."""
        kept = [(key, text if key == name else value) for key, value in self.pairs]
        return Draft(kept if name in dict(self.pairs) else [*kept, (name, text)])

    def dump(self) -> bytes:
        """The body."""
        inside = ",".join(f"{json.dumps(key)}:{value}" for key, value in self.pairs)
        return f"{{{inside}}}".encode("utf-8", errors="surrogatepass")


type Mutation = Callable[[Draft, str, str, int], Draft]


def draft(**changes: object) -> Draft:
    """The genuine callback, with fields changed after it was signed."""
    fields = {**GENUINE, "signature": SIGNATURE, **changes}
    return Draft([(name, json.dumps(value)) for name, value in fields.items()])


def exchange(there: Draft, name: str, text: str, _: int) -> Draft:
    """Give a field another value."""
    return there.put(name, text)


def drop(there: Draft, name: str, _: str, __: int) -> Draft:
    """Leave a field out."""
    return Draft([(key, value) for key, value in there.pairs if key != name])


def repeat(there: Draft, name: str, text: str, _: int) -> Draft:
    """Have a field twice."""
    return Draft([*there.pairs, (name, text)])


def rename(there: Draft, name: str, _: str, number: int) -> Draft:
    """Have a field under another name."""
    other = (name.upper(), name.title(), f"{name} ", f"x{name}", "")[number % 5]
    return Draft([(other if key == name else key, value) for key, value in there.pairs])


def swap(there: Draft, name: str, _: str, number: int) -> Draft:
    """Exchange the values of two fields."""
    values, other = dict(there.pairs), NAMES[number % len(NAMES)]
    if name not in values or other not in values:
        return there
    return there.put(name, values[other]).put(other, values[name])


def splice(there: Draft, name: str, text: str, number: int) -> Draft:
    """Put a text into the middle of a value's JSON."""
    value = dict(there.pairs).get(name, "")
    at = number % (len(value) + 1)
    return there.put(name, value[:at] + text + value[at:])


def cut(there: Draft, name: str, _: str, number: int) -> Draft:
    """Cut a piece out of a value's JSON."""
    value = dict(there.pairs).get(name, "")
    at = number % (len(value) + 1)
    return there.put(name, value[:at] + value[at + 1 + number // 64 :])


def shift(there: Draft, name: str, _: str, number: int) -> Draft:
    """Move the boundary between a signed field and the next."""
    values = dict(there.pairs)
    which = NAMES.index(name) % 3
    left, right = SIGNED_FIELDS[which], SIGNED_FIELDS[which + 1]
    try:
        one, two = str(json.loads(values[left])), str(json.loads(values[right]))
    except (KeyError, ValueError, RecursionError):
        return there
    at = number % (len(one + two) + 1)
    whole = one + two
    return there.put(left, json.dumps(whole[:at])).put(right, json.dumps(whole[at:]))


def sign_again(there: Draft, _: str, __: str, ___: int) -> Draft:
    """Have AzamPay sign what stands there now, if it is text."""
    values = dict(there.pairs)
    try:
        text = "".join(str(json.loads(values[name])) for name in SIGNED_FIELDS)
        return there.put("signature", json.dumps(as_azampay(text)))
    except (KeyError, ValueError, RecursionError):
        return there


MUTATIONS: Final[Sequence[Mutation]] = (
    *(exchange, drop, repeat, rename, swap, splice, cut, shift, sign_again),
)  # fmt: skip


def outcome_of(body: bytes, known: str | None, *, unsigned: bool) -> str | None:
    """What the most lenient reader could take a body for: ``succeeded``, ``failed`` or nothing.

    ``known`` is the transaction that the checkout told, if it did; ``unsigned`` says whether
    callbacks without a signature are accepted. Written without the code under test, and laxer: of
    duplicate keys the last wins, text and numbers are alike. What is not looked at here is neither
    signed nor asked for, and may be anything.
    """
    try:
        found = json.loads(body, parse_float=Decimal, parse_int=Decimal)
        agrees = (
            found["utilityref"] == GENUINE["utilityref"]
            and str(found["operator"]).casefold() == "mpesa"
            and (found["externalreference"] == known or _could_be_new(found, known))
            and found.get("transid") in (None, "", found["externalreference"])
            and found.get("currency") in (None, "", "TZS")
            and Decimal(found["amount"]) == Decimal(GENUINE["amount"])
            and str(found["msisdn"])[-9:] == GENUINE["msisdn"][-9:]
        )
        if not found.get("signature"):
            proven = unsigned and known is not None
        else:
            proven = agrees and _signature_holds(found)
        return OUTCOMES.get(found["transactionstatus"]) if agrees and proven else None
    except (KeyError, TypeError, ValueError, InvalidOperation, RecursionError):
        return None


def _could_be_new(found: Mapping[str, Any], known: str | None) -> bool:
    return known is None and len(bytes.fromhex(found["externalreference"])) == 16


def _signature_holds(found: Mapping[str, Any]) -> bool:
    expected = as_azampay("".join(found[name] for name in SIGNED_FIELDS))
    return base64.b64decode(found["signature"]) == base64.b64decode(expected)
