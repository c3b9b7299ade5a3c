"""Payments, good and bad, with the field at fault: for the gateway's schema and the functions.

Both are tested against the very same cases: neither can become stricter than the other unnoticed.
"""

from decimal import Decimal
from typing import Any

type Payload = dict[str, Any]
type PayloadCase = tuple[str, object, str | None]

WHOLE_BODY = "body"


def payment(**changes: object) -> Payload:
    """A good payment with these fields changed."""
    return {
        "accountNumber": "255712345678",
        "amount": "1000",
        "currency": "TZS",
        "externalId": "order-1001",
        "provider": "Mpesa",
    } | changes


def payment_without(field: str) -> Payload:
    """A good payment but for this missing field."""
    return {name: value for name, value in payment().items() if name != field}


def _good(name: str, **changes: object) -> PayloadCase:
    return (name, payment(**changes), None)


def _bad(name: str, field: str, value: object) -> PayloadCase:
    return (name, payment(**{field: value}), field)


GOOD_CASES: list[PayloadCase] = [
    _good("only what is required"),
    _good("a number that begins with 0", accountNumber="0712345678"),
    _good("an amount as a whole number", amount=1000),
    _good("an amount as a decimal number", amount=Decimal("1000.5")),
    _good("an amount as a number with two decimals", amount=Decimal("0.29")),
    _good("an amount as a number with zeros behind the point", amount=Decimal("1000.000")),
    _good("an amount as text with one decimal", amount="1000.5"),
    _good("an amount as text with two decimals", amount="1000.50"),
    _good("the smallest amount as text", amount="0.01"),
    _good("the smallest amount as a number", amount=Decimal("0.01")),
    _good("the largest amount as text", amount="5000000"),
    _good("the largest amount as text with decimals", amount="5000000.00"),
    _good("the largest amount as a number", amount=5_000_000),
    _good("almost the largest amount", amount="4999999.99"),
    _good("an externalId of one character", externalId="1"),
    _good("an externalId of 128 characters", externalId="x" * 128),
    _good("an externalId of punctuation", externalId="!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    *(_good(f"network {network}", provider=network) for network in ("Airtel", "Tigo", "Halopesa")),
    _good("network Azampesa", provider="Azampesa"),
    _good("properties", additionalProperties={"basket": "17", "nested": {"deep": [1, None]}}),
    _good("empty properties", additionalProperties={}),
    _good("properties that are null", additionalProperties=None),
    _good("properties of 4,096 bytes", additionalProperties={"k": "x" * 4088}),
]

BAD_CASES: list[PayloadCase] = [
    *(
        (f"{field} is missing", payment_without(field), field)
        for field in ("accountNumber", "amount", "currency", "externalId", "provider")
    ),
    *(
        _bad(f"{field} is {name}", field, value)
        for field in ("accountNumber", "amount", "currency", "externalId", "provider")
        for name, value in (
            ("null", None),
            ("true", True),
            ("a list", ["1000"]),
            ("an object", {"value": "1000"}),
            ("empty", ""),
        )
    ),
    _bad("accountNumber is a number", "accountNumber", 255712345678),
    _bad("accountNumber has a plus", "accountNumber", "+255712345678"),
    _bad("accountNumber has a space", "accountNumber", "255 712345678"),
    _bad("accountNumber is a digit short", "accountNumber", "25571234567"),
    _bad("accountNumber is a digit long", "accountNumber", "2557123456789"),
    _bad("accountNumber with 0 is a digit long", "accountNumber", "07123456789"),
    _bad("accountNumber is of another country", "accountNumber", "254712345678"),
    _bad("accountNumber lacks its prefix", "accountNumber", "712345678"),
    _bad("accountNumber ends in a line break", "accountNumber", "255712345678\n"),
    _bad("accountNumber has Arabic digits", "accountNumber", "25571234567\u0668"),
    _bad("amount is zero", "amount", 0),
    _bad("amount is zero as text", "amount", "0"),
    _bad("amount is zero with decimals", "amount", "0.00"),
    _bad("amount is negative", "amount", -1000),
    _bad("amount is negative as text", "amount", "-1000"),
    _bad("amount is just too large", "amount", Decimal("5000000.01")),
    _bad("amount is just too large as text", "amount", "5000000.01"),
    _bad("amount is a shilling too large", "amount", 5_000_001),
    _bad("amount is a shilling too large as text", "amount", "5000001"),
    _bad("amount has too many digits", "amount", "50000000"),
    _bad("amount has three decimals", "amount", Decimal("1000.005")),
    _bad("amount has three decimals as text", "amount", "1000.005"),
    _bad("amount is smaller than a cent", "amount", Decimal("0.001")),
    _bad("amount has a thousands separator", "amount", "1,000"),
    _bad("amount has a decimal comma", "amount", "1000,50"),
    _bad("amount has an exponent as text", "amount", "1e3"),
    _bad("amount has a plus", "amount", "+1000"),
    _bad("amount has a space before it", "amount", " 1000"),
    _bad("amount has a space behind it", "amount", "1000 "),
    _bad("amount ends in a line break", "amount", "1000\n"),
    _bad("amount ends in a point", "amount", "1000."),
    _bad("amount begins with a point", "amount", ".50"),
    _bad("amount is NaN as text", "amount", "NaN"),
    _bad("amount is infinite as text", "amount", "Infinity"),
    _bad("amount is hexadecimal", "amount", "0x3E8"),
    _bad("amount has underscores", "amount", "1_000"),
    _bad("amount has Arabic digits", "amount", "\u0661\u0660\u0660\u0660"),
    _bad("currency is another one", "currency", "KES"),
    _bad("currency is in small letters", "currency", "tzs"),
    _bad("currency has a space", "currency", "TZS "),
    _bad("externalId is a number", "externalId", 1001),
    _bad("externalId has 129 characters", "externalId", "x" * 129),
    _bad("externalId has a space", "externalId", "order 1001"),
    _bad("externalId has a tab", "externalId", "order\t1001"),
    _bad("externalId ends in a line break", "externalId", "order-1001\n"),
    _bad("externalId has a letter beyond ASCII", "externalId", "\u00f3rder-1001"),
    _bad("externalId has a NUL", "externalId", "order\x001001"),
    _bad("provider is in capitals", "provider", "MPESA"),
    _bad("provider is in small letters", "provider", "mpesa"),
    _bad("provider is Tigo's new name", "provider", "Mixx"),
    _bad("provider is the operator's name", "provider", "Vodacom"),
    _bad("provider has a space", "provider", "Mpesa "),
    _bad("provider is a number", "provider", 1),
    ("an unknown field", payment(amout="1000"), "amout"),
    ("a field in another case", payment(ExternalId="order-1001"), "ExternalId"),
    ("a list for a body", [payment()], WHOLE_BODY),
    ("a text for a body", "payment", WHOLE_BODY),
    ("a null for a body", None, WHOLE_BODY),
    ("a number for a body", 1000, WHOLE_BODY),
]

CASES: list[PayloadCase] = GOOD_CASES + BAD_CASES

# What the gateway's schema cannot say, so that it lets these through to the function: the size of a
# value, and "an object or null" (API Gateway has no word for the null).
FUNCTION_ONLY_CASES: list[PayloadCase] = [
    _bad("properties of 4,097 bytes", "additionalProperties", {"k": "x" * 4089}),
    _bad(
        "properties whose bytes are more than their letters",
        "additionalProperties",
        {"k": "\u00e9" * 2045},
    ),
    _bad("properties that are a list", "additionalProperties", []),
    _bad("properties that are text", "additionalProperties", "{}"),
    _bad("properties that are a number", "additionalProperties", 17),
    _bad("properties that are false", "additionalProperties", False),
]
