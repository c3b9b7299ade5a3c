"""Each function's settings: read from the environment once, checked, and frozen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields

from finconnect.errors import FinConnectError
from finconnect.payments.verify import UnsignedCallbacks


class InvalidSettings(FinConnectError):
    """A variable is missing or wrong; the text names it."""


@dataclass(frozen=True, slots=True)
class TokenRefreshSettings:
    """What token_refresh needs to know."""

    azampay_authenticator_url: str
    azampay_checkout_url: str
    credentials_secret_arn: str
    token_secret_arn: str
    public_key_parameter: str


@dataclass(frozen=True, slots=True)
class PaymentsSettings:
    """What payments needs to know."""

    table_name: str
    token_secret_arn: str
    token_refresh_function: str
    azampay_checkout_url: str


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """What webhook needs to know."""

    table_name: str
    public_key_parameter: str
    webhook_secret_arn: str
    token_refresh_function: str
    unsigned_callbacks: UnsignedCallbacks = UnsignedCallbacks.REJECT


@dataclass(frozen=True, slots=True)
class EventRelaySettings:
    """What event_relay needs to know."""

    event_topic_arn: str


def read_settings[T](kind: type[T], environment: Mapping[str, str] | None = None) -> T:
    """Read settings of this kind; a field ``table_name`` is the variable ``TABLE_NAME``.

    Raises InvalidSettings that names every variable that is missing or wrong.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, object] = {}
    wrong = []
    for field in fields(kind):  # type: ignore[arg-type]  # every kind is a dataclass
        variable = field.name.upper()
        text = environment.get(variable, "").strip()
        if field.type == "UnsignedCallbacks" and text:
            if text not in list(UnsignedCallbacks):
                wrong.append(f"{variable} must be one of {', '.join(UnsignedCallbacks)}")
            else:
                values[field.name] = UnsignedCallbacks(text)
        elif text:
            values[field.name] = text
        elif field.default is MISSING:
            wrong.append(f"{variable} is not set")
    if wrong:
        raise InvalidSettings("; ".join(wrong))
    return kind(**values)
