"""The newcomer's way: a payment to the deployed stack, a PIN on the page, a payment succeeded."""

import uuid
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from local.payments import ASKED_PAYER, WILLING_PAYER, example_payment
from local.settings import LocalSettings
from local.signals import stopping_in_order
from local.stack import LocalStack
from tests.browser.support import Handset, Timeline


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    """As `make run` starts it."""
    with stopping_in_order(), LocalStack(LocalSettings(asks_phone=True)) as running:
        yield running


def test_a_pin_on_the_page_makes_the_payment_succeed(stack: LocalStack, quiet_page: Page) -> None:
    queue = stack.subscribe()
    reference = f"PAGE-{uuid.uuid4().hex}"
    quiet_page.goto(stack.simulator.base_url)
    handset, timeline = Handset(quiet_page, ASKED_PAYER), Timeline(quiet_page)
    with closing(stack.client()) as client:
        assert client.post(example_payment(reference)).status_code == 202
        handset.says("Pay TZS 1,000 to finconnect-local")
        assert client.get(reference).json()["status"] == "pending"
        handset.press("1", "2", "3", "4", "Approve")
        event = queue.wait_for(reference, "payment.succeeded")
        assert event.data["verification"] == "signature"
        assert client.get(reference).json()["status"] == "succeeded"
    timeline.is_in_state(reference, "paid")
    expect(timeline.card(reference)).to_contain_text("The webhook answered 200: applied")


def test_the_stacks_own_first_payment_asks_nobody(stack: LocalStack) -> None:
    queue = stack.subscribe()
    reference = f"FIRST-{uuid.uuid4().hex}"
    with closing(stack.client()) as client:
        assert client.post(example_payment(reference, WILLING_PAYER)).status_code == 202
        queue.wait_for(reference, "payment.succeeded")
