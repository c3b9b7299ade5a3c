"""Silent payments through the real handler, with DynamoDB's index and a provider to ask."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from finconnect.clock import to_iso
from finconnect.payments.aws import clients
from finconnect.payments.errors import LedgerUnavailable
from tests.fakes.builders import a_payload
from tests.fakes.provider import TRANSACTION
from tests.fakes.signing import azampay_key, callback_body
from tests.integration.functions.deployment import Deployment
from tests.integration.functions.standin import Says, Seen, StandIn

STATUS_PATH = "/api/v1/partner/gettransactionstatus"


def run(stack: Deployment, **environment: str) -> dict[str, int]:
    """One run in a fresh container, for which every open payment is old enough."""
    stack.restart("reconciler", **({"RECONCILE_AFTER_MINUTES": "0"} | environment))
    found: dict[str, int] = stack.handle("reconciler", {})
    return found


def payment(stack: Deployment, number: int = 0) -> dict[str, Any]:
    return stack.items("PAYMENT")[number]


def asks(provider: StandIn, answer: Says) -> list[Seen]:
    """Answer the status call; returns the requests that arrived."""
    seen: list[Seen] = []

    def on_other(request: Seen) -> Says:
        seen.append(request)
        return answer

    provider.on_key = on_other
    return seen


def test_a_payment_that_is_young_is_left_alone(stack: Deployment) -> None:
    stack.post(a_payload())
    assert run(stack, RECONCILE_AFTER_MINUTES="15") == {}
    assert stack.event_types() == ["payment.pending"]


def test_a_silent_payment_is_told_of_once_and_leaves_the_index(stack: Deployment) -> None:
    stack.post(a_payload())
    assert run(stack) == {"pending": 1}
    assert run(stack) == {}
    assert stack.event_types() == ["payment.pending", "payment.unresolved"]
    assert not {"open_shard", "open_since"} & payment(stack).keys()


def test_a_created_payment_becomes_unknown_and_a_late_callback_settles_it(
    stack: Deployment, provider: StandIn
) -> None:
    stack.knows_key()
    mend = stack.break_store("dynamodb.TransactWriteItems")
    assert stack.post(a_payload())["statusCode"] == 503
    mend()
    assert payment(stack)["status"]["S"] == "created"
    assert run(stack) == {"unknown": 1}
    assert sorted(stack.event_types()) == ["payment.unknown", "payment.unresolved"]
    assert stack.call_back()["statusCode"] == 200
    assert payment(stack)["status"]["S"] == "succeeded"
    assert len(provider.checkouts) == 1


def test_a_callback_that_was_held_is_applied(stack: Deployment) -> None:
    stack.knows_key()
    mend = stack.break_store("dynamodb.TransactWriteItems")
    stack.post(a_payload())
    mend()
    assert json.loads(stack.call_back()["body"]) == {"status": "held"}
    assert run(stack) == {"succeeded": 1}
    assert sorted(stack.event_types()) == ["payment.succeeded", "payment.unknown"]
    assert stack.items("CALLBACK#")[0]["disposition"]["S"] == "applied"


def test_a_clear_word_of_the_provider_settles_it(stack: Deployment, provider: StandIn) -> None:
    stack.post(a_payload())
    seen = asks(provider, Says(200, {"data": "success", "success": True}))
    assert run(stack, AZAMPAY_STATUS_PATH=STATUS_PATH) == {"succeeded": 1}
    (request,) = seen
    assert request.path == f"{STATUS_PATH}?transactionId={TRANSACTION}&provider=mpesa"
    assert request.headers["Authorization"] == f"Bearer {provider.token}"
    assert payment(stack)["verification"]["S"] == "status"
    assert len(provider.checkouts) == 1


def test_the_providers_no_settles_it_and_the_run_goes_on(
    stack: Deployment, provider: StandIn
) -> None:
    for number in range(3):
        stack.post(a_payload(externalId=f"order-{number}"))
    asks(provider, Says(200, {"data": "failure"}))
    assert run(stack, AZAMPAY_STATUS_PATH=STATUS_PATH) == {"failed": 3}


@pytest.mark.parametrize(
    "answer",
    [
        Says(200, {"data": "not found", "success": True}),
        Says(404, {"data": "success"}),
        Says(401, {}),
        Says(None),
    ],
)
def test_without_a_clear_word_it_stays_open_and_is_asked_for_again(
    stack: Deployment, provider: StandIn, answer: Says
) -> None:
    stack.post(a_payload())
    asks(provider, answer)
    assert run(stack, AZAMPAY_STATUS_PATH=STATUS_PATH) == {"pending": 1}
    assert stack.event_types() == ["payment.pending", "payment.unresolved"]
    assert "open_shard" in payment(stack)
    asks(provider, Says(200, {"data": "success"}))
    assert run(stack, AZAMPAY_STATUS_PATH=STATUS_PATH) == {"succeeded": 1}


def test_a_refused_token_is_not_refreshed_from_here(stack: Deployment, provider: StandIn) -> None:
    stack.post(a_payload())
    logins = len(provider.logins)
    asks(provider, Says(401, {}))
    run(stack, AZAMPAY_STATUS_PATH=STATUS_PATH)
    assert len(provider.logins) == logins


def test_after_three_days_nobody_asks_any_more(stack: Deployment, provider: StandIn) -> None:
    stack.post(a_payload())
    long_ago = to_iso(datetime.now(UTC) - timedelta(days=3))
    item = payment(stack) | {"created_at": {"S": long_ago}, "open_since": {"S": long_ago}}
    clients.dynamodb().put_item(TableName="payments", Item=item)
    asks(provider, Says(200, {"data": "pending"}))
    assert run(stack, AZAMPAY_STATUS_PATH=STATUS_PATH) == {"pending": 1}
    assert "open_shard" not in payment(stack)


def test_without_a_status_call_nobody_is_asked(stack: Deployment, provider: StandIn) -> None:
    stack.post(a_payload())
    before = len(provider.seen)
    run(stack)
    assert len(provider.seen) == before


def test_only_the_index_and_the_open_payments_are_read(stack: Deployment) -> None:
    stack.knows_key()
    for number in range(3):
        stack.post(a_payload(externalId=f"order-{number}"))
    stack.call_back(callback_body(azampay_key(), utilityref="order-0"))
    calls: list[tuple[str, dict[str, Any]]] = []

    def note(model: Any, params: dict[str, Any], **_: object) -> None:  # noqa: ANN401
        calls.append((model.name, json.loads(params["body"])))

    clients.dynamodb().meta.events.register("before-call.dynamodb", note)
    assert run(stack) == {"pending": 2}
    queries = [body for name, body in calls if name == "Query"]
    assert {body.get("IndexName") for body in queries} == {"open-payments"}
    # Per shard one that lists what is silent, and two that only count, by age.
    assert [body.get("Select") for body in queries].count("COUNT") == 32
    assert len(queries) == 48
    assert [name for name, _ in calls if name == "GetItem"] == ["GetItem"] * 2
    assert {name for name, _ in calls} == {"Query", "GetItem", "TransactWriteItems"}


def test_one_payment_that_fails_fails_the_run_and_not_the_others(stack: Deployment) -> None:
    for number in range(3):
        stack.post(a_payload(externalId=f"order-{number}"))
    failures = [EndpointConnectionError(endpoint_url="nowhere")]

    def refuse(**_: object) -> None:
        if failures:
            raise failures.pop()

    clients.dynamodb().meta.events.register_first("before-call.dynamodb.GetItem", refuse)
    with pytest.raises(LedgerUnavailable, match=r"^1 payments"):
        run(stack)
    assert stack.event_types().count("payment.unresolved") == 2
    assert run(stack) == {"pending": 1}
