"""What breaks the rules about logs and alarms."""

from tests.template.breakages.breakage import Breakage
from tests.template.breaking import drop, put, put_in_api
from tests.template.rules import alarms, logs

R = "Resources"
P = "Properties"
FORMAT = (R, "Api", P, "AccessLogSetting", "Fn::If", 1, "Format")

BREAKAGES: list[Breakage] = [
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
    (alarms.queues_are_watched, drop(R, "CallbackQueueAlarm"), "in CallbackQueue"),
    (
        alarms.queues_are_watched,
        drop(R, "CallbackDeadLetterQueueAlarm"),
        "in CallbackDeadLetterQueue",
    ),
    (
        alarms.queues_are_watched,
        put(R, "CallbackDeadLetterQueueAlarm", P, "MetricName", to="ApproximateAgeOfOldestMessage"),
        "in CallbackDeadLetterQueue",
    ),
    (
        alarms.queues_are_watched,
        drop(R, "ReconcilerDeadLetterQueueAlarm"),
        "in ReconcilerDeadLetterQueue",
    ),
    (alarms.functions_are_watched, drop(R, "WebhookErrorsAlarm"), "WebhookFunction"),
    (alarms.functions_are_watched, drop(R, "ReconcilerErrorsAlarm"), "ReconcilerFunction"),
    (alarms.api_is_watched, drop(R, "ApiServerErrorsAlarm"), "5xx"),
    (alarms.api_is_watched, put_in_api("info", "title", to="FinConnect"), "another name"),
    (alarms.business_is_watched, drop(R, "PaymentMismatchAlarm"), "PaymentMismatch of webhook"),
    (
        alarms.business_is_watched,
        drop(R, "CallbackUnverifiableAlarm"),
        "CallbackUnverifiable of webhook",
    ),
    (
        alarms.business_is_watched,
        drop(R, "PaymentUnresolvedAlarm"),
        "PaymentUnresolved of reconciler",
    ),
    (alarms.business_is_watched, drop(R, "ReconcileFailedAlarm"), "ReconcileFailed of reconciler"),
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
    (
        alarms.alarms_reach_a_person_with_advice,
        put(R, "EventsLateAlarm", P, "AlarmDescription", to="Late. First: look."),
        "urgent",
    ),
    (
        alarms.alarms_reach_a_person_with_advice,
        put(R, "EventsLateAlarm", P, "AlarmDescription", to="Now: late. Runbook: elsewhere"),
        "runbook",
    ),
    (
        alarms.alarms_reach_a_person_with_advice,
        put(R, "EventsLateAlarm", P, "AlarmDescription", to="Now: " + "very " * 250 + "late"),
        "CloudWatch keeps",
    ),
    (
        alarms.thresholds_have_a_unit_or_count,
        put(R, "TokenExpiresSoonAlarm", P, "Statistic", to="Sum"),
        "Sum of TokenTimeLeft",
    ),
    (
        alarms.thresholds_have_a_unit_or_count,
        put(R, "PaymentConflictAlarm", P, "Statistic", to="Average"),
        "Average of PaymentConflict",
    ),
    (
        alarms.schedules_are_watched,
        put(R, "ReconcilerStoppedAlarm", P, "TreatMissingData", to="notBreaching"),
        "ReconcilerSchedule stopped",
    ),
    (
        alarms.schedules_are_watched,
        put(R, "ReconcilerStoppedAlarm", P, "Metrics", 0, "Expression", to="runs"),
        "ReconcilerSchedule stopped",
    ),
    (alarms.schedules_are_watched, drop(R, "TokenRefreshStoppedAlarm"), "TokenRefreshSchedule"),
    (
        alarms.single_cases_ring_again,
        put(R, "PaymentConflictAlarm", P, "Period", to=3600),
        "PaymentConflictAlarm goes on",
    ),
    (alarms.streams_are_watched, drop(R, "EventsLateAlarm"), "behind"),
    (alarms.functions_are_watched, drop(R, "WebhookThrottlesAlarm"), "Throttles of WebhookFunc"),
    (alarms.ratios_are_watched, drop(R, "ProviderFailingAlarm"), "PaymentUnknown of payments"),
    (alarms.ratios_are_watched, drop(R, "NoCallbacksAlarm"), "OpenPayments of reconciler"),
    (alarms.business_is_watched, drop(R, "CallbackWrongUrlAlarm"), "CallbackWrongUrl"),
]
