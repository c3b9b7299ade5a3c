"""A subscriber of the event topic: an SQS queue, and what arrives in it."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from local.aws import LocalAws

LONGEST_POLL_SECONDS = 20
BATCH = 10


@dataclass(frozen=True)
class ReceivedEvent:
    """One event as a subscriber got it: the CloudEvents envelope and the message's attributes."""

    id: str
    type: str
    subject: str
    time: str
    data: Mapping[str, Any]
    attributes: Mapping[str, str]
    envelope: Mapping[str, Any]


def read_notification(body: str) -> ReceivedEvent:
    """The event in an SQS message that SNS delivered with its own wrapping (raw delivery off).

    Raises KeyError or ValueError for anything else.
    """
    notification = json.loads(body)
    envelope = json.loads(notification["Message"])
    attributes = notification.get("MessageAttributes", {})
    return ReceivedEvent(
        id=envelope["id"],
        type=envelope["type"],
        subject=envelope["subject"],
        time=envelope["time"],
        data=envelope["data"],
        attributes={name: attribute["Value"] for name, attribute in attributes.items()},
        envelope=envelope,
    )


class EventQueue:
    """A queue subscribed to the topic. Keeps all that it received, in the order of arrival."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self.url = url
        self.received: list[ReceivedEvent] = []

    @classmethod
    def subscribe(
        cls, aws: "LocalAws", topic_arn: str, name: str, types: Sequence[str] = ()
    ) -> "EventQueue":
        """Makes a queue called `name` that gets every event.

        With `types` it gets only those, by a filter policy on the subscription.
        """
        url = aws.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        aws.sqs.set_queue_attributes(
            QueueUrl=url, Attributes={"Policy": queue_policy(arn, topic_arn)}
        )
        attributes = {"FilterPolicy": json.dumps({"type": list(types)})} if types else {}
        aws.sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn, Attributes=attributes)
        return cls(aws.sqs, url)

    def poll(self, seconds: float) -> list[ReceivedEvent]:
        """The events that arrive next: at once if there are any, else in `seconds` (at most 20)."""
        wait = max(0, min(LONGEST_POLL_SECONDS, round(seconds)))
        answer = self._sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=BATCH, WaitTimeSeconds=wait
        )
        messages = answer.get("Messages", [])
        events = [read_notification(message["Body"]) for message in messages]
        for message in messages:
            self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        self.received.extend(events)
        return events

    def of(self, subject: str) -> list[ReceivedEvent]:
        """What has been received about one payment, without asking for more."""
        return [event for event in self.received if event.subject == subject]

    def wait_for(self, subject: str, event_type: str, *, seconds: float = 30.0) -> ReceivedEvent:
        """The first event of this type about this payment.

        Raises:
            TimeoutError: it did not come within `seconds`; the text says what came instead.
        """
        deadline = time.monotonic() + seconds
        while True:
            for event in self.of(subject):
                if event.type == event_type:
                    return event
            left = deadline - time.monotonic()
            if left <= 0:
                came = ", ".join(event.type for event in self.of(subject)) or "nothing"
                raise TimeoutError(
                    f"No {event_type} about {subject} within {seconds:.0f} s; received: {came}."
                )
            self.poll(max(1.0, left))


def queue_policy(queue_arn: str, topic_arn: str) -> str:
    """Lets this topic, and nobody else, send to the queue."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
