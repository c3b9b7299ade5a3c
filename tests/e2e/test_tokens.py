"""Tokens and credentials: refused, missing, and put in late."""

import json
from contextlib import closing
from typing import Any

from local.events import EventQueue
from local.ports import LOOPBACK, choose_port
from local.stack import LocalStack
from tests.e2e.support import World, payment, wait_until


def test_a_token_that_expired_costs_one_401_and_one_refresh(
    world: World, events: EventQueue
) -> None:
    world.forget_token()
    first = payment()
    world.merchant.post(first)
    events.wait_for(first["externalId"], "payment.succeeded")
    requests_before = token_requests(world)
    world.simulator.expire_tokens()

    wanted = payment()
    response = world.merchant.post(wanted)

    assert response.status_code == 202, response.text
    statuses = [each["answer"]["status"] for each in checkouts(world, wanted["externalId"])]
    assert statuses == [401, 200]
    assert token_requests(world) == requests_before + 1
    assert len(world.simulator.book(wanted["externalId"])["prompts"]) == 1
    events.wait_for(wanted["externalId"], "payment.succeeded")


def test_a_refused_connection_is_told_and_can_be_posted_again(
    world: World, events: EventQueue
) -> None:
    wanted = payment()
    nobody_there = f"http://{LOOPBACK}:{choose_port('unused')}"
    with world.environment("PaymentsFunction", AZAMPAY_CHECKOUT_URL=nobody_there):
        refused = world.merchant.post(wanted)
        assert refused.status_code == 503, refused.text
        assert refused.json()["code"] == "provider_unavailable"
        assert int(refused.headers["Retry-After"]) > 0
        assert world.state_of(wanted["externalId"])["status"] == "not_sent"

    again = world.merchant.post(wanted)
    assert again.status_code == 202, again.text
    assert len(checkouts(world, wanted["externalId"])) == 1
    events.wait_for(wanted["externalId"], "payment.succeeded")


def test_until_the_credentials_are_in_nothing_is_sent_and_the_log_says_what_to_do() -> None:
    # A stack of its own, beside the one of the other tests: nobody has given it credentials.
    with (
        LocalStack(has_credentials=False, callback_delay=0.3) as stack,
        closing(World(stack)) as fresh,
    ):
        see_credentials_put_in_late(fresh, stack.subscribe())


def see_credentials_put_in_late(fresh: World, events: EventQueue) -> None:
    wanted = payment()
    refused = fresh.merchant.post(wanted)
    assert refused.status_code == 503, refused.text
    assert refused.json()["code"] == "provider_unavailable"
    assert int(refused.headers["Retry-After"]) > 0
    assert checkouts(fresh, wanted["externalId"]) == []
    assert token_requests(fresh) == 0
    assert "put-secret-value" in refresh_failure(fresh)

    fresh.stack.put_credentials()
    # Until a moment after the failed refresh, nobody tries another.
    wait_until("it is sent", lambda: fresh.merchant.post(wanted).status_code == 202)
    events.wait_for(wanted["externalId"], "payment.succeeded")
    assert len(checkouts(fresh, wanted["externalId"])) == 1


def refresh_failure(world: World) -> str:
    """The reason in the first log line of token_refresh about a failed refresh."""
    lines = world.log_of("TokenRefreshLogGroup").splitlines()
    facts = [json.loads(line) for line in lines if line.startswith("{")]
    return str(next(f["reason"] for f in facts if f.get("message") == "token_refresh_failed"))


def checkouts(world: World, external_id: str) -> list[Any]:
    return list(world.simulator.book(external_id)["checkouts"])


def token_requests(world: World) -> int:
    return int(world.simulator.whole_book()["totals"]["tokenRequests"])
