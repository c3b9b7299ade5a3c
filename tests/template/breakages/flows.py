"""What breaks the rules about asynchronous edges."""

from tests.template.breakages.breakage import Breakage
from tests.template.breaking import add, drop, put
from tests.template.rules import edges

R = "Resources"
P = "Properties"
OUTBOX = (R, "EventRelayFunction", P, "Events", "Outbox", P)
VERIFY_LATER = (R, "WebhookFunction", P, "Events", "VerifyLater", P)
WEBHOOK_MAY = (R, "WebhookRole", P, "Policies", 0, "PolicyDocument", "Statement")

BREAKAGES: list[Breakage] = [
    (
        edges.batches_report_their_failures,
        drop(*OUTBOX, "FunctionResponseTypes"),
        "EventRelayFunctionOutbox does not take",
    ),
    (
        edges.batches_report_their_failures,
        drop(*VERIFY_LATER, "FunctionResponseTypes"),
        "WebhookFunctionVerifyLater does not take",
    ),
    (
        edges.streams_give_up_in_time_and_report_it,
        drop(*OUTBOX, "DestinationConfig"),
        "no on-failure",
    ),
    (
        edges.streams_give_up_in_time_and_report_it,
        drop(*OUTBOX, "BisectBatchOnFunctionError"),
        "bisect",
    ),
    (
        edges.streams_give_up_in_time_and_report_it,
        put(*OUTBOX, "MaximumRetryAttempts", to=50),
        "may give up before its time",
    ),
    (
        edges.streams_give_up_in_time_and_report_it,
        put(*OUTBOX, "MaximumRecordAgeInSeconds", to=-1),
        "outlives",
    ),
    (
        edges.streams_give_up_in_time_and_report_it,
        put(*OUTBOX, "StartingPosition", to="LATEST"),
        "skips",
    ),
    (
        edges.streams_give_up_in_time_and_report_it,
        drop(R, "EventRelayRole", P, "Policies", 0, "PolicyDocument", "Statement", -1),
        "may not write",
    ),
    (edges.relay_sees_new_outbox_items_only, drop(*OUTBOX, "FilterCriteria"), "does not filter"),
    (
        edges.queues_with_readers_redrive,
        add(
            "Reader",
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn={"Fn::GetAtt": ["RelayFailureQueue", "Arn"]},
            FunctionName={"Ref": "WebhookFunction"},
        ),
        "RelayFailureQueue is read by Reader and has no dead-letter queue",
    ),
    (
        edges.queues_with_readers_redrive,
        drop(R, "CallbackQueue", P, "RedrivePolicy"),
        "CallbackQueue is read by WebhookFunctionVerifyLater and has no dead-letter queue",
    ),
    (
        edges.queues_with_readers_redrive,
        put(
            R,
            "CallbackQueue",
            P,
            "RedrivePolicy",
            "deadLetterTargetArn",
            to={"Fn::GetAtt": ["CallbackQueue", "Arn"]},
        ),
        "never lets go",
    ),
    (
        edges.readers_of_queues_may_read_and_have_time,
        drop(R, "CallbackQueue", P, "VisibilityTimeout"),
        "before 120 seconds",
    ),
    (
        edges.readers_of_queues_may_read_and_have_time,
        put(R, "WebhookFunction", P, "Timeout", to=21),
        "before 126 seconds",
    ),
    (
        edges.readers_of_queues_may_read_and_have_time,
        drop(*VERIFY_LATER, "ScalingConfig"),
        "all the concurrency",
    ),
    (
        edges.readers_of_queues_may_read_and_have_time,
        put(*WEBHOOK_MAY, -1, "Action", to=["sqs:ReceiveMessage", "sqs:GetQueueAttributes"]),
        "may not sqs:DeleteMessage",
    ),
    (
        edges.callbacks_have_receives_to_spare,
        put(R, "CallbackQueue", P, "RedrivePolicy", "maxReceiveCount", to=4),
        "4 receives have 4 delays",
    ),
    (
        edges.callbacks_have_receives_to_spare,
        put(R, "CallbackQueue", P, "RedrivePolicy", "maxReceiveCount", to=50),
        "50 receives have 4 delays",
    ),
    (
        edges.callbacks_have_receives_to_spare,
        put(*VERIFY_LATER, "BatchSize", to=10),
        "takes more than one callback at a time",
    ),
    (
        edges.a_key_can_be_fetched_before_the_last_tries,
        put("Parameters", "CallbackRetryDelays", "Default", to="60,60,60,3600"),
        "only 1 tries come after the next fetch",
    ),
    (
        edges.schedules_have_dead_letter_queues,
        drop(R, "ReconcilerSchedule", P, "Target", "DeadLetterConfig"),
        "ReconcilerSchedule has no dead-letter queue",
    ),
    (
        edges.schedules_have_dead_letter_queues,
        drop(R, "ReconcilerFunction", P, "EventInvokeConfig"),
        "ReconcilerFunction is invoked asynchronously and reports no failure",
    ),
    (
        edges.schedules_have_dead_letter_queues,
        drop(R, "ReconcilerRole", P, "Policies", 0, "PolicyDocument", "Statement", -1),
        "ReconcilerFunction may not write",
    ),
    (
        edges.schedules_have_dead_letter_queues,
        drop(R, "TokenRefreshSchedule", P, "Target", "DeadLetterConfig"),
        "no dead-letter queue",
    ),
    (
        edges.schedules_have_dead_letter_queues,
        drop(R, "TokenRefreshFunction", P, "EventInvokeConfig"),
        "reports no failure",
    ),
    (
        edges.schedules_have_dead_letter_queues,
        drop(R, "TokenRefreshRole", P, "Policies", 0, "PolicyDocument", "Statement", -1),
        "may not write",
    ),
    (
        edges.schedules_have_dead_letter_queues,
        drop(R, "TokenRefreshScheduleRole", P, "Policies", 0, "PolicyDocument", "Statement", 0),
        "may not start",
    ),
    (
        edges.subscriptions_have_dead_letter_queues,
        add("Hook", "AWS::SNS::Subscription", Protocol="lambda"),
        "no dead-letter queue",
    ),
]
