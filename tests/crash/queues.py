"""The queue of waiting callbacks as Lambda's mapping reads it, and its dead letters."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sqs.models import sqs_backends

from finconnect.payments.aws import clients
from tests.crash.containers import Containers, FunctionFailed
from tests.crash.instant import Instant
from tests.crash.ledger_view import REGION

if TYPE_CHECKING:
    from moto.sqs.models import Message
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_WAITING: Final = "callbacks"
_DEAD: Final = "callbacks-dead"


@dataclass
class CallbackQueue:
    """As the template makes it: one at a time, eight receives, then the dead-letter queue."""

    containers: Containers
    instant: Instant

    def __post_init__(self) -> None:
        sqs = clients.sqs()
        self._dead_url = sqs.create_queue(QueueName=_DEAD)["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{DEFAULT_ACCOUNT_ID}:{_DEAD}"
        redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": 8}
        self.url = sqs.create_queue(
            QueueName=_WAITING,
            Attributes={"VisibilityTimeout": "120", "RedrivePolicy": json.dumps(redrive)},
        )["QueueUrl"]

    def poll(self) -> bool:
        """Give the webhook the messages that are due; False if none is."""
        if not _messages(_WAITING):
            return False
        answer = clients.sqs().receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=1, AttributeNames=["All"]
        )
        messages = answer.get("Messages", [])
        if not messages:
            return False
        try:
            result = self.containers.invoke("webhook", {"Records": [*map(_record, messages)]})
        except FunctionFailed:
            return True
        failed = {each["itemIdentifier"] for each in result["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                clients.sqs().delete_message(
                    QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"]
                )
        return True

    def next_due(self) -> datetime | None:
        """When the next message can be received; None if there is none."""
        due = [max(each.delayed_until, each.visible_at) for each in _messages(_WAITING)]
        return datetime.fromtimestamp(min(due) / 1000, UTC) if due else None

    def digests(self) -> set[str]:
        """The callbacks that wait, or lie dead: hidden and delayed ones too."""
        return {
            json.loads(message.body)["digest"]
            for queue in (_WAITING, _DEAD)
            for message in _messages(queue)
        }

    def redrive(self) -> None:
        """What the command does: back into the queue, and only then away from here."""
        for message in _messages(_DEAD):
            clients.sqs().send_message(QueueUrl=self.url, MessageBody=message.body)
        clients.sqs().purge_queue(QueueUrl=self._dead_url)


def _messages(queue: str) -> list[Message]:
    return list(sqs_backends[DEFAULT_ACCOUNT_ID][REGION].queues[queue]._messages)


def _record(message: MessageTypeDef) -> dict[str, Any]:
    attributes = dict(message["Attributes"])
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{DEFAULT_ACCOUNT_ID}:{_WAITING}",
        "awsRegion": REGION,
    }
