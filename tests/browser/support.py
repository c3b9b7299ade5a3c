"""What the browser tests say and see, in a person's words."""

import re
from dataclasses import dataclass

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.integration.simulator.harness import Merchant

ASKED = "255754318206"
ASKED_TOO = "255784555123"


@dataclass(frozen=True)
class Shop:
    """A merchant who sends checkouts under new references."""

    merchant: Merchant

    def pay(self, payer: str = ASKED, **changes: str) -> str:
        """Send a checkout; its reference."""
        reference = f"ORDER-{len(self.merchant.book()['checkouts']) + 1}"
        changes = {"externalId": reference} | changes
        self.send(payer, **changes)
        return changes["externalId"]

    def send(self, payer: str = ASKED, **changes: str) -> httpx.Response:
        """Send a checkout; what was sent and what was answered."""
        return self.merchant.checkout(payer, token=None, **changes)

    def totals(self) -> dict[str, int]:
        """How much of everything the book counts."""
        totals: dict[str, int] = self.merchant.book()["totals"]
        return totals


@dataclass(frozen=True)
class Handset:
    """A payer's phone on the page."""

    page: Page
    msisdn: str = ASKED

    @property
    def box(self) -> Locator:
        """The whole phone."""
        return self.page.locator(f"#phone-{self.msisdn}")

    @property
    def pin(self) -> Locator:
        """Where the PIN goes."""
        return self.box.get_by_label("Enter your PIN")

    def press(self, *names: str) -> None:
        """Press buttons, one after the other."""
        for name in names:
            self.box.get_by_role("button", name=name, exact=True).click()

    def says(self, text: str) -> None:
        """Wait until the screen says so."""
        expect(self.box).to_contain_text(text)


@dataclass(frozen=True)
class Timeline:
    """The payments on the page."""

    page: Page

    def card(self, reference: str) -> Locator:
        """A payment's card."""
        exactly = self.page.get_by_text(reference, exact=True)
        return self.page.locator(".case").filter(has=self.page.locator(".head", has=exactly))

    def is_in_state(self, reference: str, state: str) -> None:
        """Wait until the card says so."""
        expect(self.card(reference).locator(".state")).to_have_text(state)

    def moments(self, reference: str) -> list[str]:
        """The titles of all that happened."""
        return self.card(reference).locator(".what .title").all_inner_texts()

    def opened(self, reference: str, title: str, part: str) -> Locator:
        """A part of a moment, unfolded: its request, answer or signature."""
        card = self.card(reference)
        if card.locator("> details").get_attribute("open") is None:
            card.locator("> details > summary").click()
        begins = re.compile(f"^{re.escape(title)}")
        titled = self.page.locator(".title", has_text=begins)
        moment = card.locator(".moment").filter(has=titled).last
        moment.locator("summary", has_text=part).click()
        return moment.locator(".exchange[open]")
