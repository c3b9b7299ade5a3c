"""The API's page, opened as a file, by a browser that reaches nobody."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request

from local.paths import PROJECT

PYTHON = PROJECT.root / ".tools" / "api" / "bin" / "python"
MILLISECONDS = 20_000
HEADINGS = ("Ask a payer for money", "Ask how a payment stands", "Tell how a payment ended")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, as `make api-page` writes it."""
    path = tmp_path_factory.mktemp("page") / "api.html"
    subprocess.run(
        [str(PYTHON), "-m", "tools.api_page", str(path)], cwd=PROJECT.root, check=True, timeout=60
    )
    return path


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    """The page, offline. That it asks for anything, or complains, fails the test."""
    asked: list[str] = []
    complaints: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            asked.append(request.url)

    with browser.new_context(offline=True, viewport={"width": 1400, "height": 1000}) as context:
        context.set_default_timeout(MILLISECONDS)
        opened = context.new_page()
        opened.on("request", note)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        # Warnings too: a violation of the content security policy is an error.
        opened.on(
            "console",
            lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None,
        )
        opened.goto(file.as_uri())
        opened.get_by_role("heading", name=HEADINGS[0]).wait_for()
        yield opened
        opened.wait_for_load_state("networkidle")
    assert asked == [file.as_uri()]
    assert complaints == []


def test_it_shows_every_operation(page: Page) -> None:
    for heading in HEADINGS:
        assert page.get_by_role("heading", name=heading).count() == 1
    # Once for each of the two payment routes, and not for AzamPay's.
    assert page.get_by_text("Authorizations:").count() == 2


def test_it_shows_an_example_of_an_error(page: Page) -> None:
    create = page.locator('[id="tag/payments/operation/createPayment"]')
    create.get_by_role("tab", name="503").click()
    create.get_by_role("tabpanel").filter(has_text="provider_unavailable").wait_for()


def test_nothing_of_awss_own_is_in_it(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    described = text.rsplit("<script>", 1)[1]
    for word in ("x-amazon", "Fn::", "${"):
        assert word not in described
    assert "MIT License" in text
