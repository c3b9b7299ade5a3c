"""A simulator, a merchant and a webhook that belong together."""

from collections.abc import Iterator

import pytest

from simulator.server import SimulatorServer
from tests.integration.simulator.harness import Merchant, Webhook, quick_settings


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as running:
        yield running


@pytest.fixture
def server(webhook: Webhook) -> Iterator[SimulatorServer]:
    with SimulatorServer(quick_settings(callback_url=webhook.url)) as running:
        yield running


@pytest.fixture
def merchant(server: SimulatorServer) -> Iterator[Merchant]:
    merchant = Merchant(server)
    with merchant.http:
        yield merchant
