"""Which invocation and which payment the log lines of this moment belong to."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Final

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_known: ContextVar[Mapping[str, str]] = ContextVar("correlation", default=_NOTHING)


def correlate(**ids: str | None) -> None:
    """Put these ids on every following line; None takes one off again.

    ``payment`` is a payment's key as text, ``api_request_id`` the gateway's name of the request,
    ``trace`` AzamPay's. None of them may be a secret. They stay until ``forget``, so that also the
    line of an error that is caught further out has them.
    """
    merged = {**_known.get(), **ids}
    _known.set({name: value for name, value in merged.items() if value is not None})


def forget() -> None:
    """Begin anew: what follows belongs to another invocation."""
    _known.set(_NOTHING)


def correlated() -> Mapping[str, str]:
    """The ids of this moment, by the name of their field."""
    return _known.get()
