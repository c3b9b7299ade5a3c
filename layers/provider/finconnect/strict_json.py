"""JSON read so strictly that two readers cannot understand it differently.

Python's own parser is lenient in ways that matter once money depends on the text: of duplicate keys
the last wins, NaN is a number, lone surrogates become text that cannot be stored. Here each is an
error.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=_plain)
_CANONICAL_ENCODER = msgspec.json.Encoder(decimal_format="number", order="sorted", enc_hook=_plain)


class InvalidJson(ValueError):
    """The bytes are not one unambiguous JSON object; the text says why, without quoting them."""


def decode_object(raw: bytes) -> dict[str, Any]:
    """Decode one JSON object from UTF-8 bytes; numbers with a fraction or exponent become Decimal.

    Raises InvalidJson for anything else: other encodings, a byte order mark, duplicate keys,
    NaN and infinities, lone surrogates, nesting beyond the parser's depth, trailing bytes.
    """
    try:
        value = json.loads(
            raw.decode("utf-8"),
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique_keys,
        )
        # The only way left to smuggle in text that is not text: an escaped lone surrogate.
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except InvalidJson:
        raise
    except UnicodeError as error:
        raise InvalidJson("not valid UTF-8 text") from error
    except RecursionError as error:
        raise InvalidJson("nested too deeply") from error
    except (ValueError, ArithmeticError) as error:
        raise InvalidJson("not valid JSON") from error
    if not isinstance(value, dict):
        raise InvalidJson("not a JSON object")
    return value


def encode(value: object) -> bytes:
    """Encode to compact UTF-8 JSON; Decimals become numbers with the digits they have.

    Raises TypeError or ValueError for what JSON has no form for, NaN and infinities among it.
    """
    _refuse_infinite(value)
    return _ENCODER.encode(value)


def canonical(value: object) -> bytes:
    """Encode with sorted keys, so that equal objects give equal bytes whatever their key order.

    Numbers keep their digits: ``1000`` and ``1000.0`` are not the same bytes.
    """
    return _CANONICAL_ENCODER.encode(value)


def _refuse_infinite(value: object) -> None:
    match value:
        case float() if not math.isfinite(value):
            raise ValueError("a number that is not finite has no form in JSON")
        case Decimal() if not value.is_finite():
            raise ValueError("a number that is not finite has no form in JSON")
        case Mapping():
            for item in value.values():
                _refuse_infinite(item)
        case list() | tuple():
            for item in value:
                _refuse_infinite(item)


def _refuse_constant(name: str) -> None:
    raise InvalidJson(f"{name} is not JSON")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise InvalidJson("a key appears twice in one object")
    return result
