"""Each test number does what its line in the table says."""

import json
import time
from typing import Any

import httpx
import pytest

from simulator.server import SimulatorServer
from simulator.settings import Settings
from tests.integration.simulator.harness import Merchant, Received, Webhook, number, quick_settings
from tests.integration.simulator.verification import verifies

PAID = {"prompts": 1, "charges": 1}
UNPAID = {"prompts": 1, "charges": 0}
UNTOUCHED = {"prompts": 0, "charges": 0}


def totals(merchant: Merchant) -> dict[str, int]:
    found = merchant.book("order-1")["totals"]
    return {name: found[name] for name in PAID}


def statuses(callbacks: list[Received]) -> list[str]:
    return [c.fields["transactionstatus"] for c in callbacks]


def assert_quiet(merchant: Merchant, webhook: Webhook) -> None:
    """No callback but those that came: a later payment's callback arrives, and nothing else."""
    before = len(webhook.received)
    merchant.checkout(externalId="later")
    later = webhook.wait_for(before + 1)[before:]
    assert [c.fields["utilityref"] for c in later] == ["later"]


@pytest.mark.parametrize(
    ("nn", "status", "message", "expected"),
    [
        (1, "success", "success", PAID),
        (2, "success", "success", PAID),
        (3, "failure", "Transaction declined by the payer", UNPAID),
        (4, "failure", "The payer has insufficient funds", UNPAID),
        (5, "failure", "The payer entered a wrong PIN", UNPAID),
        (13, "failed", "Transaction failed", UNPAID),
        (99, "success", "success", PAID),
    ],
)
def test_a_prompt_ends_in_one_signed_callback(
    merchant: Merchant,
    webhook: Webhook,
    nn: int,
    status: str,
    message: str,
    expected: dict[str, int],
) -> None:
    answer = merchant.checkout(number(nn))
    assert answer.json()["success"] is True
    (callback,) = webhook.wait_for(1)
    assert callback.fields["transactionstatus"] == status
    assert callback.fields["message"] == message
    assert callback.fields["utilityref"] == "order-1"
    assert callback.fields["transid"] == answer.json()["transactionId"]
    assert verifies(merchant.server.public_key_pem, callback.fields)
    assert totals(merchant) == expected
    assert_quiet(merchant, webhook)


@pytest.mark.parametrize(("nn", "seconds"), [(1, 0.0), (2, 0.4)])
def test_the_first_two_do_not_take_the_usual_time(
    webhook: Webhook, nn: int, seconds: float
) -> None:
    settings = quick_settings(callback_url=webhook.url, callback_delay=60, slow_approval=0.4)
    with SimulatorServer(settings) as server:
        merchant = Merchant(server)
        with merchant.http:
            token = merchant.token()
            started = time.monotonic()
            merchant.checkout(number(nn), token=token)
            webhook.wait_for(1)
    assert time.monotonic() - started >= seconds


def test_the_times_are_those_of_the_table() -> None:
    assert Settings().slow_approval == 5
    assert Settings().slow_answer == 60


def test_06_the_payer_never_answers(merchant: Merchant, webhook: Webhook) -> None:
    assert merchant.checkout(number(6)).json()["success"] is True
    assert_quiet(merchant, webhook)
    assert totals(merchant) == UNPAID


def test_07_the_callback_comes_before_the_answer(merchant: Merchant, webhook: Webhook) -> None:
    webhook.gate.clear()
    token = merchant.token()
    with merchant.patience(0.3), pytest.raises(httpx.ReadTimeout):
        merchant.checkout(number(7), token=token)
    assert len(webhook.received) == 1
    webhook.gate.set()
    answer = merchant.checkout(number(7), externalId="order-2")
    assert answer.json()["transactionId"] == webhook.received[1].fields["transid"]
    (checkout,) = merchant.book("order-2")["checkouts"]
    (callback,) = merchant.book("order-2")["callbacks"]
    assert callback["answer"]["status"] == 200
    assert checkout["answer"]["status"] == 200


def test_08_the_callback_comes_twice(merchant: Merchant, webhook: Webhook) -> None:
    merchant.checkout(number(8))
    first, second = webhook.wait_for(2)
    assert first.body == second.body
    assert totals(merchant) == PAID
    assert_quiet(merchant, webhook)


def test_09_success_then_failure(merchant: Merchant, webhook: Webhook) -> None:
    merchant.checkout(number(9))
    callbacks = webhook.wait_for(2)
    assert statuses(callbacks) == ["success", "failure"]
    assert callbacks[0].fields["transid"] == callbacks[1].fields["transid"]
    assert all(verifies(merchant.server.public_key_pem, c.fields) for c in callbacks)
    assert totals(merchant) == PAID


def test_10_the_callback_is_unsigned(merchant: Merchant, webhook: Webhook) -> None:
    merchant.checkout(number(10))
    (callback,) = webhook.wait_for(1)
    assert "signature" not in callback.fields
    assert totals(merchant) == PAID


def test_11_the_signature_is_forged(merchant: Merchant, webhook: Webhook) -> None:
    webhook.statuses = [401]
    merchant.checkout(number(11))
    (callback,) = webhook.wait_for(1)
    assert callback.fields["transactionstatus"] == "success"
    assert not verifies(merchant.server.public_key_pem, callback.fields)
    assert totals(merchant) == UNPAID
    assert_quiet(merchant, webhook)


def test_12_the_amount_is_changed(merchant: Merchant, webhook: Webhook) -> None:
    merchant.checkout(number(12))
    (callback,) = webhook.wait_for(1)
    assert callback.fields["amount"] == "60001"
    assert verifies(merchant.server.public_key_pem, callback.fields)
    assert merchant.book("order-1")["charges"][0]["amount"] == "60000"


def test_14_invalid_vendor(merchant: Merchant, webhook: Webhook) -> None:
    answer = merchant.checkout(number(14))
    assert answer.status_code == 200
    body = answer.json()
    assert body["success"] is False
    assert body["transactionId"] == "null"
    assert body["messageCode"] == 1000
    assert body["message"].endswith("Invalid Vendor")
    assert_quiet(merchant, webhook)
    assert totals(merchant) == UNTOUCHED


def test_15_a_field_is_refused(merchant: Merchant, webhook: Webhook) -> None:
    answer = merchant.checkout(number(15))
    assert answer.status_code == 400
    assert list(answer.json()) == ["errors", "type", "traceId", "title", "status"]
    assert [n for n, texts in answer.json()["errors"].items() if texts] == ["accountNumber"]
    assert_quiet(merchant, webhook)
    assert totals(merchant) == UNTOUCHED


def test_16_unauthorised_once_for_each_reference(merchant: Merchant, webhook: Webhook) -> None:
    token = merchant.token()
    assert merchant.checkout(number(16), token=token).status_code == 401
    assert merchant.checkout(number(16), token=token).status_code == 401, "the token is revoked"
    assert totals(merchant) == UNTOUCHED
    assert merchant.checkout(number(16)).json()["success"] is True
    assert statuses(webhook.wait_for(1)) == ["success"]
    assert totals(merchant) == PAID
    assert merchant.checkout(number(16), externalId="order-2").status_code == 401


def test_17_the_next_token_request_is_423(merchant: Merchant, webhook: Webhook) -> None:
    assert merchant.checkout(number(17)).status_code == 401
    with pytest.raises(httpx.HTTPStatusError) as caught:
        merchant.token()
    assert caught.value.response.status_code == 423
    assert list(caught.value.response.json()) == ["data", "message", "success", "statusCode"]
    assert merchant.checkout(number(17)).json()["success"] is True
    webhook.wait_for(1)
    assert totals(merchant) == PAID


@pytest.mark.parametrize(
    ("nn", "status", "content_type", "start"),
    [(18, 200, None, b""), (19, 502, "text/html; charset=utf-8", b"<html>")],
)
def test_an_unreadable_answer_to_a_paid_checkout(
    merchant: Merchant,
    webhook: Webhook,
    nn: int,
    status: int,
    content_type: str | None,
    start: bytes,
) -> None:
    answer = merchant.checkout(number(nn))
    assert answer.status_code == status
    assert answer.headers.get("content-type") == content_type
    assert answer.content.startswith(start)
    assert bool(answer.content) == bool(start)
    assert statuses(webhook.wait_for(1)) == ["success"]
    assert totals(merchant) == PAID


def test_20_the_connection_is_reset(merchant: Merchant, webhook: Webhook) -> None:
    with pytest.raises(httpx.ReadError) as caught:
        merchant.checkout(number(20))
    assert isinstance(root_cause(caught.value), ConnectionResetError)
    assert_quiet(merchant, webhook)
    book = merchant.book("order-1")
    assert book["checkouts"][0]["answer"]["note"] == "the connection was reset"
    assert book["checkouts"][0]["answer"]["status"] is None
    assert totals(merchant) == UNTOUCHED


def root_cause(error: BaseException) -> BaseException:
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return error


def test_21_the_answer_is_slow(merchant: Merchant, webhook: Webhook) -> None:
    token = merchant.token()
    started = time.monotonic()
    answer = merchant.checkout(number(21), token=token)
    assert time.monotonic() - started >= 0.4
    assert answer.json()["success"] is True
    assert statuses(webhook.wait_for(1)) == ["success"]
    assert totals(merchant) == PAID


def test_21_the_phone_rings_before_the_slow_answer(webhook: Webhook) -> None:
    settings = quick_settings(callback_url=webhook.url, slow_answer=30)
    with SimulatorServer(settings) as server:
        merchant = Merchant(server)
        with merchant.http:
            token = merchant.token()
            with merchant.patience(0.3), pytest.raises(httpx.ReadTimeout):
                merchant.checkout(number(21), token=token)
        assert server.book.view("order-1").totals["prompts"] == 1
        assert server.book.view("order-1").totals["charges"] == 0


def test_22_accepted_but_no_answer_ever(merchant: Merchant, webhook: Webhook) -> None:
    token = merchant.token()
    with merchant.patience(0.5), pytest.raises(httpx.ReadTimeout):
        merchant.checkout(number(22), token=token)
    assert statuses(webhook.wait_for(1)) == ["success"]
    assert totals(merchant) == PAID
    (checkout,) = merchant.book("order-1")["checkouts"]
    assert checkout["answer"]["note"] == "no answer was sent"


def test_23_the_documented_key_path_is_404_once(merchant: Merchant, webhook: Webhook) -> None:
    old = merchant.server.public_key_pem
    merchant.checkout(number(23))
    answer = merchant.documented_key()
    assert (answer.status_code, answer.content) == (404, b"")
    (callback,) = webhook.wait_for(1)
    assert verifies(merchant.probed_key().text, callback.fields)
    assert not verifies(old, callback.fields)
    assert merchant.documented_key().status_code == 200


def test_24_the_key_is_rotated(merchant: Merchant, webhook: Webhook) -> None:
    old = merchant.documented_key().json()["publicKey"]
    merchant.checkout(number(24))
    (callback,) = webhook.wait_for(1)
    assert not verifies(old, callback.fields)
    assert verifies(merchant.documented_key().json()["publicKey"], callback.fields)
    assert totals(merchant) == PAID


def test_the_table_is_readable(merchant: Merchant) -> None:
    rows: list[dict[str, Any]] = merchant.http.get("/_simulator/numbers").json()
    assert [row["number"] for row in rows] == [*(number(nn) for nn in range(1, 25)), None]
    assert all(row["name"] and row["summary"] for row in rows)


def test_the_book_names_the_behaviour(merchant: Merchant) -> None:
    merchant.checkout(number(3))
    merchant.checkout(amount=-1, externalId="order-2")
    assert merchant.book("order-1")["checkouts"][0]["behaviour"] == "decline"
    assert merchant.book("order-2")["checkouts"][0]["behaviour"] is None
    assert json.dumps(merchant.book())
