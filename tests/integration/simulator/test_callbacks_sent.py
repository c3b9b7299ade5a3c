"""How callbacks are sent: headers, retries, and what the book keeps of them."""

import base64
import re

import pytest

from simulator.entries import CallbackAttempt
from simulator.server import SimulatorServer
from tests.integration.simulator.harness import PATH_SECRET, Merchant, Webhook, quick_settings
from tests.integration.simulator.verification import verifies

LOGGED_ORDER = (
    "message user password clientId transactionstatus operator reference externalreference"
    " utilityref amount transid msisdn mnoreference submerchantAcc additionalProperties"
)


def test_a_callback_as_it_arrives(merchant: Merchant, webhook: Webhook) -> None:
    merchant.checkout()
    (callback,) = webhook.wait_for(1)
    headers = {name.lower(): value for name, value in callback.headers.items()}
    assert callback.path.endswith(PATH_SECRET)
    assert " ".join(callback.fields) == f"{LOGGED_ORDER} signature"
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["accept-encoding"] == "gzip"
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", headers["traceparent"])
    assert set(headers) == {
        "host",
        "content-type",
        "content-length",
        "accept-encoding",
        "traceparent",
    }
    assert verifies(merchant.documented_key().json()["publicKey"], callback.fields)


def test_the_book_has_the_exact_callback_and_answer(merchant: Merchant, webhook: Webhook) -> None:
    merchant.checkout()
    (callback,) = webhook.wait_for(1)
    merchant.server.book.wait_for(lambda b: any(a.answer for a in b.entries(CallbackAttempt)))
    (entry,) = merchant.book("order-1")["callbacks"]
    assert base64.b64decode(entry["request"]["bodyBase64"]) == callback.body
    assert entry["answer"]["status"] == 200
    assert entry["answer"]["body"] == '{"status":"recorded"}'
    assert entry["answer"]["contentType"] == "application/json"
    assert entry["signatureInput"] == f"order-1{callback.fields['transid']}successMpesa"
    assert entry["attempt"] == 1
    assert entry["origin"] == "payment"


def test_unsigned_simulators_send_no_signature(webhook: Webhook) -> None:
    with SimulatorServer(quick_settings(callback_url=webhook.url, signed=False)) as server:
        merchant = Merchant(server)
        with merchant.http:
            merchant.checkout()
            assert " ".join(webhook.wait_for(1)[0].fields) == LOGGED_ORDER


def test_a_seed_repeats_the_ids(webhook: Webhook) -> None:
    for _ in range(2):
        with SimulatorServer(quick_settings(callback_url=webhook.url, seed=42)) as server:
            merchant = Merchant(server)
            with merchant.http:
                merchant.checkout()
                webhook.wait_for(len(webhook.received) or 1)
    first, second = webhook.wait_for(2)
    assert first.fields["transid"] == second.fields["transid"]
    assert first.fields["mnoreference"] == second.fields["mnoreference"]


@pytest.mark.parametrize("refusal", [500, 404, 302])
def test_a_callback_is_retried_until_2xx(
    merchant: Merchant, webhook: Webhook, refusal: int
) -> None:
    webhook.statuses = [refusal, 503, 204]
    merchant.checkout()
    callbacks = webhook.wait_for(3)
    assert len({c.body for c in callbacks}) == 1
    merchant.server.book.wait_for(
        lambda b: (
            [a.answer.status for a in b.entries(CallbackAttempt) if a.answer] == [refusal, 503, 204]
        )
    )
    book = merchant.book("order-1")
    assert [c["attempt"] for c in book["callbacks"]] == [1, 2, 3]
    assert book["totals"]["charges"] == 1


def test_retries_end(merchant: Merchant, webhook: Webhook) -> None:
    webhook.statuses = [500] * 3
    merchant.checkout()
    webhook.wait_for(3)
    merchant.checkout(externalId="later")
    assert [c.fields["utilityref"] for c in webhook.wait_for(4)] == ["order-1"] * 3 + ["later"]


def test_retries_can_be_turned_off(webhook: Webhook) -> None:
    webhook.statuses = [500]
    settings = quick_settings(callback_url=webhook.url, callback_retries=False)
    with SimulatorServer(settings) as server:
        merchant = Merchant(server)
        with merchant.http:
            merchant.checkout()
            webhook.wait_for(1)
            merchant.checkout(externalId="later")
            callbacks = webhook.wait_for(2)
    assert [c.fields["utilityref"] for c in callbacks] == ["order-1", "later"]


def test_an_unreachable_webhook_is_retried_and_named_without_its_url() -> None:
    url = f"http://127.0.0.1:9/{PATH_SECRET}"
    with SimulatorServer(quick_settings(callback_url=url)) as server:
        merchant = Merchant(server)
        with merchant.http:
            merchant.checkout()
            server.book.wait_for(
                lambda b: [a.error for a in b.entries(CallbackAttempt)] == ["ConnectError"] * 3
            )
            assert PATH_SECRET not in merchant.http.get("/_simulator/book").text


@pytest.mark.parametrize("drips", [False, True], ids=["silent", "dripping"])
def test_a_webhook_that_hangs_is_given_up_and_retried(webhook: Webhook, drips: bool) -> None:
    webhook.gate.clear()
    webhook.drips = drips
    settings = quick_settings(callback_url=webhook.url, callback_timeout=0.2)
    with SimulatorServer(settings) as server:
        merchant = Merchant(server)
        with merchant.http:
            merchant.checkout()
            server.book.wait_for(
                lambda b: len([a for a in b.entries(CallbackAttempt) if a.error]) == 3
            )
    errors = {a.error for a in server.book.entries(CallbackAttempt)}
    assert errors <= {"ReadTimeout", "TimeoutError"}


def test_a_callback_waits_for_its_url(webhook: Webhook) -> None:
    with SimulatorServer(quick_settings(retry_delays=(0.2,) * 10)) as server:
        merchant = Merchant(server)
        with merchant.http:
            merchant.checkout()
            server.book.wait_for(
                lambda b: (
                    "not sent: no callback URL is set"
                    in [a.error for a in b.entries(CallbackAttempt)]
                )
            )
            server.set_callback_url(webhook.url)
            assert webhook.wait_for(1)[0].fields["utilityref"] == "order-1"
