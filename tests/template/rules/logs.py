"""Everything is logged, nothing is logged for ever, and no log holds the webhook's path."""

import json
import re

from tests.template.rules.resources import Problems, Template, logical_id, of_type

# Variables of API Gateway that hold nothing of what the caller sent.
HARMLESS = {
    "requestId",
    "requestTime",
    "httpMethod",
    "resourcePath",
    "status",
    "error.responseType",
    "responseLatency",
    "integration.status",
    "identity.sourceIp",
    "identity.apiKeyId",
}


def functions_have_a_log_group_each(template: Template) -> Problems:
    """A group that Lambda makes by itself has no retention."""
    groups = of_type(template, "AWS::Logs::LogGroup")
    used: dict[str, str] = {}
    problems = []
    for name, function in of_type(template, "AWS::Lambda::Function").items():
        group = logical_id(function.get("LoggingConfig", {}).get("LogGroup"))
        if group not in groups:
            problems.append(f"{name} has no log group of the template")
        elif group in used:
            problems.append(f"{name} shares its log group with {used[group]}")
        used[group] = name
    return problems


def log_groups_have_retention(template: Template) -> Problems:
    """Logs hold phone numbers, if masked ones: they must end."""
    return [
        f"{name} is kept for ever"
        for name, group in of_type(template, "AWS::Logs::LogGroup").items()
        if not group.get("RetentionInDays")
    ]


def access_log_holds_no_path(template: Template) -> Problems:
    """The path of a callback contains the webhook's secret; only the route may be logged."""
    problems = []
    for name, stage in of_type(template, "AWS::ApiGateway::Stage").items():
        written = stage.get("AccessLogSetting", {}).get("Format", "")
        variables = set(re.findall(r"\$context\.([A-Za-z.]+)", written))
        if "resourcePath" not in variables:
            problems.append(f"{name} does not log the route")
        problems += [f"{name} logs {variable}" for variable in sorted(variables - HARMLESS)]
        if not _is_json(re.sub(r"\$context\.[A-Za-z.]+", "x", written)):
            problems.append(f"{name} does not log in JSON")
    return problems


def stages_are_neither_traced_nor_logged_in_full(template: Template) -> Problems:
    """Traces and execution logs hold the whole path, and the second of them the body."""
    problems = []
    for name, stage in of_type(template, "AWS::ApiGateway::Stage").items():
        if stage.get("TracingEnabled"):
            problems.append(f"{name} is traced")
        problems += [
            f"{name} logs {method['ResourcePath']} in full"
            for method in stage.get("MethodSettings", [])
            if method.get("LoggingLevel") != "OFF" or method.get("DataTraceEnabled") is not False
        ]
    return problems


def functions_are_traced(template: Template) -> Problems:
    """That is where the time goes."""
    return [
        f"{name} is not traced"
        for name, function in of_type(template, "AWS::Lambda::Function").items()
        if function.get("TracingConfig", {}).get("Mode") != "Active"
    ]


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
