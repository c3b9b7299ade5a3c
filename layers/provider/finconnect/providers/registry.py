"""The providers by name. Each is imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from finconnect.providers.base import Provider


def create_provider(name: str, config: object) -> Provider:
    """Create a provider from its configuration: the provider's own config object, or its fields.

    Raises ValueError for a name that is not known, or fields that are wrong, naming them.
    """
    create = _PROVIDERS.get(name)
    if create is None:
        known = ", ".join(sorted(_PROVIDERS))
        raise ValueError(f"unknown provider {name!r}: use one of {known}")
    return create(config)


def _azampay(config: object) -> Provider:
    from finconnect.providers.azampay.config import AzampayConfig  # noqa: PLC0415 (only if asked for)
    from finconnect.providers.azampay.provider import AzampayProvider  # noqa: PLC0415

    return AzampayProvider(_configured(AzampayConfig, config))


def _configured[T](kind: type[T], config: object) -> T:
    if isinstance(config, kind):
        return config
    if not isinstance(config, Mapping):
        raise ValueError(f"config: must be {kind.__name__} or a mapping of its fields")  # noqa: TRY004
    try:
        return kind(**config)
    except TypeError as error:
        # "AzampayConfig.__init__() got an unexpected keyword argument 'appname'" names the field.
        raise ValueError(f"config: {error}") from error


_PROVIDERS: Final[Mapping[str, Callable[[object], Provider]]] = {"azampay": _azampay}
