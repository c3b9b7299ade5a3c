"""`python -m local.listen [--stack NAME] [--full]`: every event of a stack as it arrives."""

import argparse
import json
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.errors import LocalStackError
from local.events import LONGEST_POLL_SECONDS, EventQueue, queue_policy
from local.progress import Style, style_for
from local.signals import StopRequested, stopping_in_order
from local.summary import format_event
from local.target import find_target
from ops.stack import StackError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

# What nobody fetched is of no use to the next one who listens.
KEPT_SECONDS = 300


def main(arguments: Sequence[str] | None = None) -> int:
    """Listens until told to stop: 0 then, 1 where the stack cannot be reached."""
    options = _options(arguments)
    style = style_for(sys.stdout)
    try:
        with stopping_in_order():
            topic = find_target(options.stack).stack.output("EventTopicArn")
            with subscription(boto3.client("sqs"), boto3.client("sns"), topic) as queue:
                print(f"Listening to {topic} (Ctrl-C ends it)", flush=True)
                _print_events(queue, style, is_full=options.full)
    except StopRequested:
        print("Stopped; the queue and its subscription are removed.")
        return 0
    except (LocalStackError, StackError, ClientError, BotoCoreError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.listen", description="Prints every event as it arrives."
    )
    parser.add_argument("--stack", help="a deployed stack (default: the one of `make run`)")
    parser.add_argument("--full", action="store_true", help="print each event's whole envelope")
    return parser.parse_args(arguments)


@contextmanager
def subscription(sqs: "SQSClient", sns: "SNSClient", topic_arn: str) -> Iterator[EventQueue]:
    """A queue of its own that gets every event of the topic; both it and the subscription go.

    Needs sqs:CreateQueue, SetQueueAttributes, GetQueueAttributes, ReceiveMessage, DeleteMessage,
    DeleteQueue, and sns:Subscribe, Unsubscribe. Raises ClientError.
    """
    name = f"finconnect-listen-{uuid.uuid4().hex[:12]}"
    url = sqs.create_queue(
        QueueName=name, Attributes={"MessageRetentionPeriod": str(KEPT_SECONDS)}
    )["QueueUrl"]
    try:
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = answer["Attributes"]["QueueArn"]
        policy = queue_policy(arn, topic_arn)
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        subscribed = sns.subscribe(
            TopicArn=topic_arn, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
        )
        try:
            yield EventQueue(sqs, url)
        finally:
            # A stack that is gone has taken both with it.
            with suppress(ClientError, BotoCoreError):
                sns.unsubscribe(SubscriptionArn=subscribed["SubscriptionArn"])
    finally:
        with suppress(ClientError, BotoCoreError):
            sqs.delete_queue(QueueUrl=url)


def _print_events(queue: EventQueue, style: Style, *, is_full: bool) -> None:
    started = time.monotonic()
    while True:
        for event in queue.poll(LONGEST_POLL_SECONDS):
            print(format_event(event, time.monotonic() - started, style), flush=True)
            if is_full:
                print(json.dumps(event.envelope, indent=2, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
