"""Hygiene for all tests: no network, no real AWS account, the same examples in CI each time."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

TESTS = Path(__file__).parent
# The socket guard of pyproject.toml is lifted for these, and on this machine only.
ON_LOOPBACK = (TESTS / "integration", TESTS / "e2e", TESTS / "browser")
LOOPBACK = ["127.0.0.0/8", "::1", "localhost"]

# A developer's own account, endpoint or settings must never reach a test.
FOREIGN_SETTINGS = ("AWS_", "AZAMPAY_", "POWERTOOLS_")
AWS_SETTINGS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

settings.register_profile("dev", deadline=None)
# A time limit per example would make CI fail on a busy machine.
settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)


def pytest_configure() -> None:
    """Set the environment before any test module is imported and makes a client."""
    for name in [name for name in os.environ if name.startswith(FOREIGN_SETTINGS)]:
        del os.environ[name]
    os.environ.update(AWS_SETTINGS)
    settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Open loopback for the tests that talk to a server of their own."""
    for item in items:
        if any(folder in item.path.parents for folder in ON_LOOPBACK):
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))
