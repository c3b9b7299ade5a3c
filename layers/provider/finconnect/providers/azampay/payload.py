"""What AzamPay's checkout accepts (DOC unless said otherwise), checked field by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from finconnect import strict_json
from finconnect.errors import Fault, InvalidPayload
from finconnect.money import parse_amount
from finconnect.msisdn import normalise_msisdn
from finconnect.providers.base import Payload, PaymentDetails
from finconnect.text import clean

NETWORKS: Final = ("Airtel", "Tigo", "Halopesa", "Azampesa", "Mpesa")
MAX_AMOUNT_TZS: Final = Decimal(5_000_000)
MAX_PROPERTIES_BYTES: Final = 4096
FIELDS: Final = (
    "accountNumber",
    "amount",
    "currency",
    "externalId",
    "provider",
    "additionalProperties",
)
_MISSING: Final = object()
# Visible ASCII: what survives a URL path, a header and AzamPay's echo without being rewritten.
_EXTERNAL_ID: Final = re.compile(r"[!-~]{1,128}", re.ASCII)


@dataclass(slots=True)
class _Faults:
    """Collects every fault, so that a developer mends a payload once and not six times."""

    found: list[Fault] = field(default_factory=list)

    def check[T](
        self, name: str, payload: Payload, read: Callable[[Any], T | None], rule: str
    ) -> T | None:
        value = payload.get(name, _MISSING)
        if value is _MISSING:
            self.found.append(Fault(name, f"is required: {rule}"))
            return None
        result = read(value)
        if result is None:
            self.found.append(Fault(name, rule))
        return result


def read_payload(payload: Payload) -> PaymentDetails:
    """Check a checkout payload. Raises InvalidPayload that names every faulty field and its fix."""
    faults = _Faults()
    msisdn = faults.check(
        "accountNumber", payload, _msisdn, "must be text, 255 or 0 followed by 9 digits, without +"
    )
    amount = faults.check(
        "amount",
        payload,
        _amount,
        "must be more than 0 and at most 5000000 (TZS), at most 2 decimals",
    )
    currency = faults.check("currency", payload, _currency, "must be TZS")
    external_id = faults.check(
        "externalId",
        payload,
        _external_id,
        "must be text, 1 to 128 visible ASCII characters, no spaces",
    )
    network = faults.check(
        "provider", payload, _network, f"must be one of {', '.join(NETWORKS)}, spelled exactly so"
    )
    if not _are_properties(payload.get("additionalProperties")):
        faults.found.append(
            Fault(
                "additionalProperties",
                f"must be an object or null, at most {MAX_PROPERTIES_BYTES} bytes",
            )
        )
    faults.found += [
        Fault(clean(str(name), limit=64), f"is not a known field: use {', '.join(FIELDS)}")
        for name in payload
        if name not in FIELDS
    ]
    if faults.found or not (msisdn and amount and currency and external_id and network):
        raise InvalidPayload(tuple(faults.found))
    return PaymentDetails(external_id, amount, currency, msisdn, network)


def _msisdn(value: object) -> str | None:
    return normalise_msisdn(value) if isinstance(value, str) else None


def _amount(value: object) -> Decimal | None:
    amount = parse_amount(value)
    return amount if amount is not None and 0 < amount <= MAX_AMOUNT_TZS else None


def _currency(value: object) -> str | None:
    return "TZS" if value == "TZS" else None


def _external_id(value: object) -> str | None:
    return value if isinstance(value, str) and _EXTERNAL_ID.fullmatch(value) else None


def _network(value: object) -> str | None:
    return value if isinstance(value, str) and value in NETWORKS else None


def _are_properties(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, Mapping):
        return False
    try:
        return len(strict_json.encode(value)) <= MAX_PROPERTIES_BYTES
    except (TypeError, ValueError, RecursionError):
        return False
