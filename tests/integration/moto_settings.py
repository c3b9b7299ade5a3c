"""How moto is started in all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from moto.core.config import DefaultConfig

KEEP_MODELS: Final[DefaultConfig] = {
    "core": {
        "mock_credentials": True,
        "passthrough": {"urls": [], "services": []},
        # A session remembers the services' models, and reading them takes a second a test.
        "reset_boto3_session": False,
        "service_whitelist": None,
    }
}
