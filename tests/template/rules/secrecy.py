"""Nothing is open to everybody, and nothing secret stands in the template."""

import json

from tests.template.nodes import Json
from tests.template.rules.resources import Problems, Template, as_list, of_type

MINIMUM_TLS = "SecurityPolicy_TLS13_1_2_"
POLICIES = {
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
    "AWS::IAM::Role": "AssumeRolePolicyDocument",
}
# What holds data, and what says that it is encrypted: a rule of rules/stores.py, or AWS itself.
STORES = {
    "AWS::DynamoDB::Table": "rules/stores.py",
    "AWS::SNS::Topic": "rules/stores.py",
    "AWS::SQS::Queue": "rules/stores.py",
    "AWS::SecretsManager::Secret": "always, with AWS's key for Secrets Manager",
    "AWS::Logs::LogGroup": "always, with CloudWatch's own key",
    # The one parameter holds AzamPay's public keys: to be read by all, and changed by one function.
    "AWS::SSM::Parameter": "not a secret",
}
WITHOUT_DATA = (
    "AWS::ApiGateway::",
    "AWS::CloudWatch::",
    "AWS::IAM::",
    "AWS::KMS::Key",
    "AWS::Lambda::",
    "AWS::Logs::QueryDefinition",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
    # Where deployments shift traffic, and where the template's conditions put them.
    "AWS::CodeDeploy::",
)


def nothing_is_open_to_everybody(template: Template) -> Problems:
    """No policy lets everybody in, and no function has a URL of its own."""
    problems = [
        f"{name} lets everybody {as_list(statement['Action'])}"
        for kind, document in POLICIES.items()
        for name, properties in of_type(template, kind).items()
        for statement in properties[document]["Statement"]
        if statement["Effect"] == "Allow" and _is_everybody(statement["Principal"])
    ]
    return problems + [f"{name} has a URL" for name in of_type(template, "AWS::Lambda::Url")]


def services_are_let_in_for_this_account(template: Template) -> Problems:
    """A service works for everybody: what it may do here must be on behalf of this account."""
    return [
        f"{name} lets a service in on behalf of anybody"
        for kind in ("AWS::KMS::Key", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy")
        for name, properties in of_type(template, kind).items()
        for statement in properties[POLICIES[kind]]["Statement"]
        if statement["Effect"] == "Allow"
        and "Service" in statement["Principal"]
        and "aws:Source" not in json.dumps(statement.get("Condition", {}))
    ]


def every_store_is_known_to_be_encrypted(template: Template) -> Problems:
    """A new kind of resource must be looked at: does it hold data, and who encrypts it?"""
    return [
        f"{name}: nobody has said how a {resource['Type']} is encrypted"
        for name, resource in template["Resources"].items()
        if resource["Type"] not in STORES and not resource["Type"].startswith(WITHOUT_DATA)
    ]


def secrets_begin_empty_or_generated(template: Template) -> Problems:
    """What stands in the template is read by everybody who may read the stack."""
    return [
        f"{name} has its value in the template"
        for name, secret in of_type(template, "AWS::SecretsManager::Secret").items()
        if "GenerateSecretString" not in secret
        and set(json.loads(secret["SecretString"]).values()) - {"REPLACE_ME"}
    ]


def apis_want_tls_1_2(template: Template) -> Problems:
    """A regional API takes TLS 1.0 unless it is told otherwise."""
    return [
        f"{name} takes old TLS"
        for name, api in of_type(template, "AWS::ApiGateway::RestApi").items()
        if not str(api.get("SecurityPolicy", "")).startswith(MINIMUM_TLS)
        or "EndpointAccessMode" not in api
    ]


def _is_everybody(principal: Json) -> bool:
    return principal in ("*", {"AWS": "*"})
