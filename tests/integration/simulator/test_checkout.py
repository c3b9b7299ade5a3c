"""The checkout over HTTP: answers, refusals and the double charge."""

import base64
import re

import pytest

from simulator.server import SimulatorServer
from tests.integration.simulator.harness import Merchant, Webhook, quick_settings

UNAUTHORISED = b'{"status":"Error","message":"Please Provide Valid Authorization"}'
PATH = "/azampay/mno/checkout"


def test_an_accepted_checkout(merchant: Merchant) -> None:
    answer = merchant.checkout()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    body = answer.json()
    assert list(body) == ["transactionId", "message", "success"]
    assert re.fullmatch("[0-9a-f]{32}", body["transactionId"])
    assert body["success"] is True


def test_faults_are_named_by_field_in_azampays_shape(merchant: Merchant) -> None:
    answer = merchant.checkout(amount=5_000_001, provider="MPESA", additionalProperties=[])
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    body = answer.json()
    assert list(body) == ["errors", "type", "traceId", "title", "status"]
    assert list(body["errors"]) == [
        "amount",
        "externalId",
        "accountNumber",
        "provider",
        "additionalProperties",
    ]
    assert [name for name, texts in body["errors"].items() if texts] == [
        "amount",
        "provider",
        "additionalProperties",
    ]
    assert body["status"] == 400
    assert merchant.book()["totals"]["prompts"] == 0


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer unknown"}, {"Authorization": "Bearer"}],
    ids=["none", "unknown", "empty"],
)
def test_without_a_good_token_it_is_401(merchant: Merchant, headers: dict[str, str]) -> None:
    answer = merchant.http.post(PATH, json={"externalId": "order-1"}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.content == UNAUTHORISED
    assert merchant.book("order-1")["totals"]["prompts"] == 0


def test_an_expired_token_is_401() -> None:
    with SimulatorServer(quick_settings(token_lifetime=0)) as server:
        merchant = Merchant(server)
        with merchant.http:
            assert merchant.checkout().content == UNAUTHORISED


def test_a_body_that_is_not_declared_json_is_415(merchant: Merchant) -> None:
    headers = merchant.authorization() | {"Content-Type": "text/plain"}
    assert merchant.http.post(PATH, content=b"{}", headers=headers).status_code == 415


@pytest.mark.parametrize(("key", "status"), [(None, 403), ("wrong", 403), ("right", 200)])
def test_an_api_key_is_wanted_where_configured(key: str | None, status: int) -> None:
    with SimulatorServer(quick_settings(api_key="right", callback_delay=60)) as server:
        merchant = Merchant(server, key)
        with merchant.http:
            answer = merchant.checkout()
            headers = merchant.book()["checkouts"][0]["request"]["headers"]
    assert answer.status_code == status
    assert (answer.content == UNAUTHORISED) == (status == 403)
    assert ["x-api-key", key] not in headers
    assert (["x-api-key", "***"] in headers) == (key is not None)


def test_the_book_has_the_exact_request_and_answer(merchant: Merchant) -> None:
    token = merchant.token()
    content = b'{ "externalId" : "order-1", "amount" : 1.50 }'
    headers = merchant.authorization(token) | {"Content-Type": "application/json"}
    answer = merchant.http.post(PATH, content=content, headers=headers)
    (checkout,) = merchant.book("order-1")["checkouts"]
    assert base64.b64decode(checkout["request"]["bodyBase64"]) == content
    assert checkout["request"]["body"] == content.decode()
    assert checkout["request"]["method"] == "POST"
    assert checkout["request"]["url"] == PATH
    assert ["authorization", "Bearer ***"] in checkout["request"]["headers"]
    assert ["content-type", "application/json"] in checkout["request"]["headers"]
    assert checkout["answer"]["status"] == answer.status_code == 400
    assert checkout["answer"]["body"] == answer.text
    assert token not in merchant.http.get("/_simulator/book").text


def test_the_same_reference_twice_prompts_and_charges_twice(
    merchant: Merchant, webhook: Webhook
) -> None:
    first, second = (merchant.checkout().json()["transactionId"] for _ in range(2))
    merchant.checkout(externalId="order-2")
    webhook.wait_for(3)
    assert first != second
    book = merchant.book("order-1")
    assert [p["payment"]["transactionId"] for p in book["prompts"]] == [first, second]
    assert [c["amount"] for c in book["charges"]] == ["60000", "60000"]
    doubled = [{"externalId": "order-1", "prompts": 2, "charges": 2}]
    assert book["doubled"] == merchant.book()["doubled"] == doubled
    assert merchant.book("order-2")["doubled"] == []


def test_a_local_number_and_a_numeric_amount_are_told_in_canonical_form(
    merchant: Merchant, webhook: Webhook
) -> None:
    merchant.checkout("0712345678", amount=60000.0, additionalProperties={"cart": "é"})
    (callback,) = webhook.wait_for(1)
    assert callback.fields["msisdn"] == "255712345678"
    assert callback.fields["amount"] == "60000"
    assert callback.fields["additionalProperties"] == {"cart": "é"}


@pytest.mark.parametrize(("network", "equal"), [("Mpesa", True), ("Halopesa", False)])
def test_reference_is_no_key(
    merchant: Merchant, webhook: Webhook, network: str, equal: bool
) -> None:
    transaction_id = merchant.checkout(provider=network).json()["transactionId"]
    fields = webhook.wait_for(1)[0].fields
    assert fields["transid"] == fields["externalreference"] == transaction_id
    assert (fields["reference"] == transaction_id) == equal
