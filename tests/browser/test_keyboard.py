"""The page without a mouse, and for whoever hears it."""

from playwright.sync_api import Page, expect

from tests.browser.support import ASKED_TOO, Handset, Shop, Timeline
from tests.integration.simulator.harness import Webhook, number


def test_a_payment_by_keyboard_alone(
    shop: Shop, handset: Handset, timeline: Timeline, page: Page, webhook: Webhook
) -> None:
    reference = shop.pay()
    expect(handset.pin).to_be_focused()
    page.keyboard.type("1234")
    page.keyboard.press("Enter")
    webhook.wait_for(1)
    expect(handset.box.locator(".ending")).to_be_focused()
    page.keyboard.press("j")
    expect(timeline.card(reference).locator("summary").first).to_be_focused()


def test_the_pad_by_tab_and_space(shop: Shop, handset: Handset, page: Page) -> None:
    shop.pay()
    expect(handset.pin).to_be_focused()
    page.keyboard.press("Tab")
    for _ in range(4):
        page.keyboard.press("Space")
    expect(handset.pin).to_have_value("1111")
    for _ in range(12):
        page.keyboard.press("Tab")
    expect(handset.box.get_by_role("button", name="Approve")).to_be_focused()
    page.keyboard.press("Space")
    handset.says("Paid.")


def test_digits_on_a_button_type_the_pin(shop: Shop, handset: Handset, page: Page) -> None:
    shop.pay()
    handset.box.get_by_role("button", name="Approve").focus()
    page.keyboard.type("4321")
    page.keyboard.press("Backspace")
    expect(handset.pin).to_have_value("432")


def test_d_declines_and_i_ignores(shop: Shop, handset: Handset, page: Page) -> None:
    shop.pay()
    expect(handset.pin).to_be_focused()
    page.keyboard.press("d")
    handset.says("You declined.")
    shop.pay()
    expect(handset.pin).to_be_focused()
    page.keyboard.press("i")
    handset.says("Not answered.")


def test_p_goes_from_phone_to_phone(shop: Shop, handset: Handset, page: Page) -> None:
    shop.pay()
    expect(handset.pin).to_be_focused()
    shop.pay(ASKED_TOO)
    other = Handset(page, ASKED_TOO)
    expect(other.pin).to_be_visible()
    # Whoever types a PIN goes on typing it.
    expect(handset.pin).to_be_focused()
    page.keyboard.press("p")
    expect(other.pin).to_be_focused()
    page.keyboard.press("p")
    expect(handset.pin).to_be_focused()


def test_after_an_answer_the_focus_goes_to_the_next_phone(
    shop: Shop, handset: Handset, page: Page
) -> None:
    shop.pay()
    expect(handset.pin).to_be_focused()
    shop.pay(ASKED_TOO)
    expect(Handset(page, ASKED_TOO).pin).to_be_visible()
    page.keyboard.press("d")
    expect(Handset(page, ASKED_TOO).pin).to_be_focused()


def test_a_prompt_does_not_take_the_focus_from_a_search(
    shop: Shop, handset: Handset, page: Page
) -> None:
    page.keyboard.press("/")
    search = page.get_by_label("Search payments")
    expect(search).to_be_focused()
    page.keyboard.type("p?")
    shop.pay()
    expect(handset.pin).to_be_visible()
    expect(search).to_be_focused()
    expect(search).to_have_value("p?")
    page.keyboard.press("Escape")
    expect(search).to_have_value("")


def test_a_prompt_is_announced(shop: Shop, handset: Handset, page: Page) -> None:
    shop.pay(amount="60000")
    voice = page.get_by_role("status")
    expect(voice).to_have_text(
        "+255 754 318 206 rings: M-Pesa, pay TZS 60,000 to Shop? Press p to answer."
    )
    handset.press("Decline")
    expect(voice).to_have_text("You declined. Nothing was paid.")


def test_the_list_of_shortcuts(page: Page) -> None:
    page.locator("#help-open").focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_be_visible()
    page.keyboard.press("t")
    expect(page.locator("html")).not_to_have_attribute("data-theme", "light")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#help-open")).to_be_focused()


def test_single_keys_can_be_switched_off_and_stay_so(
    shop: Shop, handset: Handset, page: Page
) -> None:
    page.keyboard.press("?")
    page.get_by_label("Use single keys as shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.get_by_text("Live", exact=True).wait_for()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    shop.pay()
    expect(handset.pin).to_be_focused()
    page.keyboard.press("d")
    page.keyboard.type("1234")
    page.keyboard.press("Enter")
    handset.says("Paid.")


def test_j_and_k_walk_the_payments_and_enter_unfolds(
    shop: Shop, timeline: Timeline, page: Page
) -> None:
    first, second = shop.pay(number(1)), shop.pay(number(1))
    timeline.is_in_state(first, "paid")
    timeline.is_in_state(second, "paid")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(timeline.card(first).locator("summary").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(timeline.card(first).locator(".moments")).to_be_visible()
    page.keyboard.press("k")
    expect(timeline.card(second).locator("summary").first).to_be_focused()


def test_every_stop_of_the_tab_key_is_visible(shop: Shop, handset: Handset, page: Page) -> None:
    shop.pay()
    expect(handset.pin).to_be_focused()
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    for _ in range(30):
        page.keyboard.press("Tab")
        on = page.evaluate("document.activeElement.outerHTML.slice(0, 80)")
        is_chip = page.evaluate("document.activeElement.name === 'filter'")
        ring = page.evaluate(
            outline.replace("activeElement", "activeElement.parentElement") if is_chip else outline
        )
        assert ring == "solid", on


def test_the_skip_link_leads_to_the_payments(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the payments")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#payments")).to_be_focused()
