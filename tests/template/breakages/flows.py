"""What breaks the rules about asynchronous edges, logs and alarms."""

from tests.template.breakages.breakage import Breakage
from tests.template.breaking import add, drop, put, put_in_api
from tests.template.rules import alarms, edges, logs

R = "Resources"
P = "Properties"
OUTBOX = (R, "EventRelayFunction", P, "Events", "Outbox", P)
FORMAT = (R, "Api", P, "AccessLogSetting", "Fn::If", 1, "Format")

BREAKAGES: list[Breakage] = [
    (edges.batches_report_their_failures, drop(*OUTBOX, "FunctionResponseTypes"), "does not take"),
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
        drop(*OUTBOX, "MaximumRetryAttempts"),
        "without bound",
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
        "no dead-letter queue",
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
    (
        logs.functions_have_a_log_group_each,
        drop(R, "PaymentsFunction", P, "LoggingConfig"),
        "no log group",
    ),
    (
        logs.functions_have_a_log_group_each,
        put(R, "PaymentsFunction", P, "LoggingConfig", "LogGroup", to={"Ref": "WebhookLogGroup"}),
        "shares",
    ),
    (logs.log_groups_have_retention, drop(R, "ApiLogGroup", P, "RetentionInDays"), "for ever"),
    (logs.access_log_holds_no_path, put(*FORMAT, to='{"p":"$context.path"}'), "logs path"),
    (logs.access_log_holds_no_path, put(*FORMAT, to="$context.resourcePath"), "JSON"),
    (logs.access_log_holds_no_path, put(*FORMAT, to='{"s":"$context.status"}'), "the route"),
    (
        logs.stages_are_neither_traced_nor_logged_in_full,
        put(R, "Api", P, "TracingEnabled", to=True),
        "is traced",
    ),
    (
        logs.stages_are_neither_traced_nor_logged_in_full,
        put(R, "Api", P, "MethodSettings", 2, "LoggingLevel", to="INFO"),
        "in full",
    ),
    (logs.functions_are_traced, drop("Globals", "Function", "Tracing"), "not traced"),
    (alarms.queues_are_watched, drop(R, "RelayFailureQueueAlarm"), "RelayFailureQueue"),
    (alarms.functions_are_watched, drop(R, "WebhookErrorsAlarm"), "WebhookFunction"),
    (alarms.api_is_watched, drop(R, "ApiServerErrorsAlarm"), "5xx"),
    (alarms.api_is_watched, put_in_api("info", "title", to="FinConnect"), "another name"),
    (alarms.business_is_watched, drop(R, "PaymentMismatchAlarm"), "PaymentMismatch of webhook"),
    (
        alarms.business_is_watched,
        put(
            R,
            "WebhookFunction",
            P,
            "Environment",
            "Variables",
            "POWERTOOLS_SERVICE_NAME",
            to="webhook",
        ),
        "no function counts",
    ),
    (
        alarms.alarms_reach_a_person_with_advice,
        drop(R, "EventsLateAlarm", P, "AlarmActions"),
        "nowhere",
    ),
    (
        alarms.alarms_reach_a_person_with_advice,
        drop(R, "EventsLateAlarm", P, "TreatMissingData"),
        "missing data",
    ),
    (
        alarms.alarms_reach_a_person_with_advice,
        put(R, "EventsLateAlarm", P, "AlarmDescription", to="Late."),
        "what to do",
    ),
]
