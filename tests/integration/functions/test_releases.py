"""Two releases and one ledger: what old code does with what newer code wrote, and the reverse."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from finconnect.payments import deferred, schema
from finconnect.payments.aws import clients, items
from finconnect.payments.errors import LedgerUnavailable
from tests.fakes.builders import a_payload
from tests.fakes.signing import azampay_key, callback_body
from tests.integration.functions.deployment import Answer, Deployment
from tests.integration.functions.standin import Says, StandIn

type Release = Callable[[], Any]


@pytest.fixture
def newer_release(monkeypatch: pytest.MonkeyPatch) -> Release:
    """A context in which the functions are those of a release with another schema."""

    @contextmanager
    def running() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(items, "WRITTEN", 2)
            patch.setattr(deferred, "WRITTEN", 2)
            patch.setattr(schema, "UNDERSTOOD", 2)
            yield

    return running


def payment(stack: Deployment) -> dict[str, Any]:
    (item,) = stack.items("PAYMENT")
    return item


def code(answer: Answer) -> tuple[int, str]:
    return answer["statusCode"], json.loads(answer["body"]).get("code", "")


def forget_versions() -> None:
    """As the items were before they had one."""
    for item in clients.dynamodb().scan(TableName="payments")["Items"]:
        clients.dynamodb().update_item(
            TableName="payments",
            Key={"pk": item["pk"], "sk": item["sk"]},
            UpdateExpression="REMOVE #schema",
            ExpressionAttributeNames={"#schema": "schema"},
        )


def test_a_payment_without_a_version_is_settled_and_then_has_one(stack: Deployment) -> None:
    stack.knows_key()
    stack.post(a_payload())
    forget_versions()
    assert stack.post(a_payload())["statusCode"] == 200
    assert stack.call_back()["statusCode"] == 200
    assert payment(stack)["status"]["S"] == "succeeded"
    assert payment(stack)["schema"] == {"N": "1"}
    assert stack.get("order-1")["statusCode"] == 200


def test_newer_code_settles_what_older_code_began(
    stack: Deployment, newer_release: Release
) -> None:
    stack.knows_key()
    stack.post(a_payload())
    with newer_release():
        assert stack.call_back()["statusCode"] == 200
    assert payment(stack)["status"]["S"] == "succeeded"
    assert payment(stack)["schema"] == {"N": "2"}


def test_older_code_does_not_misread_a_newer_payment_and_nothing_is_lost(
    stack: Deployment, provider: StandIn, newer_release: Release
) -> None:
    stack.knows_key()
    with newer_release():
        stack.post(a_payload())
    before = payment(stack)

    assert code(stack.post(a_payload())) == (503, "unavailable")
    assert code(stack.get("order-1")) == (503, "unavailable")
    assert code(stack.call_back()) == (503, "unavailable")
    assert len(stack.deliver_waiting()["batchItemFailures"]) == 1
    assert payment(stack) == before
    assert len(provider.checkouts) == 1

    with newer_release():
        assert stack.deliver_waiting() == {"batchItemFailures": []}
    assert payment(stack)["status"]["S"] == "succeeded"
    assert stack.event_types() == ["payment.pending", "payment.succeeded"]
    assert stack.waiting() == []


def test_a_newer_message_stays_in_the_queue(
    stack: Deployment, provider: StandIn, newer_release: Release
) -> None:
    provider.on_key = lambda _: Says(404)
    stack.post(a_payload())
    with newer_release():
        assert stack.call_back()["statusCode"] == 200
    stack.knows_key()
    stack.restart("webhook")
    assert len(stack.deliver_waiting()["batchItemFailures"]) == 1
    assert stack.items("CALLBACK#") == []
    with newer_release():
        assert stack.deliver_waiting() == {"batchItemFailures": []}
    assert payment(stack)["status"]["S"] == "succeeded"


def test_a_message_without_a_version_is_read(stack: Deployment, provider: StandIn) -> None:
    provider.on_key = lambda _: Says(404)
    stack.post(a_payload())
    stack.call_back(callback_body(azampay_key()))
    (message,) = stack.waiting()
    values = json.loads(message["Body"])
    assert values.pop("schema") == 1
    clients.sqs().purge_queue(QueueUrl=stack.queue)
    clients.sqs().send_message(QueueUrl=stack.queue, MessageBody=json.dumps(values))
    stack.knows_key()
    stack.restart("webhook")
    assert stack.deliver_waiting() == {"batchItemFailures": []}
    assert payment(stack)["status"]["S"] == "succeeded"


def test_a_held_callback_of_newer_code_keeps_the_answer_from_being_guessed(
    stack: Deployment, newer_release: Release
) -> None:
    stack.knows_key()
    mend = stack.break_store("dynamodb.TransactWriteItems")
    stack.post(a_payload())
    mend()
    stack.call_back()  # held: the payment is still "created"
    clients.dynamodb().update_item(
        TableName="payments",
        Key={name: stack.items("CALLBACK#")[0][name] for name in ("pk", "sk")},
        UpdateExpression="SET #schema = :two",
        ExpressionAttributeNames={"#schema": "schema"},
        ExpressionAttributeValues={":two": {"N": "2"}},
    )
    stack.restart("reconciler", RECONCILE_AFTER_MINUTES="0")
    with pytest.raises(LedgerUnavailable, match=r"^1 payments"):
        stack.handle("reconciler", {})
    assert payment(stack)["status"]["S"] == "created"
    with newer_release():
        stack.handle("reconciler", {})
    assert payment(stack)["status"]["S"] == "succeeded"


def test_the_reconciler_passes_by_what_it_does_not_understand(
    stack: Deployment, newer_release: Release
) -> None:
    stack.post(a_payload(externalId="order-1"))
    with newer_release():
        stack.post(a_payload(externalId="order-2"))
    stack.restart("reconciler", RECONCILE_AFTER_MINUTES="0")
    with pytest.raises(LedgerUnavailable, match=r"^1 payments"):
        stack.handle("reconciler", {})
    assert stack.event_types().count("payment.unresolved") == 1
