"""`python consume.py QUEUE_URL DATABASE`: takes events from an SQS queue until it is stopped.

Needs boto3. The queue is subscribed to the stack's topic as the project's README shows. Prints one
line of JSON for each event that led to something.
"""

from __future__ import annotations

import json
import signal
import sqlite3
import sys
from typing import TYPE_CHECKING, Any

import boto3
from orders import Orders

if TYPE_CHECKING:
    from types import FrameType

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

LONG_POLL_SECONDS = 20
BATCH = 10


class Consumer:
    """Takes messages until it is told to stop, and then ends after the batch it has."""

    def __init__(self, sqs: SQSClient, queue_url: str, orders: Orders) -> None:
        """`orders` is where the events go."""
        self._sqs = sqs
        self._queue_url = queue_url
        self._orders = orders
        self._is_stopping = False

    def stop(self, _: int, __: FrameType | None) -> None:
        """The handler of a signal."""
        self._is_stopping = True

    def run(self) -> None:
        """Receive, take, and only then delete: what is not deleted comes again."""
        while not self._is_stopping:
            received = self._sqs.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=BATCH,
                WaitTimeSeconds=LONG_POLL_SECONDS,
            )
            for message in received.get("Messages", []):
                if self._take(message):
                    self._sqs.delete_message(
                        QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"]
                    )

    def _take(self, message: MessageTypeDef) -> bool:
        try:
            event = event_in(message["Body"])
            verdict = self._orders.take(event)
        except (ValueError, TypeError, KeyError, sqlite3.Error) as error:
            # Left in the queue: after some tries its redrive policy puts it aside for a person.
            print(f"not taken: {type(error).__name__}", file=sys.stderr, flush=True)
            return False
        if verdict != "nothing":
            told = {"verdict": verdict, "externalId": event["subject"], "type": event["type"]}
            print(json.dumps(told), flush=True)
        return True


def event_in(body: str) -> dict[str, Any]:
    """The event in a message: SNS has put it, as text, into a wrapping of its own.

    No signature is verified here: the queue's policy lets in the topic and nobody else.
    Raises KeyError, TypeError or ValueError for anything else.
    """
    event = json.loads(json.loads(body)["Message"])
    if not isinstance(event, dict):
        raise TypeError("not an event")
    return event


def main(queue_url: str, database: str) -> None:
    """Run until SIGTERM or Ctrl-C."""
    with Orders(database) as orders:
        consumer = Consumer(boto3.client("sqs"), queue_url, orders)
        signal.signal(signal.SIGTERM, consumer.stop)
        signal.signal(signal.SIGINT, consumer.stop)
        consumer.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
