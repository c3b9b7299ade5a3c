"""Sizes, themes, motion, and what axe-core finds."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from simulator.server import SimulatorServer
from tests.browser.support import ASKED_TOO, Handset, Shop, Timeline
from tests.integration.simulator.harness import number

WIDTHS = (360, 768, 1280)
GROUND = "getComputedStyle(document.body).backgroundColor"
LIGHT, DARK = "rgb(246, 245, 241)", "rgb(20, 23, 26)"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def fill(shop: Shop, page: Page) -> None:
    """Something of everything: a long reference, phones that ring and that have ended."""
    timeline = Timeline(page)
    shop.pay(number(14), externalId="R-" + "x" * 120)
    shop.pay(number(11), externalId="FORGED")
    shop.pay(ASKED_TOO, externalId="LATER")
    Handset(page, ASKED_TOO).press("Decline")
    shop.pay(amount="4999999.5", externalId="WAITS")
    timeline.is_in_state("FORGED", "claimed")
    timeline.is_in_state("LATER", "failed")
    timeline.is_in_state("WAITS", "waiting")
    timeline.opened("FORGED", "Checkout received", "Request").locator(".bytes summary").click()
    timeline.opened("FORGED", "Callback sent", "Signature")


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(shop: Shop, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    fill(shop, page)
    assert page.evaluate(OVERFLOW) == 0
    page.locator("#help-open").click()
    assert page.evaluate(OVERFLOW) == 0


def test_at_phone_width_a_payment_can_be_approved(shop: Shop, handset: Handset, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    shop.pay()
    handset.press("1", "2", "3", "4", "Approve")
    handset.says("Paid.")
    box = handset.box.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360


@pytest.mark.parametrize(("scheme", "ground"), [("light", LIGHT), ("dark", DARK)])
def test_the_page_follows_the_system(page: Page, scheme: Any, ground: str) -> None:  # noqa: ANN401
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate(GROUND) == ground


def test_the_theme_can_be_chosen_and_is_remembered(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    button = page.get_by_role("button", name="Theme")
    button.click()
    button.click()
    expect(button).to_have_text("Theme: dark")
    assert page.evaluate(GROUND) == DARK
    page.reload()
    # The server writes it into the page: there is no flash of the other one.
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(GROUND) == DARK
    button.click()
    expect(button).to_have_text("Theme: system")
    assert page.evaluate(GROUND) == LIGHT


def test_who_wants_no_motion_gets_none(shop: Shop, handset: Handset, page: Page) -> None:
    shop.pay()
    expect(handset.pin).to_be_visible()
    name = "getComputedStyle(document.querySelector('.phone')).animationName"
    assert page.evaluate(name) == "none"
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(name) == "arrive"


def test_without_javascript_the_page_still_tells(
    browser: Browser, server: SimulatorServer, shop: Shop
) -> None:
    reference = shop.pay(number(1))
    server.book.wait_for(lambda book: book.view(reference).totals["callbacks"] == 1)
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{server.base_url}/")
        expect(page.get_by_text("JavaScript is off")).to_be_visible()
        Timeline(page).is_in_state(reference, "paid")


def serious(page: Page, axe: str) -> list[str]:
    """What axe-core finds that is serious or critical, each with the first place."""
    page.evaluate(axe)
    found: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']} ({each['impact']}): {each['nodes'][0]['html'][:160]} "
        f"{each['nodes'][0]['failureSummary']}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_serious(
    shop: Shop,
    page: Page,
    axe: str,
    scheme: Any,  # noqa: ANN401
    width: int,
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    assert serious(page, axe) == []
    fill(shop, page)
    assert serious(page, axe) == []
    page.get_by_label("Undelivered").check()
    page.locator("#help-open").click()
    assert serious(page, axe) == []
