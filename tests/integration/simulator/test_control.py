"""The levers under /_simulator."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from simulator.entries import CallbackAttempt
from simulator.server import SimulatorServer
from tests.integration.simulator.harness import (
    PATH_SECRET,
    Merchant,
    Webhook,
    number,
    quick_settings,
)
from tests.integration.simulator.verification import verifies

RECORD = {
    "externalId": "order-9",
    "accountNumber": "0712345678",
    "amount": 1500,
    "provider": "Tigo",
    "transactionId": "f" * 32,
}


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    """One for all tests here: each awaits the callbacks of its payments."""
    with SimulatorServer(quick_settings()) as running:
        yield running


@pytest.fixture
def merchant(server: SimulatorServer, webhook: Webhook) -> Iterator[Merchant]:
    server.reset()
    server.set_callback_url(webhook.url)
    merchant = Merchant(server)
    with merchant.http:
        yield merchant


def post(merchant: Merchant, order: dict[str, Any]) -> httpx.Response:
    return merchant.http.post("/_simulator/callbacks", json=order)


def test_the_callback_url_moves(merchant: Merchant) -> None:
    with Webhook() as other:
        answer = merchant.http.put("/_simulator/callback-url", json={"url": other.url})
        assert (answer.status_code, answer.content) == (204, b"")
        merchant.checkout()
        other.wait_for(1)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"url": "s3cr3t"}', b'{"url": 1}', b"\xff"])
def test_a_bad_callback_url_is_refused(merchant: Merchant, body: bytes) -> None:
    answer = merchant.http.put("/_simulator/callback-url", content=body)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert "s3cr3t" not in answer.text


def test_tokens_expire_at_once(merchant: Merchant) -> None:
    old = merchant.token()
    answer = merchant.http.post("/_simulator/tokens/expire")
    assert answer.json()["expired"] >= 1
    assert merchant.checkout(token=old).status_code == 401
    assert merchant.documented_key(old).status_code == 401
    assert merchant.checkout(number(6)).status_code == 200


def test_the_key_rotates(merchant: Merchant, webhook: Webhook) -> None:
    old = merchant.documented_key().json()["publicKey"]
    assert merchant.http.post("/_simulator/keys/rotate").status_code == 200
    new = merchant.documented_key().json()["publicKey"]
    merchant.checkout()
    (callback,) = webhook.wait_for(1)
    assert not verifies(old, callback.fields)
    assert verifies(new, callback.fields)


def test_the_book_is_reset_and_faults_are_disarmed(merchant: Merchant) -> None:
    token = merchant.token()
    merchant.checkout(number(17), token=token)
    answer = merchant.http.delete("/_simulator/book")
    assert (answer.status_code, answer.content) == (204, b"")
    assert set(merchant.book()["totals"].values()) == {0}
    assert merchant.token()


def test_a_callback_for_a_reference(merchant: Merchant, webhook: Webhook) -> None:
    transaction_id = merchant.checkout(number(6)).json()["transactionId"]
    answer = post(merchant, {"externalId": "order-1", "event": "failure"})
    assert answer.status_code == 200
    (callback,) = webhook.wait_for(1)
    assert callback.fields["transid"] == transaction_id
    assert callback.fields["transactionstatus"] == "failure"
    assert verifies(merchant.server.public_key_pem, callback.fields)
    (delivery,) = answer.json()["deliveries"]
    assert list(delivery) == ["request", "signatureInput", "answer", "error"]
    assert delivery["request"]["method"] == "POST"
    assert json.loads(delivery["request"]["body"]) == callback.fields
    assert delivery["signatureInput"] == f"order-1{transaction_id}failureMpesa"
    assert delivery["answer"]["status"] == 200
    assert delivery["answer"]["body"] == '{"status":"recorded"}'
    assert delivery["error"] is None
    assert [c["origin"] for c in merchant.book("order-1")["callbacks"]] == ["control"]
    assert merchant.book("order-1")["totals"]["charges"] == 0


def test_a_callback_for_a_given_record(merchant: Merchant, webhook: Webhook) -> None:
    post(merchant, {"record": RECORD})
    (callback,) = webhook.wait_for(1)
    fields = callback.fields
    assert fields["utilityref"] == "order-9"
    assert fields["transactionstatus"] == "success"
    assert fields["msisdn"] == "255712345678"
    assert fields["amount"] == "1500"
    assert fields["operator"] == "Tigo"
    assert fields["transid"] == fields["externalreference"] == fields["reference"] == "f" * 32
    assert verifies(merchant.server.public_key_pem, fields)


@pytest.mark.parametrize("event", ["success", "failure", "failed", "pending"])
def test_events(merchant: Merchant, webhook: Webhook, event: str) -> None:
    post(merchant, {"record": RECORD, "event": event})
    assert webhook.wait_for(1)[0].fields["transactionstatus"] == event


@pytest.mark.parametrize(
    ("tamper", "field", "verified"),
    [
        ("signature", "signature", False),
        ("amount", "amount", True),
        ("status", "transactionstatus", False),
        ("phone", "msisdn", True),
        ("network", "operator", False),
        ("transid", "transid", True),
    ],
)
def test_tampering(
    merchant: Merchant, webhook: Webhook, tamper: str, field: str, verified: bool
) -> None:
    record = RECORD | {"mnoReference": "m"}
    post(merchant, {"record": record})
    post(merchant, {"record": record, "tamper": tamper})
    honest, altered = (c.fields for c in webhook.wait_for(2))
    assert [name for name in honest if honest[name] != altered[name]] == [field]
    assert verifies(merchant.server.public_key_pem, altered) == verified


def test_tampering_can_be_signed(merchant: Merchant, webhook: Webhook) -> None:
    post(merchant, {"record": RECORD, "tamper": "network", "resign": True})
    (callback,) = webhook.wait_for(1)
    assert callback.fields["operator"] != "Tigo"
    assert verifies(merchant.server.public_key_pem, callback.fields)


def test_unsigned(merchant: Merchant, webhook: Webhook) -> None:
    post(merchant, {"record": RECORD, "tamper": "unsigned"})
    assert "signature" not in webhook.wait_for(1)[0].fields


def test_several_times_and_without_retries(merchant: Merchant, webhook: Webhook) -> None:
    webhook.statuses = [500, 401]
    deliveries = post(merchant, {"record": RECORD, "times": 3}).json()["deliveries"]
    assert [d["answer"]["status"] for d in deliveries] == [500, 401, 200]
    assert len({c.body for c in webhook.received}) == 1
    merchant.checkout()
    assert webhook.wait_for(4)[3].fields["utilityref"] == "order-1"


def test_another_url(merchant: Merchant, webhook: Webhook) -> None:
    with Webhook() as other:
        post(merchant, {"record": RECORD, "url": other.url})
        other.wait_for(1)
    assert webhook.received == []


def test_a_webhook_that_is_not_there(merchant: Merchant) -> None:
    answer = post(merchant, {"record": RECORD, "url": f"http://127.0.0.1:9/{PATH_SECRET}"})
    (delivery,) = answer.json()["deliveries"]
    assert delivery["answer"] is None
    assert delivery["error"] == "ConnectError"
    assert PATH_SECRET not in answer.text


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({}, 400),
        ({"externalId": "order-1", "record": RECORD}, 400),
        ({"externalId": "unknown"}, 404),
        ({"record": RECORD, "event": "unheard-of"}, 400),
        ({"record": RECORD, "tamper": "everything"}, 400),
        ({"record": RECORD, "times": 0}, 400),
        ({"record": RECORD, "times": 101}, 400),
        ({"record": RECORD, "url": "nowhere"}, 400),
        ({"record": RECORD | {"provider": "Mixx"}}, 400),
        ({"record": RECORD | {"amount": "ten"}}, 400),
        ({"record": RECORD | {"accountNumber": "1"}}, 400),
        ({"record": RECORD, "unknown": 1}, 400),
    ],
)
def test_orders_that_cannot_be_met(
    merchant: Merchant, webhook: Webhook, order: dict[str, Any], status: int
) -> None:
    answer = post(merchant, order)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert webhook.received == []


def test_without_any_url_it_is_a_conflict() -> None:
    with SimulatorServer(quick_settings()) as server:
        merchant = Merchant(server)
        with merchant.http:
            assert post(merchant, {"record": RECORD}).status_code == 409


def test_the_class_has_the_same_levers(merchant: Merchant, webhook: Webhook) -> None:
    server = merchant.server
    token, old = merchant.token(), server.public_key_pem
    server.expire_tokens()
    server.rotate_key()
    assert merchant.checkout(token=token).status_code == 401
    assert server.public_key_pem != old
    (delivery,) = server.send_callbacks(record=RECORD, tamper="amount")
    assert delivery["answer"]["status"] == 200
    assert webhook.received[0].fields["amount"] == "1501"
    assert len(server.book.entries(CallbackAttempt, "order-9")) == 1
    server.reset()
    assert server.book.entries(CallbackAttempt) == []
    server.set_callback_url(None)
    with pytest.raises(httpx.HTTPStatusError):
        server.send_callbacks(record=RECORD)


def test_the_webhooks_secret_is_nowhere(merchant: Merchant, webhook: Webhook) -> None:
    webhook.answer = f"no such page: /webhooks/azampay/{PATH_SECRET}".encode()
    merchant.checkout()
    webhook.wait_for(1)
    delivery = post(merchant, {"record": RECORD})
    merchant.server.book.wait_for(lambda b: all(a.answer for a in b.entries(CallbackAttempt)))
    assert "no such page: ***" in delivery.text
    for text in (delivery.text, merchant.http.get("/_simulator/book").text):
        assert PATH_SECRET not in text
        assert "http://127.0.0.1:" in text
