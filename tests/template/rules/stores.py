"""What is kept is kept safely: the ledger, the queues, the topics, the secrets."""

from tests.template.nodes import Json
from tests.template.rules.resources import (
    Problems,
    Template,
    as_list,
    logical_id,
    mentions,
    of_type,
    target,
)

FOURTEEN_DAYS = 14 * 24 * 60 * 60
SECRET_WORDS = ("secret", "password", "token", "credential", "apikey")
SECRET_CONTENT = r"resolve:secretsmanager|resolve:ssm-secure|SecretString|PlaintextValue"


def tables_are_kept_for_ever(template: Template) -> Problems:
    """They are the books: no deletion, no replacement, no expiry, and a way back in time."""
    problems = []
    for name, table in of_type(template, "AWS::DynamoDB::Table").items():
        resource = template["Resources"][name]
        checks = {
            "is not retained on deletion": resource.get("DeletionPolicy") == "Retain",
            "is not retained on replacement": resource.get("UpdateReplacePolicy") == "Retain",
            "has no point-in-time recovery": table.get("PointInTimeRecoverySpecification", {}).get(
                "PointInTimeRecoveryEnabled"
            ),
            "is not encrypted": table.get("SSESpecification", {}).get("SSEEnabled"),
            "is not on demand": table.get("BillingMode") == "PAY_PER_REQUEST",
            "streams no new images": table.get("StreamSpecification", {}).get("StreamViewType")
            == "NEW_IMAGE",
            "lets items expire": "TimeToLiveSpecification" not in table,
        }
        problems += [f"{name} {problem}" for problem, is_well in checks.items() if not is_well]
    return problems


def tables_are_protected_against_deletion(template: Template) -> Problems:
    """In production, that is."""
    return [
        f"{name} can be deleted"
        for name, table in of_type(template, "AWS::DynamoDB::Table").items()
        if table.get("DeletionProtectionEnabled") is not True
    ]


def queues_are_encrypted_and_keep_14_days(template: Template) -> Problems:
    """Long enough for a person who was on holiday."""
    problems = []
    for name, queue in of_type(template, "AWS::SQS::Queue").items():
        if queue.get("MessageRetentionPeriod") != FOURTEEN_DAYS:
            problems.append(f"{name} does not keep its messages 14 days")
        if not (queue.get("SqsManagedSseEnabled") or queue.get("KmsMasterKeyId")):
            problems.append(f"{name} is not encrypted")
    return problems


def topics_are_encrypted(template: Template) -> Problems:
    """Also while they wait for a slow subscriber."""
    return [
        f"{name} is not encrypted"
        for name, topic in of_type(template, "AWS::SNS::Topic").items()
        if not topic.get("KmsMasterKeyId")
    ]


def queues_and_topics_refuse_plain_http(template: Template) -> Problems:
    """Everywhere but locally, where there is no TLS."""
    wanted = {
        "AWS::SQS::Queue": ("AWS::SQS::QueuePolicy", "Queues", "sqs:*"),
        "AWS::SNS::Topic": ("AWS::SNS::TopicPolicy", "Topics", "sns:Publish"),
    }
    problems = []
    for kind, (policy_kind, members, action) in wanted.items():
        refusing = {
            logical_id(member)
            for policy in of_type(template, policy_kind).values()
            for member in policy[members]
            if any(
                _refuses_plain_http(statement, action, logical_id(member))
                for statement in policy["PolicyDocument"]["Statement"]
            )
        }
        problems += [
            f"{name} takes plain HTTP" for name in of_type(template, kind) if name not in refusing
        ]
    return problems


def alarms_may_use_their_topics_key(template: Template) -> Problems:
    """CloudWatch cannot use AWS's own key for SNS: such an alarm is lost in silence."""
    alarmed = {
        logical_id(action)
        for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()
        for action in alarm.get("AlarmActions", [])
    }
    keys = of_type(template, "AWS::KMS::Key")
    problems = []
    for name, topic in of_type(template, "AWS::SNS::Topic").items():
        key = keys.get(logical_id(topic.get("KmsMasterKeyId")))
        if name in alarmed and not (key and _cloudwatch_may_encrypt(key)):
            problems.append(f"{name} is encrypted with a key that CloudWatch may not use")
    return problems


def no_secret_leaves_the_secrets(template: Template) -> Problems:
    """Not as a parameter, in the environment, as an output, or as an API key in the text."""
    problems = [
        f"parameter {name} sounds like a secret"
        for name in template["Parameters"]
        if any(word in name.lower() for word in SECRET_WORDS)
        or template["Parameters"][name].get("NoEcho")
    ]
    for name, function in of_type(template, "AWS::Lambda::Function").items():
        if mentions(function.get("Environment", {}), SECRET_CONTENT):
            problems.append(f"{name} has a secret in its environment")
    if mentions(template["Outputs"], SECRET_CONTENT):
        problems.append("an output shows a secret")
    problems += [
        f"{name} has its value in the template"
        for name, key in of_type(template, "AWS::ApiGateway::ApiKey").items()
        if "Value" in key
    ]
    return problems


def what_people_put_in_survives(template: Template) -> Problems:
    """What they have put in, or registered elsewhere, must not vanish by a change or a mistake.

    CloudFormation deletes a secret without the time in which it could be restored.
    """
    return [
        f"{name} is lost with its {attribute}"
        for name in ("CredentialsSecret", "WebhookSecret")
        for attribute in ("DeletionPolicy", "UpdateReplacePolicy")
        if template["Resources"][name].get(attribute) != "Retain"
    ]


def _refuses_plain_http(statement: Json, action: str, member: str) -> bool:
    return (
        statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and statement["Action"] == action
        and logical_id(statement["Resource"]) == member
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    )


def _cloudwatch_may_encrypt(key: Json) -> bool:
    return any(
        statement["Effect"] == "Allow"
        and "cloudwatch.amazonaws.com" in as_list(statement["Principal"].get("Service"))
        and {"kms:Decrypt", "kms:GenerateDataKey*"}
        <= set(map(target, as_list(statement["Action"])))
        for statement in key["KeyPolicy"]["Statement"]
    )
