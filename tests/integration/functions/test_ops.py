"""The commands of those who answer for the payments, against a whole stack."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from finconnect.clock import to_iso
from finconnect.payments.aws import clients
from ops.__main__ import main
from tests.fakes.builders import MSISDN, a_payload
from tests.fakes.signing import azampay_key, callback_body
from tests.integration.functions.deployment import (
    INVOKE,
    RECONCILER,
    TOKEN_REFRESH,
    Deployment,
    invocations_of,
)
from tests.integration.functions.standin import Says, StandIn

type Capture = pytest.CaptureFixture[str]


@dataclass
class Operated:
    """A stack that CloudFormation knows, a subscriber, and its dead-letter queues."""

    stack: Deployment
    queues: dict[str, str]

    def received(self) -> list[dict[str, Any]]:
        """The events that the subscriber has got, by their ids."""
        found = []
        while messages := self.taken("subscriber"):
            found += [json.loads(json.loads(each["Body"])["Message"]) for each in messages]
        return sorted(found, key=lambda event: str(event["id"]))

    def taken(self, queue: str) -> list[dict[str, Any]]:
        """Take what lies in a queue."""
        answer = clients.sqs().receive_message(QueueUrl=self.queues[queue], MaxNumberOfMessages=10)
        return [dict(each) for each in answer.get("Messages", [])]

    def left(self, queue: str) -> int:
        """How many messages a queue holds, whether somebody has them in hand or not."""
        counts = clients.sqs().get_queue_attributes(
            QueueUrl=self.queues[queue], AttributeNames=["All"]
        )["Attributes"]
        in_hand = int(counts["ApproximateNumberOfMessagesNotVisible"])
        return int(counts["ApproximateNumberOfMessages"]) + in_hand

    def put(self, queue: str, body: str) -> None:
        """Put a message into a queue."""
        clients.sqs().send_message(QueueUrl=self.queues[queue], MessageBody=body)

    def ids(self) -> list[str]:
        """The ids of the outbox."""
        return sorted(each["sk"]["S"].removeprefix("EVENT#") for each in self.stack.items("EVENT#"))


@pytest.fixture
def operated(stack: Deployment, monkeypatch: pytest.MonkeyPatch) -> Operated:
    names = ("subscriber", "callbacks-dead", "relay-failed", "refresh-dead", "reconciler-dead")
    queues = {name: clients.sqs().create_queue(QueueName=name)["QueueUrl"] for name in names}
    arn = "arn:aws:sqs:us-east-1:123456789012:subscriber"
    clients.sns().subscribe(TopicArn=stack.topic, Protocol="sqs", Endpoint=arn)
    outputs = {
        "TableName": "payments",
        "EventTopicArn": stack.topic,
        "TokenRefreshFunctionName": TOKEN_REFRESH,
        "CallbackQueueUrl": stack.queue,
        "CallbackDeadLetterQueueUrl": queues["callbacks-dead"],
        "RelayFailureQueueUrl": queues["relay-failed"],
        "TokenRefreshDeadLetterQueueUrl": queues["refresh-dead"],
        "ReconcilerFunctionName": RECONCILER,
        "ReconcilerDeadLetterQueueUrl": queues["reconciler-dead"],
    }
    template = {
        "Resources": {"Something": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    # The commands make a client of their own to invoke a function: it begins with these handlers.
    session = boto3.Session()
    session.events.register(INVOKE, invocations_of(stack))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    boto3.client("cloudformation").create_stack(
        StackName="finconnect-sandbox", TemplateBody=json.dumps(template)
    )
    return Operated(stack, queues)


@pytest.fixture
def paid(operated: Operated) -> Operated:
    """The same, with a payment that has succeeded and one that has failed."""
    operated.stack.knows_key()
    for number, word in ((1, "success"), (2, "failure")):
        order = f"order-{number}"
        operated.stack.post(a_payload(externalId=order))
        operated.stack.call_back(
            callback_body(azampay_key(), utilityref=order, transactionstatus=word)
        )
    return operated


def run(capsys: Capture, *arguments: str) -> list[str]:
    """The lines that a command prints; it must succeed."""
    capsys.readouterr()
    assert main(arguments) == 0
    return capsys.readouterr().out.splitlines()


def test_a_history_shows_all_that_happened_in_order(paid: Operated, capsys: Capture) -> None:
    lines = run(capsys, "history", "order-1")
    text = "\n".join(lines)
    assert lines[0] == "azampay/order-1: succeeded"
    assert "1000 TZS from 2557*****678 by Mpesa" in text
    assert MSISDN not in text
    words = ("recorded, before", "payment.pending", "payment.succeeded")
    assert [text.index(word) for word in words] == sorted(text.index(word) for word in words)
    assert "callback 'success' by signature: applied" in text
    assert "order-2" not in text
    assert all(event_id in text for event_id in paid.ids()[:2])


def test_a_history_of_an_orphan_and_of_nothing(operated: Operated, capsys: Capture) -> None:
    operated.stack.knows_key()
    operated.stack.call_back(callback_body(azampay_key(), utilityref="order-9"))
    assert "unmatched" in "\n".join(run(capsys, "history", "order-9"))
    assert run(capsys, "history", "none") == ["no payment and no callback with externalId none"]


def test_one_payments_events_are_published_again_with_the_same_ids(
    paid: Operated, capsys: Capture
) -> None:
    paid.stack.handle("event_relay", paid.stack.stream_batch())
    before = paid.received()
    lines = run(capsys, "republish", "--payment", "order-1")
    assert lines[-1] == "2 published"
    again = paid.received()
    assert again == [event for event in before if event["subject"] == "order-1"]
    assert len(again) == 2


def test_a_time_range_is_published_again_and_nothing_outside_it(
    paid: Operated, capsys: Capture
) -> None:
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    lines = run(capsys, "republish", "--from", to_iso(now - hour), "--to", to_iso(now + hour))
    assert lines[-1] == "4 published"
    assert [event["id"] for event in paid.received()] == paid.ids()
    for start, end in ((now + hour, now + 2 * hour), (now - 2 * hour, now - hour)):
        lines = run(capsys, "republish", "--from", to_iso(start), "--to", to_iso(end))
        assert lines == ["0 published"]
    assert paid.received() == []


def test_callbacks_are_given_back_to_the_queue_that_verifies_them(
    operated: Operated, provider: StandIn, capsys: Capture
) -> None:
    stack = operated.stack
    provider.on_key = lambda _: Says(404)
    stack.post(a_payload())
    stack.call_back()
    (message,) = stack.waiting()
    clients.sqs().delete_message(QueueUrl=stack.queue, ReceiptHandle=message["ReceiptHandle"])
    operated.put("callbacks-dead", message["Body"])
    stack.knows_key()
    stack.restart("webhook")
    assert run(capsys, "redrive", "callbacks")[-1] == "1 done"
    assert operated.left("callbacks-dead") == 0
    assert stack.deliver_waiting() == {"batchItemFailures": []}
    assert stack.items("PAYMENT")[0]["status"]["S"] == "succeeded"


def test_what_the_relay_gave_up_is_published_again(paid: Operated, capsys: Capture) -> None:
    now = to_iso(datetime.now(UTC))
    batch = {"approximateArrivalOfFirstRecord": now, "approximateArrivalOfLastRecord": now}
    paid.put("relay-failed", json.dumps({"DDBStreamBatchInfo": batch}))
    assert run(capsys, "redrive", "relay")[-1] == "1 done"
    assert [event["id"] for event in paid.received()] == paid.ids()
    assert paid.left("relay-failed") == 0


def test_all_that_the_relay_gave_up_costs_one_reading_of_the_table(
    paid: Operated, capsys: Capture
) -> None:
    now, minute = datetime.now(UTC), timedelta(minutes=1)
    hours_ago = now - timedelta(hours=3)
    for start, end in [
        (now, now + minute),
        (now - minute, now),
        (now, now),
        (hours_ago, hours_ago + minute),
    ]:
        paid.put("relay-failed", gave_up(start, end))
    scans = list[str]()
    clients.dynamodb().meta.events.register(
        "before-call.dynamodb.Scan", lambda **_: scans.append("scan")
    )
    lines = run(capsys, "redrive", "relay")
    assert lines[-1] == "4 done"
    assert sum(line.startswith("from ") for line in lines) == 2
    assert scans == ["scan"]
    assert [event["id"] for event in paid.received()] == paid.ids()
    assert paid.left("relay-failed") == 0


def test_a_message_of_the_relay_that_is_not_ours_stays(paid: Operated, capsys: Capture) -> None:
    now = datetime.now(UTC)
    paid.put("relay-failed", "not ours")
    paid.put("relay-failed", gave_up(now, now))
    assert main(["redrive", "relay"]) == 1
    assert "1 done; messages that stay where they are: 1" in capsys.readouterr().err
    assert [event["id"] for event in paid.received()] == paid.ids()
    assert paid.left("relay-failed") == 1


def gave_up(start: datetime, end: datetime) -> str:
    batch = {
        "approximateArrivalOfFirstRecord": to_iso(start),
        "approximateArrivalOfLastRecord": to_iso(end),
    }
    return json.dumps({"DDBStreamBatchInfo": batch})


def test_failed_refreshes_are_done_with_once_one_works(operated: Operated, capsys: Capture) -> None:
    operated.put("refresh-dead", "{}")
    lines = run(capsys, "redrive", "token-refresh")
    said = [line for line in lines if not line.startswith("{")]
    assert said[:-1] == ["TokenRefresh has run", "a failed run is done with"]
    assert operated.stack.secret("token")["access_token"]
    assert operated.left("refresh-dead") == 0


def test_failed_runs_of_the_reconciler_are_done_with_once_one_works(
    operated: Operated, capsys: Capture
) -> None:
    operated.stack.post(a_payload())
    operated.stack.restart("reconciler", RECONCILE_AFTER_MINUTES="0")
    operated.put("reconciler-dead", "{}")
    run(capsys, "redrive", "reconciler")
    assert operated.left("reconciler-dead") == 0
    assert operated.stack.event_types() == ["payment.pending", "payment.unresolved"]


def test_a_callback_that_is_not_ours_stays_in_its_dead_letter_queue(
    operated: Operated, capsys: Capture
) -> None:
    operated.put("callbacks-dead", "not ours")
    assert main(["redrive", "callbacks"]) == 1
    assert operated.left("callbacks-dead") == 1
    assert operated.stack.waiting() == []


def test_no_message_keeps_the_callbacks_behind_it_waiting(
    operated: Operated, capsys: Capture
) -> None:
    values = {"provider": "azampay", "body": "{}", "digest": "d" * 64, "trace": None}
    ours = values | {"schema": 1, "received_at": to_iso(datetime.now(UTC))}
    for body in ("[]", '"text"', "null", "{}", json.dumps(ours | {"schema": 2}), json.dumps(ours)):
        operated.put("callbacks-dead", body)
    assert main(["redrive", "callbacks"]) == 1
    told = capsys.readouterr()
    assert told.out.count("is not one of ours: look at it") == 4
    assert told.out.count("was written by a newer release") == 1
    assert "1 done; messages that stay where they are: 5" in told.err
    assert operated.left("callbacks-dead") == 5
    (again,) = operated.stack.waiting()
    assert json.loads(again["Body"]) == ours


def test_a_refresh_that_still_fails_removes_nothing(
    operated: Operated, provider: StandIn, capsys: Capture
) -> None:
    provider.on_token = lambda _: Says(423, {"message": "no"})
    operated.put("refresh-dead", "{}")
    assert main(["redrive", "token-refresh"]) == 1
    assert "nothing was removed" in capsys.readouterr().err
    assert operated.left("refresh-dead") == 1


def test_a_topic_that_is_gone_keeps_the_message(paid: Operated, capsys: Capture) -> None:
    now = to_iso(datetime.now(UTC))
    batch = {"approximateArrivalOfFirstRecord": now, "approximateArrivalOfLastRecord": now}
    paid.put("relay-failed", json.dumps({"DDBStreamBatchInfo": batch}))
    paid.stack.break_store("sns.Publish")
    capsys.readouterr()
    assert main(["redrive", "relay"]) == 1
    assert capsys.readouterr().err.startswith("error: ")
    assert paid.left("relay-failed") == 1
    # In sight again at once, for the next attempt.
    queue = paid.queues["relay-failed"]
    assert len(clients.sqs().receive_message(QueueUrl=queue)["Messages"]) == 1


def test_a_stack_that_is_not_there_is_said_so(operated: Operated, capsys: Capture) -> None:
    assert main(["--stack", "another", "history", "order-1"]) == 1
    assert "stack 'another' cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["republish"],
        ["republish", "--from", "yesterday"],
        ["republish", "--from", "2026-04-27T22:00:00"],
        ["republish", "--payment", "x", "--from", "2026-04-27T22:00:00Z"],
        ["redrive", "everything"],
        [],
    ],
)
def test_a_wrong_command_line_is_refused(arguments: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err
