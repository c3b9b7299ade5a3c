"""A real Chromium, a simulator whose phones ask, a merchant, and a webhook."""

import importlib.resources
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from simulator.server import SimulatorServer
from tests.browser.chromium import chromium
from tests.browser.support import Handset, Shop, Timeline
from tests.integration.simulator.harness import Merchant, Webhook, quick_settings

MILLISECONDS = 10_000


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One for all tests; each has a context of its own, and the profile goes with the browser."""
    with chromium(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as running:
        yield running


@pytest.fixture
def server(webhook: Webhook) -> Iterator[SimulatorServer]:
    settings = quick_settings(callback_url=webhook.url, auto_approve=None)
    with SimulatorServer(settings) as running:
        yield running


@pytest.fixture
def shop(server: SimulatorServer) -> Iterator[Shop]:
    merchant = Merchant(server)
    with merchant.http:
        yield Shop(merchant)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(reduced_motion="reduce") as made:
        made.set_default_timeout(MILLISECONDS)
        yield made


@pytest.fixture
def quiet_page(context: BrowserContext) -> Iterator[Page]:
    """A page without an address; what its console complains of fails the test."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    yield page
    # A violation of the content security policy is among them.
    assert complaints == []


@pytest.fixture
def page(quiet_page: Page, server: SimulatorServer) -> Page:
    """The simulator's page, and it is live."""
    quiet_page.goto(f"{server.base_url}/")
    quiet_page.get_by_text("Live", exact=True).wait_for()
    return quiet_page


@pytest.fixture
def handset(page: Page) -> Handset:
    return Handset(page)


@pytest.fixture
def timeline(page: Page) -> Timeline:
    return Timeline(page)


@pytest.fixture
def axe() -> str:
    """The source of axe-core."""
    source = importlib.resources.files("axe_playwright_python") / "axe.min.js"
    return source.read_text(encoding="utf-8")
