import json
from typing import Any

import pytest

from local.events import EventQueue, queue_policy, read_notification


class FakeSqs:
    """A queue that hands out its messages in batches, and then none."""

    def __init__(self, *batches: list[str]) -> None:
        self.batches = list(batches)
        self.waited: list[object] = []
        self.deleted: list[str] = []

    def receive_message(self, **request: object) -> dict[str, Any]:
        self.waited.append(request["WaitTimeSeconds"])
        batch = self.batches.pop(0) if self.batches else []
        return {"Messages": [{"Body": body, "ReceiptHandle": body} for body in batch]}

    def delete_message(self, **request: str) -> None:
        self.deleted.append(request["ReceiptHandle"])


def notification(event_type: str, subject: str = "ORDER-1") -> str:
    envelope = {
        "id": f"id of {event_type}",
        "type": event_type,
        "subject": subject,
        "time": "2026-01-02T03:04:05Z",
        "data": {"status": event_type.removeprefix("payment.")},
    }
    attributes = {"type": {"Type": "String", "Value": event_type}}
    return json.dumps({"Message": json.dumps(envelope), "MessageAttributes": attributes})


def queue(*batches: list[str]) -> tuple[EventQueue, FakeSqs]:
    sqs: Any = FakeSqs(*batches)
    return EventQueue(sqs, "https://queue"), sqs


def test_a_notification_is_unwrapped() -> None:
    event = read_notification(notification("payment.pending"))
    assert (event.type, event.subject) == ("payment.pending", "ORDER-1")
    assert event.data == {"status": "pending"}
    assert event.attributes == {"type": "payment.pending"}


def test_what_is_received_is_kept_and_taken_off_the_queue() -> None:
    body = notification("payment.pending")
    subscriber, sqs = queue([body])
    assert [event.type for event in subscriber.poll(3)] == ["payment.pending"]
    assert sqs.deleted == [body]
    assert len(subscriber.received) == 1


@pytest.mark.parametrize(("asked", "waited"), [(-1, 0), (3.4, 3), (99, 20)])
def test_a_poll_waits_no_longer_than_sqs_lets_it(asked: float, waited: int) -> None:
    subscriber, sqs = queue()
    subscriber.poll(asked)
    assert sqs.waited == [waited]


def test_waiting_ends_with_the_event_about_that_payment() -> None:
    subscriber, _ = queue(
        [notification("payment.succeeded", "ORDER-2"), notification("payment.pending")],
        [notification("payment.succeeded")],
    )
    assert subscriber.wait_for("ORDER-1", "payment.succeeded").subject == "ORDER-1"
    assert [event.type for event in subscriber.of("ORDER-1")] == [
        "payment.pending",
        "payment.succeeded",
    ]


def test_waiting_in_vain_tells_what_came_instead() -> None:
    subscriber, _ = queue([notification("payment.pending")])
    subscriber.poll(0)
    with pytest.raises(TimeoutError, match=r"received: payment\.pending"):
        subscriber.wait_for("ORDER-1", "payment.succeeded", seconds=0)


def test_only_the_topic_may_send_to_the_queue() -> None:
    (statement,) = json.loads(queue_policy("arn:queue", "arn:topic"))["Statement"]
    assert statement["Resource"] == "arn:queue"
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": "arn:topic"}}
