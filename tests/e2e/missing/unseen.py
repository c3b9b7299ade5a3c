"""The rights that nobody misses here, because the emulator does not ask for them, by name.

AWS uses each of them itself, in the role's name, so there is no call of ours to see refused. The
emulator reads queues and streams, starts schedules and writes logs without looking at the role.
That is seen too: without the right all goes on as before. The day the emulator asks for one, its
test fails, and the right moves to the proofs. What AWS needs them for is in AWS's own documents,
named with each; that the template has these and no more is held by tests/template.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.e2e.missing.grant import Grant
from tests.e2e.support import World, wait_until

LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg"
SCHEDULER = "https://docs.aws.amazon.com/scheduler/latest/UserGuide"
LOG_GROUPS = {
    "PaymentsRole": "PaymentsLogGroup",
    "TokenRefreshRole": "TokenRefreshLogGroup",
    "WebhookRole": "WebhookLogGroup",
    "ReconcilerRole": "ReconcilerLogGroup",
    "EventRelayRole": "EventRelayLogGroup",
}


@dataclass(frozen=True)
class Unseen:
    """Rights of one role that the emulator does not ask for.

    `why` says what AWS does with them, and where AWS says so. `goes_on` sees that they are not
    missed; it is None where the emulator does not do the thing at all.
    """

    grants: tuple[Grant, ...]
    why: str
    goes_on: Callable[[World], None] | None


def logs_are_written(world: World) -> None:
    before = len(world.log_of("PaymentsLogGroup").splitlines())
    world.prompted()
    wait_until("it logs", lambda: len(world.log_of("PaymentsLogGroup").splitlines()) > before)


def there_is_no_tracing(world: World) -> None:
    xray: Any = world.stack.aws.client("xray")
    with pytest.raises(ClientError):
        xray.put_trace_segments(TraceSegmentDocuments=["{}"])


def the_queue_is_read(world: World) -> None:
    paid = world.prompted()["externalId"]
    with world.without_key():
        assert world.callback(paid).json() == {"status": "deferred"}
    world.await_status(paid, "succeeded")
    wait_until("the queue is empty", lambda: world.messages_in("CallbackQueue") == 0)


def the_stream_is_read(world: World) -> None:
    paid = world.prompted()["externalId"]
    wait_until("it is published", lambda: paid in world.log_of("EventRelayLogGroup"))


def a_failed_refresh_is_reported(world: World) -> None:
    with world.without_provider():
        world.stack.aws.secretsmanager.put_secret_value(
            SecretId=world.stack.outputs.token_secret_name, SecretString="{}"
        )
        is_reported(world, "TokenRefreshFunction", "TokenRefreshDeadLetterQueue")


def a_failed_reconciliation_is_reported(world: World) -> None:
    with world.environment("ReconcilerFunction", TABLE_NAME="not-there"):
        is_reported(world, "ReconcilerFunction", "ReconcilerDeadLetterQueue")


def is_reported(world: World, function: str, queue: str) -> None:
    """The function, started as a schedule starts it, fails, and its queue gets a message."""
    world.stack.aws.lambda_.invoke(FunctionName=world.resource(function), InvocationType="Event")
    wait_until("it is reported", lambda: world.messages_in(queue) == 1)
    world.stack.aws.sqs.purge_queue(QueueUrl=world.resource(queue))


def the_refresh_is_started(world: World) -> None:
    is_started(world, "TokenRefreshSchedule", "TokenRefreshLogGroup")


def the_reconciler_is_started(world: World) -> None:
    is_started(world, "ReconcilerSchedule", "ReconcilerLogGroup")


def is_started(world: World, schedule: str, log_group: str) -> None:
    """A schedule with the same target and the same role, due now, starts the function."""
    scheduler: Any = world.stack.aws.client("scheduler")
    target = scheduler.get_schedule(Name=world.resource(schedule))["Target"]
    before = len(world.log_of(log_group).splitlines())
    scheduler.create_schedule(
        Name=f"once-{time.time_ns()}",
        ScheduleExpression=f"at({datetime.now(UTC):%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={"Arn": target["Arn"], "RoleArn": target["RoleArn"], "Input": target["Input"]},
    )
    wait_until("it is started", lambda: len(world.log_of(log_group).splitlines()) > before)


def _rights(role: str, sid: str, resource: str, *actions: str) -> tuple[Grant, ...]:
    return tuple(Grant(role, sid, action, resource) for action in actions)


UNSEEN: dict[str, Unseen] = {
    "logs of payments": Unseen(
        _rights(
            "PaymentsRole",
            "WriteLogs",
            "PaymentsLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        ),
        f"Lambda writes each line in the role's name: {LAMBDA}/monitoring-cloudwatchlogs.html",
        logs_are_written,
    ),
    **{
        f"logs of {role}": Unseen(
            _rights(role, "WriteLogs", group, "logs:CreateLogStream", "logs:PutLogEvents"),
            "as for payments",
            None,
        )
        for role, group in LOG_GROUPS.items()
        if role != "PaymentsRole"
    },
    **{
        f"traces of {role}": Unseen(
            _rights(role, "WriteTraces", "*", "xray:PutTelemetryRecords", "xray:PutTraceSegments"),
            f"Lambda sends the segments in the role's name: {LAMBDA}/services-xray.html",
            there_is_no_tracing,
        )
        for role in LOG_GROUPS
    },
    "the callback queue's trigger": Unseen(
        _rights(
            "WebhookRole",
            "KeepCallbacksForLater",
            "CallbackQueue",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
        ),
        f"Lambda's pollers read the queue in the role's name: {LAMBDA}/services-sqs-configure.html",
        the_queue_is_read,
    ),
    "the ledger's stream": Unseen(
        (
            *_rights(
                "EventRelayRole",
                "ReadStream",
                "PaymentsTable",
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
            ),
            *_rights("EventRelayRole", "FindStream", "PaymentsTable", "dynamodb:ListStreams"),
        ),
        "Lambda's pollers read the stream in the role's name, and the mapping is refused without "
        f"all four: {LAMBDA}/services-dynamodb-eventsourcemapping.html",
        the_stream_is_read,
    ),
    "the relay's failures": Unseen(
        _rights(
            "EventRelayRole", "ReportUnpublishedEvents", "RelayFailureQueue", "sqs:SendMessage"
        ),
        "Lambda reports what it gave up in the role's name; the emulator reports nothing from a "
        f"stream: {LAMBDA}/services-dynamodb-errors.html",
        None,
    ),
    "failed refreshes": Unseen(
        _rights(
            "TokenRefreshRole",
            "ReportFailedRuns",
            "TokenRefreshDeadLetterQueue",
            "sqs:SendMessage",
        ),
        "Lambda reports a failed asynchronous run in the role's name: "
        f"{LAMBDA}/invocation-async-retain-records.html",
        a_failed_refresh_is_reported,
    ),
    "failed reconciliations": Unseen(
        _rights(
            "ReconcilerRole", "ReportFailedRuns", "ReconcilerDeadLetterQueue", "sqs:SendMessage"
        ),
        f"the same: {LAMBDA}/invocation-async-retain-records.html",
        a_failed_reconciliation_is_reported,
    ),
    "the schedule of the refresh": Unseen(
        _rights(
            "TokenRefreshScheduleRole",
            "StartRefresh",
            "TokenRefreshFunction",
            "lambda:InvokeFunction",
        ),
        f"EventBridge Scheduler starts the target in this role's name: {SCHEDULER}/setting-up.html",
        the_refresh_is_started,
    ),
    "the schedule of the reconciler": Unseen(
        _rights(
            "ReconcilerScheduleRole",
            "StartReconciler",
            "ReconcilerFunction",
            "lambda:InvokeFunction",
        ),
        f"the same: {SCHEDULER}/setting-up.html",
        the_reconciler_is_started,
    ),
    **{
        f"missed runs of {function}": Unseen(
            _rights(
                f"{function}ScheduleRole",
                "ReportMissedRuns",
                f"{function}DeadLetterQueue",
                "sqs:SendMessage",
            ),
            "the scheduler reports what it could not start in this role's name; the emulator "
            f"reports nothing: {SCHEDULER}/configuring-schedule-dlq.html",
            None,
        )
        for function in ("TokenRefresh", "Reconciler")
    },
}
