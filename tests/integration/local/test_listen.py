"""`make listen`: what is published arrives, and nothing is left behind."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from local.listen import main, subscription
from local.signals import StopRequested
from tests.integration.local.conftest import STACK, Deployed

ENVELOPE = {
    "id": "01",
    "type": "payment.succeeded",
    "subject": "ORDER-1",
    "time": "2026-01-02T03:04:05Z",
    "data": {"status": "succeeded", "amount": "1000", "currency": "TZS"},
}


def publish(topic_arn: str) -> None:
    boto3.client("sns").publish(TopicArn=topic_arn, Message=json.dumps(ENVELOPE))


def leftovers() -> tuple[int, int]:
    """How many queues and subscriptions there are."""
    queues = boto3.client("sqs").list_queues().get("QueueUrls", [])
    return len(queues), len(boto3.client("sns").list_subscriptions()["Subscriptions"])


def test_events_arrive_in_a_queue_that_goes_afterwards(deployed: Deployed) -> None:
    before = leftovers()
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    with subscription(sqs, sns, deployed.topic_arn) as queue:
        publish(deployed.topic_arn)
        (event,) = queue.poll(1)
        assert (event.subject, event.type) == ("ORDER-1", "payment.succeeded")
        attributes = sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["All"])
        policy = json.loads(attributes["Attributes"]["Policy"])
        (statement,) = policy["Statement"]
        assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": deployed.topic_arn}}
    assert leftovers() == before


def test_nothing_is_left_when_listening_fails(deployed: Deployed) -> None:
    before = leftovers()
    with (
        pytest.raises(StopRequested),
        subscription(boto3.client("sqs"), boto3.client("sns"), deployed.topic_arn),
    ):
        raise StopRequested(2)
    assert leftovers() == before


def test_nothing_is_left_when_there_is_no_such_topic() -> None:
    before = leftovers()
    missing = "arn:aws:sns:us-east-1:123456789012:none"
    with (
        pytest.raises(Exception, match="Topic"),
        subscription(boto3.client("sqs"), boto3.client("sns"), missing),
    ):
        pass
    assert leftovers() == before


@pytest.mark.parametrize("arguments", [[], ["--full"]])
def test_each_event_is_printed_until_told_to_stop(
    deployed: Deployed,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
) -> None:
    def one_event_then_stop(self: Any, _: float) -> list[Any]:  # noqa: ANN401
        if self.received:
            raise StopRequested(2)
        publish(deployed.topic_arn)
        return list(poll(self, 1))

    from local.events import EventQueue  # noqa: PLC0415 - beside what replaces its method

    poll = EventQueue.poll
    monkeypatch.setattr(EventQueue, "poll", one_event_then_stop)
    before = leftovers()
    assert main(["--stack", STACK, *arguments]) == 0
    printed = capsys.readouterr().out
    assert "payment.succeeded" in printed
    assert "ORDER-1" in printed
    assert ('"time": "2026-01-02T03:04:05Z"' in printed) == bool(arguments)
    assert "removed" in printed
    assert leftovers() == before


def test_a_stack_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--stack", "unknown"]) == 1
    assert "unknown" in capsys.readouterr().err
