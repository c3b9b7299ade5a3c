"""The timeline: every payment, to the byte."""

import subprocess

import pytest
from playwright.sync_api import Page, expect

from simulator.hexdump import hexdump
from simulator.server import SimulatorServer
from tests.browser.support import Handset, Shop, Timeline
from tests.integration.simulator.harness import PATH_SECRET, Webhook, number


def test_a_payments_life(shop: Shop, handset: Handset, timeline: Timeline) -> None:
    reference = shop.pay()
    handset.press("1", "2", "3", "4", "Approve")
    expect(timeline.card(reference).locator(".moments")).to_contain_text("The webhook answered 200")
    assert timeline.moments(reference) == [
        "Checkout received",
        "Prompt on 255754318206",
        "Answered 200",
        "The payer approved",
        "Payer charged TZS 60,000",
        "Callback sent: success",
        "The webhook answered 200",
    ]


def test_the_exact_bytes(shop: Shop, timeline: Timeline, webhook: Webhook) -> None:
    sent = shop.send(number(1), externalId="Ünïcode <b>&amp;</b>")
    reference = "Ünïcode <b>&amp;</b>"
    (callback,) = webhook.wait_for(1)
    timeline.is_in_state(reference, "paid")

    request = timeline.opened(reference, "Checkout received", "Request")
    assert request.locator(".body").text_content() == sent.request.content.decode()
    request.locator(".bytes summary").click()
    assert request.locator(".bytes pre").text_content() == hexdump(sent.request.content)

    answer = timeline.opened(reference, "Answered 200", "Answer")
    assert answer.locator(".body").text_content() == sent.text
    told = timeline.opened(reference, "Callback sent", "Request")
    assert told.locator(".body").text_content() == callback.body.decode()
    webhooks = timeline.opened(reference, "The webhook answered", "Answer")
    assert webhooks.locator(".body").text_content() == webhook.answer.decode()


def test_the_tokens_are_masked(shop: Shop, timeline: Timeline, page: Page) -> None:
    token = shop.merchant.token()
    shop.merchant.checkout(number(1), token=token, externalId="A-1")
    timeline.is_in_state("A-1", "paid")
    request = timeline.opened("A-1", "Checkout received", "Request")
    expect(request).to_contain_text("authorization: Bearer ***")
    assert token not in page.content()


def test_the_signature_is_explained(shop: Shop, timeline: Timeline) -> None:
    transaction = shop.send(number(1), externalId="A-1").json()["transactionId"]
    signature = timeline.opened("A-1", "Callback sent", "Signature")
    assert signature.locator(".source").text_content() == f"A-1{transaction}successMpesa"
    expect(signature).to_contain_text("The key that is published now confirms it")


@pytest.mark.parametrize(
    ("nn", "text"),
    [(10, "carries no signature"), (11, "does not confirm it"), (12, "confirms it")],
)
def test_signatures_that_are_not_what_they_should_be(
    shop: Shop, timeline: Timeline, nn: int, text: str
) -> None:
    reference = shop.pay(number(nn))
    expect(timeline.opened(reference, "Callback sent", "Signature")).to_contain_text(text)


def test_what_was_changed_after_signing_is_pointed_out(
    shop: Shop, timeline: Timeline, server: SimulatorServer
) -> None:
    reference = shop.pay(number(6))
    server.send_callbacks(externalId=reference, tamper="status")
    signature = timeline.opened(reference, "Callback sent", "Signature")
    expect(signature).to_contain_text("changed after it was signed")


def test_retries_are_shown(shop: Shop, timeline: Timeline, webhook: Webhook) -> None:
    webhook.statuses = [500]
    reference = shop.pay(number(1))
    moments = timeline.card(reference).locator(".moments")
    expect(moments).to_contain_text("The webhook answered 500")
    expect(moments).to_contain_text("Callback sent: success, try 2")
    expect(moments).to_contain_text("The webhook answered 200")


@pytest.mark.parametrize(
    ("nn", "state", "text"),
    [
        (14, "refused", "Invalid Vendor"),
        (15, "refused", "Answered 400"),
        (18, "paid", "Answered 200"),
        (19, "paid", "Answered 502"),
        (11, "claimed", "The webhook answered"),
        (13, "failed", "Callback sent: failed"),
    ],
)
def test_states(shop: Shop, timeline: Timeline, nn: int, state: str, text: str) -> None:
    reference = shop.pay(number(nn))
    timeline.is_in_state(reference, state)
    expect(timeline.card(reference)).to_contain_text(text)


def test_what_is_unfolded_stays_so_while_more_happens(
    shop: Shop, handset: Handset, timeline: Timeline
) -> None:
    reference = shop.pay()
    request = timeline.opened(reference, "Checkout received", "Request")
    handset.press("1", "2", "3", "4", "Approve")
    timeline.is_in_state(reference, "paid")
    expect(request.locator(".body")).to_be_visible()


def test_filters_and_search(shop: Shop, timeline: Timeline, page: Page) -> None:
    paid = shop.pay(number(1), externalId="A-1")
    failed = shop.pay(number(3), externalId="B-2", provider="Airtel")
    refused = shop.pay(number(14), externalId="C-3")
    for reference, state in ((paid, "paid"), (failed, "failed"), (refused, "refused")):
        timeline.is_in_state(reference, state)
    visible = page.locator(".case:visible .head .ref")
    expect(visible).to_have_text(["C-3", "B-2", "A-1"])
    page.get_by_role("radio", name="Failed").check()
    expect(visible).to_have_text(["B-2"])
    page.get_by_role("radio", name="All").check()
    page.get_by_label("Search payments").fill("airtel decline")
    expect(visible).to_have_text(["B-2"])
    page.get_by_label("Search payments").fill("nothing like it")
    page.get_by_role("button", name="Show all").click()
    expect(visible).to_have_count(3)


def test_an_undelivered_callback_is_found(
    shop: Shop, timeline: Timeline, server: SimulatorServer, page: Page
) -> None:
    server.set_callback_url(f"http://127.0.0.1:9/{PATH_SECRET}")
    reference = shop.pay(number(1))
    expect(timeline.card(reference)).to_contain_text("ConnectError")
    page.get_by_role("radio", name="Undelivered").check()
    expect(timeline.card(reference)).to_be_visible()


def test_clearing_forgets_everything_and_asks_first(
    shop: Shop, handset: Handset, timeline: Timeline, page: Page
) -> None:
    reference = shop.pay()
    dialog = page.get_by_role("dialog", name="Clear the book?")
    opener = page.locator("#clear-open")
    opener.click()
    dialog.get_by_role("button", name="Keep them").click()
    expect(timeline.card(reference)).to_be_visible()
    opener.click()
    dialog.get_by_role("button", name="Clear").click()
    expect(timeline.card(reference)).to_have_count(0)
    expect(handset.box).to_have_count(0)
    assert shop.totals()["checkouts"] == 0
    again = shop.pay()
    timeline.is_in_state(again, "waiting")


def test_copy_as_curl(
    shop: Shop, timeline: Timeline, webhook: Webhook, page: Page, tmp_path: object
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reference = shop.pay(number(1), externalId="it's")
    timeline.is_in_state(reference, "paid")
    (callback,) = webhook.wait_for(1)

    timeline.opened(reference, "Checkout received", "Request").get_by_text("Copy as curl").click()
    expect(page.get_by_text("Copied").first).to_be_visible()
    checkout = str(page.evaluate("navigator.clipboard.readText()"))
    assert "Bearer ***" in checkout
    assert f"{shop.merchant.server.base_url}/azampay/mno/checkout" in checkout

    told = timeline.opened(reference, "Callback sent", "Request")
    told.get_by_text("Copy as curl").click()
    assert PATH_SECRET not in str(page.evaluate("navigator.clipboard.readText()"))

    page.get_by_role("button", name="Reveal the secret").click()
    expect(page.locator("#callback-url")).to_have_text(webhook.url)
    expect(told.locator(".url")).to_have_text(webhook.url)
    told.get_by_text("Copy as curl").click()
    command = str(page.evaluate("navigator.clipboard.readText()"))
    subprocess.run(["sh", "-c", command], check=True, capture_output=True, timeout=10)
    assert webhook.wait_for(2)[1].body == callback.body

    page.get_by_role("button", name="Hide the secret").click()
    assert PATH_SECRET not in page.content()


def test_the_secret_is_not_in_the_page(
    shop: Shop, timeline: Timeline, webhook: Webhook, page: Page
) -> None:
    reference = shop.pay(number(1))
    timeline.is_in_state(reference, "paid")
    assert PATH_SECRET not in page.content()
    expect(page.locator("#callback-url")).to_contain_text("/***")


def test_the_table_has_every_number_and_copies_it(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    rows = page.get_by_role("row")
    expect(rows).to_have_count(1 + 24 + 1)
    expect(rows.nth(3)).to_contain_text("decline")
    page.get_by_role("button", name="Copy 255700000003").click()
    expect(page.get_by_text("Copied").first).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == number(3)
