"""Give what lies in a dead-letter queue another chance; it goes only once that has worked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from finconnect.clock import from_iso
from finconnect.payments.deferred import Deferred
from ops.republish import republish_between
from ops.stack import Stack, StackError

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_MARGIN: Final = timedelta(minutes=1)
"""Around a failed stream batch: its times are the stream's, those of events our own clock's."""
_IN_FLIGHT_SECONDS: Final = 120


def redrive_callbacks(stack: Stack) -> Iterator[str]:
    """Move callbacks that could not be verified back to the queue that verifies them."""
    queue = stack.output("CallbackQueueUrl")

    def give_back(message: MessageTypeDef) -> str:
        deferred = Deferred.from_json(
            message["Body"]
        )  # before anything is sent: it may not be ours
        stack.sqs.send_message(QueueUrl=queue, MessageBody=message["Body"])
        return f"callback {deferred.digest[:12]} is tried again"

    yield from _drain(stack, stack.output("CallbackDeadLetterQueueUrl"), give_back)


def redrive_relay(stack: Stack) -> Iterator[str]:
    """Publish again what the relay gave up: the message tells when, the ledger knows what."""

    def publish(message: MessageTypeDef) -> str:
        batch: dict[str, Any] = json.loads(message["Body"])["DDBStreamBatchInfo"]
        start = from_iso(batch["approximateArrivalOfFirstRecord"]) - _MARGIN
        end = from_iso(batch["approximateArrivalOfLastRecord"]) + _MARGIN
        count = sum(1 for _ in republish_between(stack, start, end))
        return f"{count} events between {start} and {end} published again"

    yield from _drain(stack, stack.output("RelayFailureQueueUrl"), publish)


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
    done = foreign = 0
    while True:
        answer = stack.sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=10,
            VisibilityTimeout=_IN_FLIGHT_SECONDS,
            WaitTimeSeconds=1,
        )
        messages = answer.get("Messages", [])
        if not messages:
            break
        for message in messages:
            try:
                line = handle(message)
            except (ValueError, KeyError, TypeError):
                # Left where it is, out of sight for a while: it must not keep the others waiting.
                yield f"message {message['MessageId']} is not one of ours: look at it"
                foreign += 1
                continue
            yield line
            done += 1
            stack.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    yield f"{done} done"
    if foreign:
        raise StackError(f"{foreign} messages are not ours, and stay where they are")
