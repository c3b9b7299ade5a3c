"""A deployment reaches who it should, shows each change, and goes back for its own faults only."""

from tests.template.nodes import Json
from tests.template.rules.api import integrated, operations
from tests.template.rules.resources import (
    Problems,
    Template,
    function_of,
    logical_id,
    mentions,
    of_type,
    target,
)

ALIAS = "live"


def what_the_api_invokes_has_an_alias(template: Template) -> Problems:
    """Traffic can be shifted only where it goes through an alias; its old versions go."""
    aliases = of_type(template, "AWS::Lambda::Alias")
    problems = []
    for (method, path), operation in operations(_description(template)).items():
        invoked = integrated(operation)
        if aliases.get(invoked, {}).get("Name") != ALIAS:
            problems.append(f"{method} {path} invokes {invoked}, which is no alias")
    problems += [
        f"{name} stays when it is replaced, and its snapshot costs"
        for name in of_type(template, "AWS::Lambda::Version")
        if template["Resources"][name].get("DeletionPolicy") != "Delete"
        or template["Resources"][name].get("UpdateReplacePolicy") != "Delete"
    ]
    return problems


def aliases_are_what_is_invoked(template: Template) -> Problems:
    """By every event source too: two ways in would run two versions at a time, for ever."""
    aliased = {
        logical_id(alias["FunctionName"])
        for alias in of_type(template, "AWS::Lambda::Alias").values()
    }
    return [
        f"{name} goes past the alias of {logical_id(each['FunctionName'])}"
        for kind in ("AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission")
        for name, each in of_type(template, kind).items()
        if logical_id(each["FunctionName"]) in aliased
    ]


def versions_follow_the_parameters(template: Template) -> Problems:
    """Each parameter that a function uses stands in its version's description, and no other.

    SAM does not look into parameters: one that is missing would be changed, deployed, and have no
    effect. One too many would publish a version of an unchanged function, which Lambda refuses.
    """
    problems = []
    for name, version in of_type(template, "AWS::Lambda::Version").items():
        function = logical_id(version["FunctionName"])
        used = _parameters(template, of_type(template, "AWS::Lambda::Function")[function])
        if "SnapStart" in of_type(template, "AWS::Lambda::Function")[function]:
            used.add("SnapStart")  # by way of a condition
        told = _parameters(template, version.get("Description", ""))
        problems += [f"{name} does not follow {parameter}" for parameter in sorted(used - told)]
        problems += [f"{name} follows {parameter} for nothing" for parameter in sorted(told - used)]
    return problems


def deployments_go_back_on_faults_of_the_new_version_alone(template: Template) -> Problems:
    """Not on what the old version does, and not on AzamPay: else nothing could be mended."""
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    problems = []
    for name, group in of_type(template, "AWS::CodeDeploy::DeploymentGroup").items():
        function = name.removesuffix("DeploymentGroup")
        given = [logical_id(each["Name"]) for each in group["AlarmConfiguration"]["Alarms"]]
        watched = {alarms[alarm]["MetricName"] for alarm in given}
        if watched != {"Errors", "ServerError"}:
            problems.append(f"{name} watches {sorted(watched)}")
        problems += [
            f"{alarm} does not watch the new version of {function}"
            for alarm in given
            if not _is_about_new_version(template, function, alarms[alarm])
        ]
        if "DEPLOYMENT_STOP_ON_ALARM" not in group["AutoRollbackConfiguration"]["Events"]:
            problems.append(f"{name} does not go back")
        if logical_id(group["ServiceRoleArn"]) not in of_type(template, "AWS::IAM::Role"):
            problems.append(f"{name} has no role")
    return problems


def _is_about_new_version(template: Template, function: str, alarm: Json) -> bool:
    dimensions = {each["Name"]: target(each["Value"]) for each in alarm["Dimensions"]}
    version = dimensions.get("version") or dimensions.get("ExecutedVersion", "")
    published = of_type(template, "AWS::Lambda::Version").get(version.removesuffix(".Version"), {})
    variables = of_type(template, "AWS::Lambda::Function")[function]["Environment"]["Variables"]
    if alarm["Namespace"] == "AWS/Lambda":
        expected = {
            "FunctionName": function,
            "Resource": f"${{{function}}}:{ALIAS}",
            "ExecutedVersion": version,
        }
    else:
        service = target(variables["POWERTOOLS_SERVICE_NAME"])
        expected = {"service": service, "version": version}
    # Its name has the version: an alarm that is only changed keeps the state of the old one.
    name = alarm.get("AlarmName", {}).get("Fn::Sub", ["", {}])
    return (
        function_of(template, published.get("FunctionName")) == function
        and dimensions == expected
        and target(name[1].get("Version")) == version
    )


def _parameters(template: Template, node: Json) -> set[str]:
    named = {*mentions(node, r'"Ref": "(\w+)"'), *mentions(node, r"\$\{(\w+)\}")}
    return {name for name in named if name in template["Parameters"]}


def _description(template: Template) -> Json:
    (api,) = of_type(template, "AWS::ApiGateway::RestApi").values()
    return api["Body"]
