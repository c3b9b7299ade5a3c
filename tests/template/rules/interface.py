"""What a person sees who deploys the stack, and what lets many stacks live side by side."""

import re

from tests.template.nodes import Json
from tests.template.rules.resources import Problems, Template, of_type

# Which property, if any, gives a resource of this type its physical name.
NAMING: dict[str, str | None] = {
    "AWS::ApiGateway::Account": None,
    "AWS::ApiGateway::ApiKey": "Name",
    "AWS::ApiGateway::Deployment": None,
    "AWS::ApiGateway::RestApi": "Name",
    "AWS::ApiGateway::Stage": None,  # its name lives within its API
    "AWS::ApiGateway::UsagePlan": "UsagePlanName",
    "AWS::ApiGateway::UsagePlanKey": None,
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::CodeDeploy::Application": "ApplicationName",
    "AWS::CodeDeploy::DeploymentGroup": "DeploymentGroupName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::KMS::Key": None,
    "AWS::Lambda::Alias": None,  # its name lives within its function, as a version's number does
    "AWS::Lambda::EventInvokeConfig": None,
    "AWS::Lambda::EventSourceMapping": None,
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Lambda::Permission": None,
    "AWS::Lambda::Version": None,
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Logs::QueryDefinition": "Name",
    "AWS::SNS::Subscription": None,
    "AWS::SNS::Topic": "TopicName",
    "AWS::SNS::TopicPolicy": None,
    "AWS::SQS::Queue": "QueueName",
    "AWS::SQS::QueuePolicy": None,
    "AWS::SSM::Parameter": "Name",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::SecretsManager::Secret": "Name",
}
CONSTRAINTS = ("AllowedValues", "AllowedPattern", "MinValue")
HARD_CODED = {
    "partition": r"\barn:aws[a-z-]*:",
    "account": r":\d{12}:",
    "region": r"\b[a-z]{2}-(?:central|east|gov|north|south|west)[a-z-]*-\d",
    "domain": r"amazonaws\.com/",
}


def names_carry_the_stacks_name(template: Template) -> Problems:
    """Two stacks in one account must not want the same name."""
    problems = []
    for name, resource in template["Resources"].items():
        if resource["Type"] not in NAMING:
            problems.append(f"nobody has said what names a {resource['Type']}")
            continue
        property_name = NAMING[resource["Type"]]
        given = resource.get("Properties", {}).get(property_name) if property_name else None
        if given is not None and "AWS::StackName" not in str(given):
            problems.append(f"{name} has a fixed name")
    return problems


def parameters_are_described_and_constrained(template: Template) -> Problems:
    """So that a typing error is found before anything is created."""
    problems = []
    for name, parameter in template["Parameters"].items():
        if len(parameter.get("Description", "")) < len("What it is for."):
            problems.append(f"parameter {name} is not described")
        if not any(constraint in parameter for constraint in CONSTRAINTS):
            problems.append(f"parameter {name} takes anything")
        if "AllowedPattern" in parameter and "ConstraintDescription" not in parameter:
            problems.append(f"parameter {name} does not say what its pattern means")
        if "Default" not in parameter:
            problems.append(f"parameter {name} has no default")
    return problems


def parameters_are_grouped(template: Template) -> Problems:
    """In the console, that is: each in one group."""
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = sorted(name for group in groups for name in group["Parameters"])
    return (
        [] if grouped == sorted(template["Parameters"]) else ["the groups are not the parameters"]
    )


def outputs_are_described(template: Template) -> Problems:
    """They are how people find their stack."""
    return [
        f"output {name} is not described"
        for name, output in template["Outputs"].items()
        if not output.get("Description")
    ]


def functions_fit_a_new_account(template: Template) -> Problems:
    """A new account has ten concurrent executions: nothing can be reserved of them."""
    return [
        f"{name} reserves concurrency"
        for name, function in of_type(template, "AWS::Lambda::Function").items()
        if "ReservedConcurrentExecutions" in function
    ]


def functions_run_on_the_chosen_architecture(template: Template) -> Problems:
    """The layer too: its packages are compiled."""
    chosen = [{"Ref": "Architecture"}]
    problems = [
        f"{name} does not follow the parameter Architecture"
        for name, function in of_type(template, "AWS::Lambda::Function").items()
        if function.get("Architectures") != chosen
    ]
    problems += [
        f"{name} does not follow the parameter Architecture"
        for name, layer in of_type(template, "AWS::Lambda::LayerVersion").items()
        if layer.get("CompatibleArchitectures") != chosen
    ]
    return problems


def nothing_is_hard_coded(text: str) -> Problems:
    """No region, account or partition in the text of a template."""
    return [
        f"hard-coded {what}: {found}"
        for what, pattern in HARD_CODED.items()
        for found in sorted({match[0] for match in _matches(pattern, text)})
    ]


def _matches(pattern: str, text: str) -> list[Json]:
    return list(re.finditer(pattern, text))
