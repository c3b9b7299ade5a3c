"""A person answers prompts on the page."""

import pytest
from playwright.sync_api import Page, expect

from simulator.server import SimulatorServer
from tests.browser.support import ASKED_TOO, Handset, Shop, Timeline
from tests.integration.simulator.harness import Webhook, number


def test_the_prompt_shows_merchant_amount_and_network(shop: Shop, handset: Handset) -> None:
    shop.pay(amount="60000", provider="Mpesa", externalId="INV-7")
    handset.says("M-Pesa")
    handset.says("Pay TZS 60,000 to Shop")
    handset.says("INV-7")
    handset.says("+255 754 318 206")


def test_approve(shop: Shop, handset: Handset, timeline: Timeline, webhook: Webhook) -> None:
    reference = shop.pay()
    handset.press("1", "2", "3", "4", "Approve")
    (callback,) = webhook.wait_for(1)
    assert callback.fields["transactionstatus"] == "success"
    assert callback.fields["utilityref"] == reference
    handset.says("Paid.")
    timeline.is_in_state(reference, "paid")
    assert shop.totals()["charges"] == 1


def test_decline(shop: Shop, handset: Handset, timeline: Timeline, webhook: Webhook) -> None:
    reference = shop.pay()
    handset.press("Decline")
    (callback,) = webhook.wait_for(1)
    assert callback.fields["transactionstatus"] == "failure"
    handset.says("You declined.")
    timeline.is_in_state(reference, "failed")
    assert shop.totals()["charges"] == 0


def test_ignore(shop: Shop, handset: Handset, timeline: Timeline, webhook: Webhook) -> None:
    ignored = shop.pay()
    handset.press("Ignore")
    handset.says("Not answered.")
    timeline.is_in_state(ignored, "ignored")
    # A later payment's callback comes, and no other.
    later = shop.pay(number(1))
    assert [c.fields["utilityref"] for c in webhook.wait_for(1)] == [later]


def test_the_wrong_pin(shop: Shop, handset: Handset, timeline: Timeline, webhook: Webhook) -> None:
    reference = shop.pay()
    handset.says("Any 4 digits; 0000 is a wrong PIN")
    handset.press("0", "0", "0", "0", "Approve")
    (callback,) = webhook.wait_for(1)
    assert callback.fields["message"] == "The payer entered a wrong PIN"
    handset.says("Wrong PIN.")
    timeline.is_in_state(reference, "failed")


def test_too_few_digits_are_told_and_nothing_is_sent(shop: Shop, handset: Handset) -> None:
    shop.pay()
    handset.press("1", "2", "3", "Approve")
    handset.says("Enter 4 digits")
    expect(handset.pin).to_be_focused()
    expect(handset.pin).to_have_attribute("aria-invalid", "true")
    handset.press("4")
    expect(handset.pin).not_to_have_attribute("aria-invalid", "true")
    handset.press("Approve")
    handset.says("Paid.")


def test_the_pad_deletes_and_empties(shop: Shop, handset: Handset) -> None:
    shop.pay()
    handset.press("1", "2", "3", "4", "5", "Delete")
    expect(handset.pin).to_have_value("123")
    handset.press("Clear")
    expect(handset.pin).to_have_value("")


def test_two_phones_at_once(
    shop: Shop, handset: Handset, page: Page, timeline: Timeline, webhook: Webhook
) -> None:
    other = Handset(page, ASKED_TOO)
    first, second = shop.pay(), shop.pay(ASKED_TOO, provider="Airtel")
    handset.press("1", "2")
    other.says("Airtel Money")
    other.press("9", "8", "7", "6", "Decline")
    other.says("You declined.")
    expect(handset.pin).to_have_value("12")
    handset.press("3", "4", "Approve")
    handset.says("Paid.")
    told = {c.fields["utilityref"]: c.fields["transactionstatus"] for c in webhook.wait_for(2)}
    assert told == {first: "success", second: "failure"}
    timeline.is_in_state(first, "paid")
    timeline.is_in_state(second, "failed")


def test_prompts_of_one_payer_come_one_after_the_other(shop: Shop, handset: Handset) -> None:
    first, second = shop.pay(), shop.pay()
    handset.says(first)
    handset.says("1 more prompt waits behind this one")
    handset.press("1", "2", "Decline")
    handset.says(second)
    expect(handset.pin).to_have_value("")
    handset.press("Decline")
    handset.says("You declined.")


def test_a_phone_can_be_put_away_and_rings_again(shop: Shop, handset: Handset, page: Page) -> None:
    shop.pay()
    handset.press("Ignore")
    handset.box.get_by_role("button", name="Put away").click()
    expect(handset.box).to_have_count(0)
    expect(page.get_by_text("No phone rings.")).to_be_visible()
    shop.pay()
    expect(handset.pin).to_be_visible()


def test_a_phone_answered_elsewhere_stops_ringing(
    context_page: Page, shop: Shop, handset: Handset
) -> None:
    shop.pay()
    expect(handset.pin).to_be_visible()
    Handset(context_page).press("Decline")
    handset.says("You declined.")


def test_a_page_opened_late_shows_the_phone(
    quiet_page: Page, server: SimulatorServer, shop: Shop
) -> None:
    shop.pay()
    quiet_page.goto(f"{server.base_url}/")
    handset = Handset(quiet_page)
    expect(handset.pin).to_be_focused()
    handset.press("1", "2", "3", "4", "Approve")
    handset.says("Paid.")


@pytest.fixture
def context_page(page: Page, server: SimulatorServer) -> Page:
    """The page in a second tab."""
    other = page.context.new_page()
    other.goto(f"{server.base_url}/")
    return other
