"""What AzamPay accepts as a checkout and as a token request, and what it makes of it."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from simulator import wire

NETWORKS = ("Airtel", "Tigo", "Halopesa", "Azampesa", "Mpesa")
MAX_AMOUNT = 5_000_000
MAX_EXTERNAL_ID = 128
MAX_CURRENCY = 32
MAX_ADDITIONAL_BYTES = 4_096
# More decimals than .NET's decimal holds; written out, they could fill the memory.
MAX_DECIMALS = 28

# The four fields that AzamPay's 400 always lists, null when sound (DOC), in its order.
_ALWAYS_LISTED = ("amount", "externalId", "accountNumber", "provider")
_MSISDN = re.compile(r"(?:255|0)([0-9]{9})", re.ASCII)


class InvalidCheckout(Exception):
    """The checkout is refused; ``errors`` names each faulty field."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__("invalid checkout")
        listed = dict.fromkeys(_ALWAYS_LISTED)
        self.errors: wire.Errors = listed | {name: [text] for name, text in faults.items()}


@dataclass(frozen=True, slots=True)
class Order:
    """A checkout that AzamPay accepts. ``amount`` is TZS as it is written in callbacks."""

    msisdn: str
    amount: str
    currency: str
    external_id: str
    network: str
    additional_properties: dict[str, Any]


def parse_checkout(body: bytes) -> Order:
    """The order in a checkout's body; raises InvalidCheckout naming every faulty field."""
    try:
        fields = wire.decode(body)
    except ValueError:
        raise InvalidCheckout({"$": "The request body is not valid JSON."}) from None
    if not isinstance(fields, dict):
        raise InvalidCheckout({"$": "The request body must be a JSON object."})
    faults = {name: fault for name, check in _CHECKS.items() if (fault := check(fields.get(name)))}
    if faults:
        raise InvalidCheckout(faults)
    return Order(
        msisdn=canonical_msisdn(fields["accountNumber"]),
        amount=canonical_amount(fields["amount"]),
        currency=fields["currency"],
        external_id=fields["externalId"],
        network=fields["provider"],
        additional_properties=fields.get("additionalProperties") or {},
    )


def external_id_of(body: bytes) -> str | None:
    """The ``externalId`` of a checkout's body, sound or not; None if there is none to read."""
    try:
        fields = wire.decode(body)
    except ValueError:
        return None
    value = fields.get("externalId") if isinstance(fields, dict) else None
    return value if isinstance(value, str) else None


def canonical_msisdn(text: str) -> str:
    """``255`` and nine digits, the form in callbacks (LOG), from ``255…`` or ``0…`` (CODE).

    Raises ValueError for every other form, ``+255…`` among them.
    """
    match = _MSISDN.fullmatch(text)
    if match is None:
        raise ValueError("not an account number")
    return f"255{match[1]}"


def canonical_amount(value: str | float) -> str:
    """TZS as text, without decimals when there are none, as in callbacks (LOG).

    Raises ValueError for what is not a finite number of 0 to 5,000,000 (DOC).
    """
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not amount.is_finite() or not 0 <= amount <= MAX_AMOUNT or _decimals(amount) > MAX_DECIMALS:
        raise ValueError("out of range")
    return f"{amount:.0f}" if amount == amount.to_integral_value() else f"{amount:f}"


def _decimals(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def missing_credentials(fields: object) -> list[str]:
    """Which of the three fields of a token request are absent, empty or not text (DOC: 400)."""
    given = fields if isinstance(fields, dict) else {}
    names = ("appName", "clientId", "clientSecret")
    return [n for n in names if not isinstance(given.get(n), str) or not given[n].strip()]


def _amount_fault(value: object) -> str | None:
    if value is None or value == "":
        return "The amount field is required."
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return "The amount field must be a number."
    try:
        canonical_amount(value)
    except ValueError:
        return f"The amount field must be a number between 0 and {MAX_AMOUNT}."
    return None


def _text_fault(name: str, value: object, limit: int) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return f"The {name} field is required."
    if len(value) > limit:
        return f"The field {name} must be a string with a maximum length of {limit}."
    return None


def _account_fault(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return "The accountNumber field is required."
    try:
        canonical_msisdn(value)
    except ValueError:
        return "The accountNumber field is not a valid mobile number."
    return None


def _provider_fault(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return "The provider field is required."
    return None if value in NETWORKS else "The provider field is not a supported provider."


def _additional_fault(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        return "The additionalProperties field must be an object."
    if len(wire.encode(value)) > MAX_ADDITIONAL_BYTES:
        return f"The additionalProperties field must not exceed {MAX_ADDITIONAL_BYTES} bytes."
    return None


_CHECKS = {
    "amount": _amount_fault,
    "externalId": lambda value: _text_fault("externalId", value, MAX_EXTERNAL_ID),
    "accountNumber": _account_fault,
    "provider": _provider_fault,
    "currency": lambda value: _text_fault("currency", value, MAX_CURRENCY),
    "additionalProperties": _additional_fault,
}
