"""Each function's settings: read from the environment once, checked, and frozen."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Final

from finconnect.errors import FinConnectError
from finconnect.payments.deferred import DEFAULT_DELAYS
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
    callback_queue_url: str
    callback_retry_delays: tuple[int, ...] = DEFAULT_DELAYS
    unsigned_callbacks: UnsignedCallbacks = UnsignedCallbacks.REJECT


@dataclass(frozen=True, slots=True)
class ReconcilerSettings:
    """What reconciler needs to know."""

    table_name: str
    token_secret_arn: str
    azampay_checkout_url: str
    azampay_status_path: str = ""
    reconcile_after_minutes: int = 15


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
        if not text:
            if field.default is MISSING:
                wrong.append(f"{variable} is not set")
            continue
        try:
            values[field.name] = _READERS[str(field.type)](text)
        except ValueError as error:
            wrong.append(f"{variable}: {error}")
    if wrong:
        raise InvalidSettings("; ".join(wrong))
    return kind(**values)


def _whole_number(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("must be a whole number")
    return int(text)


def _whole_numbers(text: str) -> tuple[int, ...]:
    return tuple(_whole_number(part.strip()) for part in text.split(","))


def _unsigned_callbacks(text: str) -> UnsignedCallbacks:
    if text not in list(UnsignedCallbacks):
        raise ValueError(f"must be one of {', '.join(UnsignedCallbacks)}")
    return UnsignedCallbacks(text)


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "str": str,
    "int": _whole_number,
    "tuple[int, ...]": _whole_numbers,
    "UnsignedCallbacks": _unsigned_callbacks,
}
