"""The page over HTTP: its parts, its stream of events, the phones, and who is kept out."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from simulator.entries import Checkout
from simulator.exchange import http_request
from simulator.server import SimulatorServer
from tests.integration.simulator.harness import (
    PATH_SECRET,
    Merchant,
    Webhook,
    number,
    quick_settings,
)

ASKED = "255754318206"


@pytest.fixture
def server(webhook: Webhook) -> Iterator[SimulatorServer]:
    settings = quick_settings(callback_url=webhook.url, auto_approve=None)
    with SimulatorServer(settings) as running:
        yield running


def answer(merchant: Merchant, transaction_id: str, **body: str) -> httpx.Response:
    return merchant.http.post(f"/_simulator/phones/{transaction_id}", json=body)


def asked(merchant: Merchant, external_id: str = "order-1") -> str:
    """The transaction of a payment that asks a phone."""
    response = merchant.checkout(ASKED, externalId=external_id)
    return str(response.json()["transactionId"])


@contextmanager
def events(merchant: Merchant, last: str | None = None) -> Iterator[Iterator[dict[str, Any]]]:
    """The stream's events, from ``last`` on."""
    headers = {"Last-Event-ID": last} if last else {}
    with merchant.http.stream("GET", "/_simulator/events", headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield _parsed(response.iter_lines())


def _parsed(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    event: dict[str, Any] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name in ("id", "event", "data"):
            event[name] = json.loads(value) if name == "data" else value
        elif not line and "event" in event:
            yield event
            event = {}


def round_of(stream: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """All events up to the next that says that the page is up to date."""
    found = []
    for event in stream:
        found.append(event)
        if event["event"] == "synced":
            return found
    raise AssertionError("the stream ended")


@pytest.mark.parametrize(
    ("body", "outcome", "status"),
    [
        ({"answer": "approve", "pin": "1234"}, "approve", "success"),
        ({"answer": "approve", "pin": "0000"}, "wrong-pin", "failure"),
        ({"answer": "decline"}, "decline", "failure"),
    ],
)
def test_a_phone_is_answered(
    merchant: Merchant, webhook: Webhook, body: dict[str, str], outcome: str, status: str
) -> None:
    transaction_id = asked(merchant)
    assert answer(merchant, transaction_id, **body).json() == {"answer": outcome}
    (callback,) = webhook.wait_for(1)
    assert callback.fields["transactionstatus"] == status
    assert callback.fields["transid"] == transaction_id
    totals = merchant.book("order-1")["totals"]
    assert totals["charges"] == (1 if status == "success" else 0)
    assert [p["answer"] for p in merchant.book()["prompts"]] == [outcome]


def test_an_ignored_phone_leads_to_nothing(merchant: Merchant, webhook: Webhook) -> None:
    assert answer(merchant, asked(merchant), answer="ignore").is_success
    merchant.checkout(number(1), externalId="later")
    assert [c.fields["utilityref"] for c in webhook.wait_for(1)] == ["later"]


def test_a_phone_is_answered_once(merchant: Merchant, webhook: Webhook) -> None:
    transaction_id = asked(merchant)
    assert answer(merchant, transaction_id, answer="decline").status_code == 200
    again = answer(merchant, transaction_id, answer="approve", pin="1234")
    assert again.status_code == 409
    webhook.wait_for(1)
    assert merchant.book()["totals"]["charges"] == 0


def test_only_a_phone_that_rings_can_be_answered(merchant: Merchant) -> None:
    script = merchant.checkout(number(6)).json()["transactionId"]
    for transaction_id in (script, "unknown"):
        assert answer(merchant, transaction_id, answer="decline").status_code == 409
    transaction_id = asked(merchant)
    merchant.http.delete("/_simulator/book")
    assert answer(merchant, transaction_id, answer="decline").status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {"answer": "approve"},
        {"answer": "approve", "pin": "123"},
        {"answer": "approve", "pin": "12345"},
        {"answer": "approve", "pin": "12a4"},
        {"answer": "approve", "pin": "١٢٣٤"},
        {"answer": "perhaps"},
        {},
    ],
)
def test_answers_that_are_none(merchant: Merchant, body: dict[str, str]) -> None:
    transaction_id = asked(merchant)
    assert answer(merchant, transaction_id, **body).status_code == 400
    assert answer(merchant, transaction_id, answer="ignore").status_code == 200


def test_the_pin_is_kept_nowhere(merchant: Merchant, webhook: Webhook) -> None:
    transaction_id = asked(merchant)
    answer(merchant, transaction_id, answer="approve", pin="9731")
    webhook.wait_for(1)
    book = merchant.http.get("/_simulator/book").text.replace(transaction_id, "")
    assert '"9731"' not in book
    assert "pin" not in json.loads(book)["prompts"][0]


def test_the_stream_tells_of_a_payment_step_by_step(merchant: Merchant) -> None:
    with events(merchant) as stream:
        assert [e["event"] for e in round_of(stream)] == ["reset", "synced"]
        transaction_id = asked(merchant)
        kinds: list[str] = []
        while "phone" not in kinds:
            told = round_of(stream)
            kinds += [e["event"] for e in told]
        phone = next(e for e in told if e["event"] == "phone")
        assert phone["data"]["id"] == f"phone-{ASKED}"
        assert "Pay <strong" in phone["data"]["html"]
        answer(merchant, transaction_id, answer="approve", pin="1234")
        html = ""
        while "The webhook answered 200" not in html:
            payments = [e for e in round_of(stream) if e["event"] == "payment"]
            html = payments[-1]["data"]["html"] if payments else html
        assert 'data-state="paid"' in html


def test_a_stream_goes_on_from_the_last_event(merchant: Merchant) -> None:
    with events(merchant) as stream:
        last = round_of(stream)[-1]["id"]
    merchant.checkout(number(6), externalId="missed")
    with events(merchant, last) as stream:
        told = round_of(stream)
    assert [e["event"] for e in told] == ["payment", "synced"]
    assert "missed" in told[0]["data"]["html"]


@pytest.mark.parametrize("last", ["0badf00d.1", "nonsense", "1", "é"])
def test_a_stream_from_elsewhere_begins_anew(merchant: Merchant, last: str) -> None:
    asked(merchant)
    params = {"after": last}
    with merchant.http.stream("GET", "/_simulator/events", params=params) as response:
        told = round_of(_parsed(response.iter_lines()))
    assert [e["event"] for e in told] == ["reset", "payment", "phone", "synced"]


def test_a_stream_after_a_clearing_begins_anew(merchant: Merchant) -> None:
    asked(merchant)
    with events(merchant) as stream:
        last = round_of(stream)[-1]["id"]
    merchant.http.delete("/_simulator/book")
    with events(merchant, last) as stream:
        assert [e["event"] for e in round_of(stream)] == ["reset", "synced"]


def test_open_streams_do_not_hold_the_end(webhook: Webhook) -> None:
    server = SimulatorServer(quick_settings()).start()
    merchant = Merchant(server)
    with merchant.http, events(merchant) as stream:
        round_of(stream)
        server.stop()
        assert list(stream) == []


def test_the_page_is_whole_without_the_stream(merchant: Merchant, webhook: Webhook) -> None:
    merchant.checkout(number(1), externalId='<script>alert("x")</script>')
    webhook.wait_for(1)
    asked(merchant)
    page = merchant.http.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "&lt;script&gt;alert" in page.text
    assert "<script>alert" not in page.text
    assert f"phone-{ASKED}" in page.text
    for nn in range(1, 25):
        assert number(nn) in page.text


def test_nothing_comes_from_elsewhere(merchant: Merchant) -> None:
    page = merchant.http.get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    for name in ("page.css", "page.js", "icon.svg"):
        file = merchant.http.get(f"/_simulator/static/{name}")
        assert file.status_code == 200
        assert "https://" not in file.text
        assert "@import" not in file.text
    assert merchant.http.get("/_simulator/static/%2e%2e/app.py").status_code == 404


def test_a_chosen_theme_is_written_into_the_page(merchant: Merchant) -> None:
    for theme, written in (("dark", True), ("light", True), ('"><b>', False)):
        page = merchant.http.get("/", headers={"Cookie": f"simulator_theme={theme}"})
        assert (f'data-theme="{theme}"' in page.text) == written


def test_only_the_latest_payments_are_in_the_page(merchant: Merchant) -> None:
    request = http_request("POST", "/azampay/mno/checkout", [], b"{}")
    for index in range(205):
        reference = f"N-{index:03d}"
        merchant.server.book.add(
            Checkout(external_id=reference, request=request, token_fingerprint=None)
        )
    page = merchant.http.get("/").text
    assert page.count('class="case"') == 200
    assert "N-204" in page
    assert "N-004" not in page


def test_the_urls_secret_is_told_on_request_alone(merchant: Merchant, webhook: Webhook) -> None:
    assert PATH_SECRET not in merchant.http.get("/").text
    assert merchant.http.get("/_simulator/callback-url").json() == {"url": webhook.url}


def test_where_others_may_come_it_is_not_told(webhook: Webhook) -> None:
    settings = replace(quick_settings(callback_url=webhook.url), allow_remote=True)
    with SimulatorServer(settings) as server:
        answer = httpx.get(f"{server.base_url}/_simulator/callback-url", trust_env=False)
    assert answer.status_code == 403
    assert PATH_SECRET not in answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/_simulator/book"),
        ("GET", "/_simulator/events"),
        ("GET", "/_simulator/callback-url"),
        ("PUT", "/_simulator/callback-url"),
        ("POST", "/_simulator/callbacks"),
        ("DELETE", "/_simulator/book"),
    ],
)
def test_other_websites_are_kept_out(merchant: Merchant, method: str, path: str) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        answer = merchant.http.request(method, path, headers=headers, json={})
        assert answer.status_code == 403
        assert PATH_SECRET not in answer.text


def test_azampays_own_endpoints_do_not_mind(merchant: Merchant) -> None:
    headers = {"Host": "sandbox.azampay.co.tz", **merchant.authorization()}
    answer = merchant.http.post("/azampay/mno/checkout", headers=headers, json={})
    assert answer.status_code == 400
    assert "content-security-policy" not in answer.headers


def test_a_seed_repeats_ids_and_keys(webhook: Webhook) -> None:
    seen = []
    for _ in range(2):
        with SimulatorServer(quick_settings(seed=11)) as server:
            merchant = Merchant(server)
            with merchant.http:
                seen.append((server.public_key_pem, asked(merchant)))
    assert seen[0] == seen[1]
