"""Somebody is told, and told what to do first."""

from tests.template.nodes import Json
from tests.template.rules.resources import Problems, Resource, Template, logical_id, of_type, target

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
    ("CallbackUnverifiable", "webhook"),
    ("PaymentUnresolved", "reconciler"),
    ("ReconcileFailed", "reconciler"),
    ("TokenRefreshFailed", "token-refresh"),
}

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
    """Errors that a function did not answer itself."""
    watched = _watched(template)
    return [
        f"nobody is told of errors of {name}"
        for name in of_type(template, "AWS::Lambda::Function")
        if ("AWS/Lambda", "Errors", name) not in watched
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
        if ("FinConnect", metric, full_name) not in watched:
            problems.append(f"nobody is told of {metric} of {service}")
    return problems


def alarms_reach_a_person_with_advice(template: Template) -> Problems:
    """Where it goes, what silence means, what to do first."""
    problems = []
    for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
        if [logical_id(action) for action in alarm.get("AlarmActions", [])] != ["AlarmTopic"]:
            problems.append(f"{name} goes nowhere")
        if alarm.get("TreatMissingData") != "notBreaching":
            problems.append(f"{name} does not say what missing data means")
        if "First: " not in alarm.get("AlarmDescription", ""):
            problems.append(f"{name} does not say what to do first")
    return problems


def _watched(template: Template) -> set[Watched]:
    return {
        (alarm["Namespace"], alarm["MetricName"], _first_dimension(alarm))
        for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()
    }


def _first_dimension(alarm: Resource) -> str:
    dimensions: list[Json] = alarm.get("Dimensions", [])
    return target(dimensions[0]["Value"]) if dimensions else ""
