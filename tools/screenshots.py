"""`python -m tools.screenshots`: takes the pictures of the documentation anew.

What they show is a real simulator with a real webhook; only the merchant's name is invented.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from local.paths import PROJECT
from simulator.server import SimulatorServer
from tests.browser.chromium import chromium
from tests.browser.support import ASKED, ASKED_TOO, Handset, Shop, Timeline
from tests.integration.simulator.harness import Merchant, Webhook, number, quick_settings

FOLDER = PROJECT.root / "docs" / "images"
MERCHANT = "Duka la Asha"
WIDE, NARROW = (1280, 1000), (360, 760)

type Scheme = Literal["light", "dark"]


def main() -> None:
    """Write the three pictures."""
    with tempfile.TemporaryDirectory() as folder, chromium(Path(folder)) as browser:
        for scheme in ("light", "dark"):
            _take_desk(browser, scheme)
        _take_phone(browser)


def _take_desk(browser: Browser, scheme: Scheme) -> None:
    """A phone that rings, one that has paid, and the paid one's callback taken apart."""
    with _shop() as shop, _opened(browser, shop, WIDE, scheme) as page:
        timeline = Timeline(page)
        for payer, reference in ((1, "INV-2041"), (3, "INV-2042"), (14, "INV-2043")):
            shop.pay(number(payer), externalId=reference)
        shop.pay(number(12), externalId="INV-2044", amount="7500")
        shop.pay(ASKED, externalId="INV-2045")
        Handset(page).press("1", "2", "3", "4", "Approve")
        timeline.is_in_state("INV-2044", "paid")
        timeline.is_in_state("INV-2045", "paid")
        shop.pay(ASKED_TOO, externalId="INV-2046", amount="18500", provider="Airtel")
        Handset(page, ASKED_TOO).press("1", "2")
        timeline.is_in_state("INV-2046", "waiting")
        # The new one unfolded by itself: what was paid is to be seen, and not what waits.
        timeline.card("INV-2046").locator("> details > summary").click()
        timeline.opened("INV-2045", "Callback sent", "Signature")
        Handset(page, ASKED_TOO).pin.focus()
        _save(page, f"simulator-{scheme}")


def _take_phone(browser: Browser) -> None:
    with _shop() as shop, _opened(browser, shop, NARROW, "light", scale=2) as page:
        shop.pay(ASKED, externalId="INV-2045")
        handset = Handset(page)
        handset.press("1", "2")
        handset.pin.focus()
        _save(page, "simulator-phone-width")


@contextmanager
def _shop() -> Iterator[Shop]:
    with Webhook() as webhook:
        settings = quick_settings(callback_url=webhook.url, auto_approve=None, app_name=MERCHANT)
        with SimulatorServer(settings) as server:
            merchant = Merchant(server, app_name=MERCHANT)
            with merchant.http:
                yield Shop(merchant)


@contextmanager
def _opened(
    browser: Browser, shop: Shop, size: tuple[int, int], scheme: Scheme, *, scale: int = 1
) -> Iterator[Page]:
    with browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=scale,
        color_scheme=scheme,
        reduced_motion="reduce",
    ) as context:
        page = context.new_page()
        page.goto(f"{shop.merchant.server.base_url}/")
        page.get_by_text("Live", exact=True).wait_for()
        yield page


def _save(page: Page, name: str) -> None:
    page.evaluate("scrollTo(0, 0)")
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    print(f"{path.relative_to(PROJECT.root)}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
