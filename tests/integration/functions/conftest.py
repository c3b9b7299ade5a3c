"""A deployed stack, a provider, and what was logged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.integration.functions.deployment import Deployment, forget_functions
from tests.integration.functions.everything import WatchedDeployment, everything
from tests.integration.functions.standin import StandIn
from tests.integration.moto_settings import KEEP_MODELS


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    """No function here ever reaches a real account."""
    with mock_aws(config=KEEP_MODELS):
        yield
    forget_functions()


@pytest.fixture(scope="session")
def happened() -> WatchedDeployment:
    """What the functions write when everything happens that can."""
    return everything()


@pytest.fixture
def provider() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture
def stack(
    monkeypatch: pytest.MonkeyPatch, provider: StandIn, capsys: pytest.CaptureFixture[str]
) -> Deployment:
    """A stack with its credentials put in. The functions log to what ``capsys`` captures."""
    deployment = Deployment(monkeypatch, provider.url)
    deployment.deploy()
    deployment.put_in_credentials()
    return deployment
