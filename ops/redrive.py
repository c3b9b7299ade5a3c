"""Give what lies in a dead-letter queue another chance; it goes only once that has worked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from finconnect.clock import from_iso, to_iso
from finconnect.payments.deferred import Deferred
from finconnect.payments.errors import NotUnderstood
from ops.republish import republish_within
from ops.stack import Stack, StackError

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_MARGIN: Final = timedelta(minutes=1)
"""Around a failed stream batch: its times are the stream's, those of events our own clock's."""
_IN_FLIGHT_SECONDS: Final = 120
_WHILE_THE_TABLE_IS_READ_SECONDS: Final = 3600

type Span = tuple[datetime, datetime]


def redrive_callbacks(stack: Stack) -> Iterator[str]:
    """Move callbacks that could not be verified back to the queue that verifies them."""
    queue = stack.output("CallbackQueueUrl")

    def give_back(message: MessageTypeDef) -> str:
        # Before anything is sent: it may not be ours.
        deferred = Deferred.from_json(message["Body"])
        stack.sqs.send_message(QueueUrl=queue, MessageBody=message["Body"])
        return f"callback {deferred.digest[:12]} is tried again"

    yield from _drain(stack, stack.output("CallbackDeadLetterQueueUrl"), give_back)


def redrive_relay(stack: Stack) -> Iterator[str]:
    """Publish again what the relay gave up: the messages tell when, the ledger knows what.

    The table is read once for all messages, and an event is published once, in however many of
    their times it lies.
    """
    queue = stack.output("RelayFailureQueueUrl")
    held, foreign = _hold_all(stack, queue)
    yield from (f"message {each} is not one of ours: look at it" for each in foreign)
    try:
        spans = merged(span for _, span in held)
        count = sum(1 for _ in republish_within(stack, spans)) if spans else 0
    except BaseException:
        # Not done: they must be there for the next attempt, not only in an hour.
        _let_go(stack, queue, [message for message, _ in held])
        raise
    yield from (f"from {to_iso(start)} to {to_iso(end)}" for start, end in spans)
    yield f"{count} events published again"
    for message, _ in held:
        stack.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    yield _sum(len(held), len(foreign))


def merged(spans: Iterable[Span]) -> Sequence[Span]:
    """The same times, without those that overlap."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def _span(message: MessageTypeDef) -> Span:
    batch: dict[str, Any] = json.loads(message["Body"])["DDBStreamBatchInfo"]
    start = from_iso(batch["approximateArrivalOfFirstRecord"]) - _MARGIN
    return start, from_iso(batch["approximateArrivalOfLastRecord"]) + _MARGIN


def _hold_all(stack: Stack, queue: str) -> tuple[list[tuple[MessageTypeDef, Span]], list[str]]:
    """Every message with its time, kept out of sight meanwhile; and the ids of foreign ones."""
    held, foreign = [], []
    for message in _received(stack, queue, _WHILE_THE_TABLE_IS_READ_SECONDS):
        try:
            held.append((message, _span(message)))
        except (ValueError, KeyError, TypeError):
            foreign.append(message["MessageId"])
    return held, foreign


def _let_go(stack: Stack, queue: str, messages: Iterable[MessageTypeDef]) -> None:
    for message in messages:
        stack.sqs.change_message_visibility(
            QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )


def redrive_token_refresh(stack: Stack) -> Iterator[str]:
    """Refresh the token now; the runs that failed are done with once one has worked."""
    yield from _run_again(stack, "TokenRefresh")


def redrive_reconciler(stack: Stack) -> Iterator[str]:
    """Reconcile now; the runs that failed are done with once one has worked."""
    yield from _run_again(stack, "Reconciler")


def _run_again(stack: Stack, name: str) -> Iterator[str]:
    if stack.invoke(stack.output(f"{name}FunctionName")):
        raise StackError(f"{name} still fails: its log says why; nothing was removed")
    yield f"{name} has run"
    queue = stack.output(f"{name}DeadLetterQueueUrl")
    yield from _drain(stack, queue, lambda _: "a failed run is done with")


REDRIVES: Final[dict[str, Callable[[Stack], Iterator[str]]]] = {
    "callbacks": redrive_callbacks,
    "reconciler": redrive_reconciler,
    "relay": redrive_relay,
    "token-refresh": redrive_token_refresh,
}


def _drain(stack: Stack, queue: str, handle: Callable[[MessageTypeDef], str]) -> Iterator[str]:
    done = left = 0
    for message in _received(stack, queue, _IN_FLIGHT_SECONDS):
        # What is left stays out of sight for a while: it must not keep the others waiting.
        try:
            line = handle(message)
        except NotUnderstood:
            yield f"message {message['MessageId']} was written by a newer release: deploy that one"
            left += 1
            continue
        except (ValueError, KeyError, TypeError):
            yield f"message {message['MessageId']} is not one of ours: look at it"
            left += 1
            continue
        yield line
        done += 1
        stack.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    yield _sum(done, left)


def _received(stack: Stack, queue: str, seconds: int) -> Iterator[MessageTypeDef]:
    """Every message of a queue once; out of sight of others for so long."""
    while True:
        answer = stack.sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=seconds, WaitTimeSeconds=1
        )
        if not answer.get("Messages"):
            return
        yield from answer["Messages"]


def _sum(done: int, left: int) -> str:
    if left:
        raise StackError(f"{done} done; messages that stay where they are: {left}")
    return f"{done} done"
