"""The examples in Python, JavaScript and PHP: each does the same with the same API and events."""

import itertools
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.bad_line import BadLine, Forward, Move, Says
from tests.e2e.lookups import look_up
from tests.e2e.shops import JournalShop, Shop, journal_shop, open_shop, pay
from tests.e2e.support import World, number_of, payment, wait_until

LANGUAGES = ("python", "javascript", "php")
SERVERS = ("javascript", "php")
NUMBER = "255754000001"
PAGE = b"<html><title>Something went wrong</title>"
IN_DOUBT = {
    "an error without a code": Says(500, PAGE),
    "a proxy's time-out": Says(524, PAGE),
    "the request timed out": Says(408, PAGE),
    "an error with another's code": Says(520, b'{"code": 1020, "detail": "Ray 7d"}'),
    "an error with a word of another's": Says(502, b'{"code": "bad_origin"}'),
    "an error that breaks off": Says(503, b'{"code": "provider_una', is_cut=True),
    "a success that is a page": Says(200, PAGE),
    "a success without a status": Says(202, b"{}"),
    "a success with another's status": Says(200, b'{"status": 200}'),
    "a success that is a list": Says(200, b'["status"]'),
    "a success that says nothing": Says(204),
}


def an_order() -> str:
    return f"SHOP-{uuid.uuid4().hex}"


def problem(status: int, code: str, retry_after: int | None = None) -> Says:
    return Says(status, json.dumps({"status": status, "code": code}).encode(), retry_after)


def event(kind: str, order: str, event_id: str | None = None) -> dict[str, Any]:
    return {"id": event_id or uuid.uuid4().hex, "type": kind, "subject": order, "data": {}}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_payment_is_accepted(world: World, language: str) -> None:
    told = pay(language, *door(world), an_order(), NUMBER, "1500", "Mpesa")
    assert told["outcome"] == "Accepted"
    assert told["status"] in ("pending", "succeeded")


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_doubt_the_same_is_posted_again_until_it_is_known(world: World, language: str) -> None:
    order = an_order()
    moves: list[Move] = [
        Forward(breaks=True),
        Says(504, b"<html>"),
        problem(503, "unavailable", 1),
        problem(429, "too_many_requests", 0),
        problem(409, "in_progress", 0),
        Forward(),
    ]
    with BadLine(world.stack.payment_url, moves) as line:
        started = time.monotonic()
        told = pay(language, line.url, world.stack.api_key, order, NUMBER, "1500", "Mpesa")
        took = time.monotonic() - started

    assert told["outcome"] == "Accepted"
    assert len(line.bodies) == len(moves)
    assert len(set(line.bodies)) == 1
    assert json.loads(line.bodies[0])["externalId"] == order
    assert len(world.simulator.book(order)["checkouts"]) == 1
    # It waited as long as it was told to.
    assert took >= 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("moves", "told"),
    [
        ([Forward(breaks=True)], {"outcome": "Unknown", "code": "unavailable"}),
        ([problem(500, "internal_error")], {"outcome": "Unknown", "code": "internal_error"}),
        # What was in doubt stays so, whatever the next answer refuses.
        (
            [problem(503, "unavailable", 0), problem(403, "forbidden")],
            {"outcome": "Unknown", "code": "forbidden"},
        ),
        # That nothing was sent is a fact about the payment, and ends the doubt.
        (
            [problem(503, "unavailable", 0), problem(503, "provider_unavailable", 60)],
            {"outcome": "NotSent", "code": "provider_unavailable"},
        ),
        (
            [problem(429, "too_many_requests", 60)],
            {"outcome": "NotSent", "code": "too_many_requests"},
        ),
    ],
)
def test_what_is_not_known_is_not_called_failed(
    world: World, language: str, moves: list[Move], told: dict[str, str]
) -> None:
    with BadLine(world.stack.payment_url, moves) as line:
        key = world.stack.api_key
        assert pay(language, line.url, key, an_order(), NUMBER, "1", "Mpesa", patience=1) == told


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("answer", IN_DOUBT.values(), ids=IN_DOUBT)
def test_what_is_not_the_api_s_own_answer_leaves_it_in_doubt(language: str, answer: Says) -> None:
    moves = [replace(answer, retry_after=0), Says(202, b'{"status": "pending"}')]
    with BadLine(moves=moves) as line:
        told = pay(language, line.url, "key", an_order(), NUMBER, "1", "Mpesa")
    assert told == {"outcome": "Accepted", "status": "pending"}
    assert len(line.bodies) == len(moves)
    assert len(set(line.bodies)) == 1

    with BadLine(moves=[replace(answer, retry_after=60)]) as line:
        told = pay(language, line.url, "key", an_order(), NUMBER, "1", "Mpesa", patience=1)
    assert told == {"outcome": "Unknown", "code": "unavailable"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (Says(200, b'{"status": "pending"}'), {"status": "pending"}),
        (problem(404, "not_found"), None),
        # Nobody who reads these as "there is none" may charge a payer anew.
        (Says(404, PAGE), {"error": "http_404"}),
        (Says(200, PAGE), {"error": "unavailable"}),
        (Says(500, PAGE), {"error": "unavailable"}),
        (problem(503, "unavailable"), {"error": "unavailable"}),
    ],
)
def test_only_the_api_says_that_there_is_no_payment(
    language: str, answer: Says, found: dict[str, str] | None
) -> None:
    with BadLine(moves=[answer]) as line:
        assert look_up(language, line.url, an_order()) == found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_is_final_and_a_fault_is_named(world: World, language: str) -> None:
    order, vendor = an_order(), number_of("invalid-vendor")
    refused = {"outcome": "Refused", "code": "provider_refused"}
    assert pay(language, *door(world), order, vendor, "1500", "Mpesa") == refused
    # Repeated, it is answered 200 with the payment as it stands: no less refused.
    assert pay(language, *door(world), order, vendor, "1500", "Mpesa") == refused

    faulty = pay(language, *door(world), an_order(), NUMBER, "0", "Mpesa")
    assert faulty == {"outcome": "Faulty", "code": "invalid_payment"}
    stranger = pay(language, world.stack.payment_url, "wrong", an_order(), NUMBER, "1", "Mpesa")
    assert stranger["outcome"] == "Faulty"


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_order_is_delivered_once_when_it_is_paid(
    world: World, tmp_path: Path, language: str
) -> None:
    with open_shop(language, world, tmp_path) as shop:
        paid, declined, contradicted = (
            payment(),
            payment("decline"),
            payment("success-then-failure"),
        )
        for each in (paid, declined, contradicted):
            assert world.merchant.post(each).status_code == 202
        orders = sorted((paid["externalId"], contradicted["externalId"]))
        wait_until("both are delivered", lambda: sorted(shop.deliveries()) == orders)
        wait_until("one is given up", lambda: shop.given_up() == [declined["externalId"]])
        told_in_every_order(shop)


def told_in_every_order(shop: Shop) -> None:
    kinds = ("payment.succeeded", "payment.failed", "payment.never-heard-of")
    for order_of_kinds in itertools.permutations(kinds):
        order = an_order()
        events = [event(kind, order) for kind in order_of_kinds]
        for each in (*events, events[0], events[-1], event("payment.succeeded", order)):
            shop.tell(each)
        assert shop.deliveries().count(order) == 1, order_of_kinds
        is_paid_first = order_of_kinds.index("payment.succeeded") < order_of_kinds.index(
            "payment.failed"
        )
        assert not (is_paid_first and order in shop.given_up()), order_of_kinds
    failed = an_order()
    shop.tell(event("payment.failed", failed))
    for_a_person = event("payment.unresolved", failed)
    shop.tell(for_a_person)
    shop.tell(for_a_person)
    assert failed not in shop.deliveries()
    assert shop.given_up().count(failed) == 1
    assert shop.looked_at().count(failed) == 1


@pytest.fixture
def server(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Iterator[JournalShop]:
    with journal_shop(request.param, world, tmp_path) as shop:
        yield shop


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_a_forged_message_is_not_believed(server: JournalShop) -> None:
    amazon, good = server.relay.amazon, server.message(event("payment.succeeded", an_order()))
    elsewhere = "https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-0a.pem"
    forged = [
        {**good, "Message": json.dumps(event("payment.succeeded", an_order()))},
        {**good, "Signature": ""},
        {**good, "SigningCertURL": elsewhere},
        {**good, "SigningCertURL": amazon.certificate_url.replace("https", "http")},
        {**good, "SigningCertURL": amazon.certificate_url.replace(".com", ".com:8443")},
        {**good, "SigningCertURL": amazon.certificate_url.replace("sns.", "sns-a.")},
        {**good, "SigningCertURL": f"https://{amazon.host}/other.pem"},
        {**good, "SignatureVersion": "1"},
        {**good, "Type": "SomethingElse"},
        amazon.sign({**good, "TopicArn": f"{server.topic_arn}-of-somebody-else"}),
    ]
    before = server.entries()
    assert {server.relay.post(each) for each in forged} == {403}
    assert server.entries() == before
    assert server.relay.post(good) == 200


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_what_cannot_be_kept_is_sent_again(server: JournalShop) -> None:
    nothing_in_it = server.relay.amazon.sign(
        {**server.message(event("payment.succeeded", "X")), "Message": "not JSON"}
    )
    assert server.relay.post(nothing_in_it) == 500


@pytest.mark.parametrize("language", SERVERS)
def test_what_was_half_written_when_the_power_went_out_is_taken_again(
    world: World, tmp_path: Path, language: str
) -> None:
    paid, half = an_order(), an_order()
    kept = {"id": "1", "type": "payment.succeeded", "externalId": paid, "verdict": "deliver"}
    torn = json.dumps(kept | {"id": "2", "externalId": half})[:-5]
    (tmp_path / "journal").write_text(f"{json.dumps(kept)}\n{torn}", encoding="utf-8")
    with journal_shop(language, world, tmp_path) as shop:
        shop.tell(event("payment.succeeded", half, "2"))
        shop.tell(event("payment.succeeded", paid, "3"))
        assert shop.deliveries() == [paid, half]


def door(world: World) -> tuple[str, str]:
    """Where payments are posted, and with which key."""
    return world.stack.payment_url, world.stack.api_key
