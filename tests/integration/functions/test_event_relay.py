"""From the table's stream to a subscriber, through the real handler."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from finconnect.payments import schema
from finconnect.payments.aws import clients
from finconnect.payments.aws.items import event_item
from tests.fakes.builders import a_payload, an_event
from tests.fakes.signing import azampay_key, callback_body
from tests.integration.functions.deployment import Deployment, stream_record
from tests.integration.functions.standin import StandIn

type Subscriber = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def subscriber(stack: Deployment) -> Subscriber:
    """A queue at the topic; gives what came by now."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    clients.sns().subscribe(TopicArn=stack.topic, Protocol="sqs", Endpoint=arn["QueueArn"])

    def received() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(message["Body"]) for message in messages]
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    return received


def record(number: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return stream_record(event_item(an_event(number)) | changes, number)


def batch(*records: dict[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}


def test_an_event_arrives_with_its_attributes(stack: Deployment, subscriber: Subscriber) -> None:
    assert stack.handle("event_relay", batch(record(1))) == {"batchItemFailures": []}
    (message,) = subscriber()
    attributes = {name: each["Value"] for name, each in message["MessageAttributes"].items()}
    assert attributes == {
        "type": "payment.pending",
        "provider": "azampay",
        "network": "Mpesa",
        "status": "pending",
    }
    assert {each["Type"] for each in message["MessageAttributes"].values()} == {"String"}
    envelope = json.loads(message["Message"])
    assert message["Message"] == an_event(1).envelope
    assert envelope["id"] == an_event(1).id
    assert envelope["specversion"] == "1.0"
    assert envelope["source"] == "/payments/azampay"
    assert envelope["subject"] == "order-1"
    assert envelope["datacontenttype"] == "application/json"


def test_one_bad_record_neither_loses_nor_blocks_the_others(
    stack: Deployment, subscriber: Subscriber
) -> None:
    bad = record(2, time={"S": "no time"})
    answer = stack.handle("event_relay", batch(record(1), bad, record(3)))
    assert answer == {"batchItemFailures": [{"itemIdentifier": f"{2:021d}"}]}
    ids = [json.loads(message["Message"])["id"] for message in subscriber()]
    assert sorted(ids) == [an_event(1).id, an_event(3).id]


def test_a_type_of_another_release_is_carried_as_it_is(
    stack: Deployment, subscriber: Subscriber
) -> None:
    refunded = record(1, type={"S": "payment.refunded"})
    assert stack.handle("event_relay", batch(refunded)) == {"batchItemFailures": []}
    (message,) = subscriber()
    assert message["MessageAttributes"]["type"]["Value"] == "payment.refunded"
    assert message["Message"] == an_event(1).envelope


def test_a_newer_schema_waits_alone_for_code_that_understands_it(
    stack: Deployment, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = record(1, schema={"N": "2"})
    answer = stack.handle("event_relay", batch(newer, record(2)))
    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == [f"{1:021d}"]
    assert len(subscriber()) == 1
    monkeypatch.setattr(schema, "UNDERSTOOD", 2)
    assert stack.handle("event_relay", batch(newer)) == {"batchItemFailures": []}
    assert len(subscriber()) == 1


@pytest.mark.parametrize("missing", ["sk", "type", "network", "status", "time", "envelope"])
def test_a_record_that_lacks_something_fails_alone(stack: Deployment, missing: str) -> None:
    bad = record(1)
    del bad["dynamodb"]["NewImage"][missing]
    answer = stack.handle("event_relay", batch(bad, record(2)))
    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == [f"{1:021d}"]


def test_a_topic_that_fails_gives_every_record_back_and_then_takes_it(
    stack: Deployment, subscriber: Subscriber
) -> None:
    mend = stack.break_store("sns.Publish")
    records = batch(record(1), record(2))
    answer = stack.handle("event_relay", records)
    assert len(answer["batchItemFailures"]) == 2
    mend()
    assert stack.handle("event_relay", records) == {"batchItemFailures": []}
    assert len(subscriber()) == 2


def test_the_relay_run_twice_publishes_the_same_ids(
    stack: Deployment, subscriber: Subscriber
) -> None:
    for _ in range(2):
        stack.handle("event_relay", batch(record(1)))
    ids = [json.loads(message["Message"])["id"] for message in subscriber()]
    assert ids == [an_event(1).id] * 2


def test_the_life_of_a_payment_reaches_a_subscriber(
    stack: Deployment, provider: StandIn, subscriber: Subscriber
) -> None:
    stack.knows_key()
    stack.post(a_payload())
    stack.call_back()
    stack.call_back(callback_body(azampay_key(), transactionstatus="failure"))
    assert stack.handle("event_relay", stack.stream_batch()) == {"batchItemFailures": []}
    envelopes = [json.loads(message["Message"]) for message in subscriber()]
    assert sorted(each["type"] for each in envelopes) == [
        "payment.conflict",
        "payment.pending",
        "payment.succeeded",
    ]
    assert {each["data"]["accountNumber"] for each in envelopes} == {"2557*****678"}


def test_an_orphan_with_an_odd_network_reaches_a_subscriber(
    stack: Deployment, subscriber: Subscriber
) -> None:
    stack.knows_key()
    stack.call_back(callback_body(azampay_key(), operator="\u200b"))
    assert stack.handle("event_relay", stack.stream_batch()) == {"batchItemFailures": []}
    assert len(subscriber()) == 1
