"""The stream of events breaks, and the page catches up."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from simulator.server import SimulatorServer
from tests.browser.line import Line
from tests.browser.support import Handset, Shop, Timeline
from tests.integration.simulator.harness import Merchant, number, quick_settings


@pytest.fixture
def line(server: SimulatorServer) -> Iterator[Line]:
    with Line(server.base_url) as made:
        yield made


@pytest.fixture
def far_page(context: BrowserContext, line: Line) -> Page:
    """The page at the other end of the line."""
    page = context.new_page()
    page.goto(line.url)
    page.get_by_text("Live", exact=True).wait_for()
    return page


def test_after_a_break_the_page_has_what_it_missed(shop: Shop, line: Line, far_page: Page) -> None:
    timeline = Timeline(far_page)
    before = shop.pay(number(1))
    timeline.is_in_state(before, "paid")
    line.cut()
    expect(far_page.get_by_text("Reconnecting…")).to_be_visible()
    missed, asked = shop.pay(number(3)), shop.pay()
    line.mend()
    expect(far_page.get_by_text("Live", exact=True)).to_be_visible()
    timeline.is_in_state(missed, "failed")
    timeline.is_in_state(asked, "waiting")
    expect(Handset(far_page).pin).to_be_visible()
    expect(far_page.locator(".case")).to_have_count(3)
    assert b"last-event-id: " in line.sent.lower()


def test_what_was_cleared_during_a_break_is_gone(
    shop: Shop, line: Line, far_page: Page, server: SimulatorServer
) -> None:
    timeline = Timeline(far_page)
    before = shop.pay(number(1))
    timeline.is_in_state(before, "paid")
    line.cut()
    expect(far_page.get_by_text("Reconnecting…")).to_be_visible()
    server.reset()
    after = shop.pay(number(1), externalId="AFTER")
    line.mend()
    timeline.is_in_state(after, "paid")
    expect(timeline.card(before)).to_have_count(0)


def test_another_simulator_on_the_same_port_begins_anew(context: BrowserContext) -> None:
    settings = quick_settings(auto_approve=None)
    page = context.new_page()
    with SimulatorServer(settings) as first:
        merchant = Merchant(first)
        page.goto(first.base_url)
        page.get_by_text("Live", exact=True).wait_for()
        with merchant.http:
            old = Shop(merchant).pay(number(6), externalId="OLD")
        Timeline(page).is_in_state(old, "under way")
    expect(page.get_by_text("Reconnecting…")).to_be_visible()
    port = urlsplit(first.base_url).port
    assert port is not None
    with SimulatorServer(replace(settings, port=port)) as second:
        merchant = Merchant(second)
        with merchant.http:
            new = Shop(merchant).pay(number(6), externalId="NEW")
        Timeline(page).is_in_state(new, "under way")
        expect(Timeline(page).card(old)).to_have_count(0)


def test_an_answer_that_does_not_get_through_is_told(
    shop: Shop, line: Line, far_page: Page
) -> None:
    shop.pay()
    handset = Handset(far_page)
    expect(handset.pin).to_be_visible()
    line.cut()
    handset.press("1", "2", "3", "4", "Approve")
    handset.says("The simulator did not answer; try again")
    line.mend()
    handset.press("1", "2", "3", "4", "Approve")
    handset.says("Paid.")
