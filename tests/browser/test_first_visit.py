"""The page of a simulator alone, before anything has happened."""

import subprocess

from playwright.sync_api import Page, expect

from simulator.server import SimulatorServer
from simulator.settings import Settings
from tests.browser.support import Handset

ASKED_BY_THE_COMMANDS = "255754000001"


def test_the_commands_of_the_empty_page_make_a_phone_ring(quiet_page: Page) -> None:
    quiet_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    with SimulatorServer(Settings(app_name="Asha's <Duka>")) as server:
        quiet_page.goto(server.base_url)
        quiet_page.get_by_text("Live", exact=True).wait_for()
        quiet_page.locator("#no-payments").get_by_role("button", name="Copy").click()
        quiet_page.get_by_text("Copied").first.wait_for()
        commands = str(quiet_page.evaluate("navigator.clipboard.readText()"))
        done = subprocess.run(
            ["sh", "-c", commands], capture_output=True, text=True, check=True, timeout=20
        )
        assert '"success":true' in done.stdout
        handset = Handset(quiet_page, ASKED_BY_THE_COMMANDS)
        handset.says("Pay TZS 1,000 to Asha's <Duka>")
        handset.press("1", "2", "3", "4", "Approve")
        handset.says("Paid.")


def test_the_numbers_are_one_step_away(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    numbers = page.get_by_role("heading", name="Test numbers")
    expect(numbers).not_to_be_in_viewport()
    page.get_by_role("banner").get_by_role("link", name="Test numbers").click()
    expect(numbers).to_be_in_viewport()
