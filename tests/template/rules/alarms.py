"""Somebody is told, and told what to do first."""

import re

from tests.template.rules.alarm_metrics import OWN, alarms_of, expression, readings
from tests.template.rules.resources import Problems, Template, logical_id, of_type, target

BUSINESS_ALARMS = {
    ("PaymentMismatch", "webhook"),
    ("PaymentMismatch", "payments"),
    ("PaymentMismatch", "reconciler"),
    ("PaymentConflict", "webhook"),
    ("PaymentConflict", "payments"),
    ("PaymentConflict", "reconciler"),
    ("CallbackUnmatched", "webhook"),
    ("InvalidSignature", "webhook"),
    ("CallbackUnsigned", "webhook"),
    ("CallbackWrongUrl", "webhook"),
    ("CallbackUnverifiable", "webhook"),
    ("PaymentUnresolved", "reconciler"),
    ("ReconcileFailed", "reconciler"),
    ("TokenRefreshFailed", "token-refresh"),
    ("TokenTimeLeft", "token-refresh"),
    ("PublicKeyAge", "token-refresh"),
}
RECKONED_ALARMS = {
    ("PaymentUnknown", "payments"),
    ("PaymentNotSent", "payments"),
    ("OpenPayments", "reconciler"),
}
"""Read by alarms on metric math, which the emulator does not know."""

SINGLE_CASES = {"PaymentMismatch", "PaymentConflict", "CallbackUnmatched", "PaymentUnresolved"}
LONGEST_CASE_SECONDS = 300
LONGEST_TEXT = 1024
MEASURED = {
    "ApproximateAgeOfOldestMessage",
    "ApproximateNumberOfMessagesVisible",
    "IteratorAge",
    "OpenPayments",
    "PublicKeyAge",
    "TokenTimeLeft",
}
"""Of these the sum means nothing, unlike of what is counted."""
COUNT = "ApproximateNumberOfMessagesVisible"
AGE = "ApproximateAgeOfOldestMessage"

type Watched = tuple[str, str, str]


def queues_are_watched(template: Template) -> Problems:
    """The first message where no function reads, and messages that wait too long where one does."""
    watched = _watched(template)
    read = {
        logical_id(mapping["EventSourceArn"])
        for mapping in of_type(template, "AWS::Lambda::EventSourceMapping").values()
    }
    return [
        f"nobody is told of messages in {name}"
        for name in of_type(template, "AWS::SQS::Queue")
        if ("AWS/SQS", AGE if name in read else COUNT, f"{name}.QueueName") not in watched
    ]


def functions_are_watched(template: Template) -> Problems:
    """Errors that a function did not answer itself, and invocations that did not even begin."""
    watched = _watched(template)
    return [
        f"nobody is told of {metric} of {name}"
        for name in of_type(template, "AWS::Lambda::Function")
        for metric in ("Errors", "Throttles")
        if ("AWS/Lambda", metric, name) not in watched
    ]


def schedules_are_watched(template: Template) -> Problems:
    """A run that never begins logs nothing and counts nothing: only missing data tells of it.

    ``TreatMissingData`` alone tells late: CloudWatch first looks several periods back for real
    data. So the missing runs are filled in; it remains for a metric that has no data at all.
    """
    rung = {
        reading.watched
        for alarm in alarms_of(template).values()
        if alarm["TreatMissingData"] == "breaching"
        for reading in readings(alarm)
        if expression(alarm) == f"FILL({reading.id}, 0)"
    }
    return [
        f"nobody is told that {name} stopped"
        for name, schedule in of_type(template, "AWS::Scheduler::Schedule").items()
        if ("AWS/Lambda", "Invocations", logical_id(schedule["Target"]["Arn"])) not in rung
    ]


def single_cases_ring_again(template: Template) -> Problems:
    """No alarm rings on for hours after one case: while it rings, the next one sends no mail."""
    return [
        f"{name} goes on for too long after one case"
        for name, alarm in alarms_of(template).items()
        for reading in readings(alarm)
        if reading.metric in SINGLE_CASES and reading.period > LONGEST_CASE_SECONDS
    ]


def streams_are_watched(template: Template) -> Problems:
    """How far a function is behind a stream."""
    watched = _watched(template)
    return [
        f"nobody is told that {name} is behind"
        for name, mapping in of_type(template, "AWS::Lambda::EventSourceMapping").items()
        if "StreamArn" in target(mapping["EventSourceArn"])
        and ("AWS/Lambda", "IteratorAge", target(mapping["FunctionName"])) not in watched
    ]


def api_is_watched(template: Template) -> Problems:
    """By the name that the API has in the template and in its description, whichever wins."""
    problems = []
    for name, api in of_type(template, "AWS::ApiGateway::RestApi").items():
        called = target(api["Name"]).strip("${}")
        if target(api["Body"]["info"]["title"]).strip("${}") != called:
            problems.append(f"{name} has another name in its description")
        if ("AWS/ApiGateway", "5XXError", called) not in _watched(template):
            problems.append(f"nobody is told of 5xx answers of {name}")
    return problems


def business_is_watched(template: Template) -> Problems:
    """The facts about money, by the very names under which the functions count them."""
    services = {
        target(function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"])
        for function in of_type(template, "AWS::Lambda::Function").values()
    }
    watched = _watched(template)
    problems = []
    for metric, service in sorted(BUSINESS_ALARMS):
        full_name = f"${{AWS::StackName}}-{service}"
        if full_name not in services:
            problems.append(f"no function counts as {full_name}")
        if (OWN, metric, full_name) not in watched:
            problems.append(f"nobody is told of {metric} of {service}")
    return problems


def ratios_are_watched(template: Template) -> Problems:
    """What one metric alone does not tell; not in the emulator, which cannot reckon."""
    watched = _watched(template)
    return [
        f"nobody is told of {metric} of {service}"
        for metric, service in sorted(RECKONED_ALARMS)
        if (OWN, metric, f"${{AWS::StackName}}-{service}") not in watched
    ]


def alarms_reach_a_person_with_advice(template: Template) -> Problems:
    """Where it goes, what silence means, how urgent it is, what to do first, where more stands."""
    problems = []
    for name, alarm in alarms_of(template).items():
        if [logical_id(action) for action in alarm.get("AlarmActions", [])] != ["AlarmTopic"]:
            problems.append(f"{name} goes nowhere")
        if alarm.get("TreatMissingData") not in ("notBreaching", "breaching", "ignore"):
            problems.append(f"{name} does not say what missing data means")
        text = alarm.get("AlarmDescription", "")
        if not re.match(r"(Now|Soon): ", text):
            problems.append(f"{name} does not say how urgent it is")
        if "First: " not in text:
            problems.append(f"{name} does not say what to do first")
        if not text.endswith(f" Runbook: docs/runbook.md#{name.lower()}"):
            problems.append(f"{name} does not name its place in the runbook")
        if len(text) > LONGEST_TEXT:
            problems.append(f"{name} says more than CloudWatch keeps")
    return problems


def thresholds_have_a_unit_or_count(template: Template) -> Problems:
    """A metric that counts is summed, a measured one never: the sum of ages means nothing."""
    problems = []
    for name, alarm in alarms_of(template).items():
        for reading in readings(alarm):
            measured = reading.metric in MEASURED
            if measured == (reading.statistic == "Sum"):
                problems.append(f"{name} takes the {reading.statistic} of {reading.metric}")
    return problems


def _watched(template: Template) -> set[Watched]:
    return {
        reading.watched for alarm in alarms_of(template).values() for reading in readings(alarm)
    }
