"""Which function may do what: the whole list, so that a new right is a change of this file too."""

import re

import pytest

from tests.e2e.missing.grant import Grant as Right
from tests.e2e.missing.unseen import UNSEEN
from tests.e2e.test_authorization import OF_THE_STATUS_CALL
from tests.e2e.test_least_privilege import PROOFS
from tests.template.breaking import put
from tests.template.documents import deployed, read_openapi, read_template
from tests.template.rules.permissions import STREAMS_OF_A_TABLE, Grant, grants
from tests.template.rules.resources import as_list, of_type, statements, target

KEY_PARAMETER = (
    "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${PublicKeyParameter}"
)
OPEN_PAYMENTS = "${PaymentsTable.Arn}/index/open-payments"
TRACING: set[Grant] = {("xray:PutTelemetryRecords", "*"), ("xray:PutTraceSegments", "*")}


def _own_log(group: str) -> set[Grant]:
    return {("logs:CreateLogStream", f"{group}.Arn"), ("logs:PutLogEvents", f"{group}.Arn")}


EXPECTED: dict[str, set[Grant]] = {
    "PaymentsFunction": {
        ("dynamodb:GetItem", "PaymentsTable.Arn"),
        ("dynamodb:PutItem", "PaymentsTable.Arn"),
        ("dynamodb:Query", "PaymentsTable.Arn"),
        ("dynamodb:UpdateItem", "PaymentsTable.Arn"),
        ("lambda:InvokeFunction", "TokenRefreshFunction.Arn"),
        ("secretsmanager:GetSecretValue", "TokenSecret.Id"),
    }
    | _own_log("PaymentsLogGroup"),
    "TokenRefreshFunction": {
        ("secretsmanager:GetSecretValue", "CredentialsSecret.Id"),
        ("secretsmanager:GetSecretValue", "TokenSecret.Id"),
        ("secretsmanager:PutSecretValue", "TokenSecret.Id"),
        ("sqs:SendMessage", "TokenRefreshDeadLetterQueue.Arn"),
        ("ssm:GetParameter", KEY_PARAMETER),
        ("ssm:PutParameter", KEY_PARAMETER),
    }
    | _own_log("TokenRefreshLogGroup"),
    "WebhookFunction": {
        ("dynamodb:ConditionCheckItem", "PaymentsTable.Arn"),
        ("dynamodb:GetItem", "PaymentsTable.Arn"),
        ("dynamodb:PutItem", "PaymentsTable.Arn"),
        ("dynamodb:UpdateItem", "PaymentsTable.Arn"),
        ("lambda:InvokeFunction", "TokenRefreshFunction.Arn"),
        ("secretsmanager:GetSecretValue", "WebhookSecret.Id"),
        ("sqs:ChangeMessageVisibility", "CallbackQueue.Arn"),
        ("sqs:DeleteMessage", "CallbackQueue.Arn"),
        ("sqs:GetQueueAttributes", "CallbackQueue.Arn"),
        ("sqs:ReceiveMessage", "CallbackQueue.Arn"),
        ("sqs:SendMessage", "CallbackQueue.Arn"),
        ("ssm:GetParameter", KEY_PARAMETER),
    }
    | _own_log("WebhookLogGroup"),
    "ReconcilerFunction": {
        ("dynamodb:GetItem", "PaymentsTable.Arn"),
        ("dynamodb:PutItem", "PaymentsTable.Arn"),
        ("dynamodb:Query", "PaymentsTable.Arn"),
        ("dynamodb:Query", OPEN_PAYMENTS),
        ("dynamodb:UpdateItem", "PaymentsTable.Arn"),
        ("sqs:SendMessage", "ReconcilerDeadLetterQueue.Arn"),
    }
    | _own_log("ReconcilerLogGroup"),
    "EventRelayFunction": {
        ("dynamodb:DescribeStream", "PaymentsTable.StreamArn"),
        ("dynamodb:GetRecords", "PaymentsTable.StreamArn"),
        ("dynamodb:GetShardIterator", "PaymentsTable.StreamArn"),
        ("dynamodb:ListStreams", STREAMS_OF_A_TABLE),
        ("sns:Publish", "EventTopic"),
        ("sqs:SendMessage", "RelayFailureQueue.Arn"),
    }
    | _own_log("EventRelayLogGroup"),
}

# Who may start the functions by the clock. The role of API Gateway's logs has AWS's own policy.
SCHEDULES: dict[str, set[Grant]] = {
    "TokenRefreshScheduleRole": {
        ("lambda:InvokeFunction", "TokenRefreshFunction.Arn"),
        ("sqs:SendMessage", "TokenRefreshDeadLetterQueue.Arn"),
    },
    "ReconcilerScheduleRole": {
        ("lambda:InvokeFunction", "ReconcilerFunction.Arn"),
        ("sqs:SendMessage", "ReconcilerDeadLetterQueue.Arn"),
    },
}


def test_the_list_names_every_function() -> None:
    template = deployed(read_template(), read_openapi())
    assert set(of_type(template, "AWS::Lambda::Function")) == set(EXPECTED)


def test_there_is_no_role_beside_those_of_the_list() -> None:
    template = deployed(read_template(), read_openapi())
    functions = {name.replace("Function", "Role") for name in EXPECTED}
    roles = set(of_type(template, "AWS::IAM::Role"))
    assert roles == functions | set(SCHEDULES) | {"ApiGatewayLogRole"}
    assert not of_type(template, "AWS::IAM::Policy")
    assert not of_type(template, "AWS::IAM::ManagedPolicy")


@pytest.mark.parametrize("role", SCHEDULES)
def test_a_schedule_may_do_this_and_nothing_else(role: str) -> None:
    template = deployed(read_template(), read_openapi())
    found = {
        (action, target(resource))
        for statement in statements(of_type(template, "AWS::IAM::Role")[role])
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }
    assert found == SCHEDULES[role]


def test_each_right_is_missed_in_an_end_to_end_test_or_it_is_said_why_not() -> None:
    template = deployed(read_template(), read_openapi(), {"AzampayStatusPath": "/status"})
    rights = {
        Right(role, statement["Sid"], action, _logical(target(resource)))
        for role, properties in of_type(template, "AWS::IAM::Role").items()
        for statement in statements(properties)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }
    unseen = [grant for each in UNSEEN.values() for grant in each.grants]
    shown = [*PROOFS, OF_THE_STATUS_CALL, *unseen]
    assert len(shown) == len(set(shown))
    assert set(shown) == rights


def _logical(resource: str) -> str:
    """The id of the one resource of the template that a text of a policy names."""
    found = re.findall(r"\$\{(\w+)(?:\.\w+)?\}", resource)
    return found[0] if found else resource.split(".", maxsplit=1)[0]


@pytest.mark.parametrize("function", EXPECTED)
def test_a_function_may_do_this_and_nothing_else(function: str) -> None:
    template = deployed(read_template(), read_openapi())
    assert grants(template, function) == EXPECTED[function] | TRACING


def test_a_status_call_needs_the_token_and_nothing_else() -> None:
    asking = deployed(read_template(), read_openapi(), {"AzampayStatusPath": "/status"})
    token: set[Grant] = {("secretsmanager:GetSecretValue", "TokenSecret.Id")}
    for function, expected in EXPECTED.items():
        more = token if function == "ReconcilerFunction" else set()
        assert grants(asking, function) == expected | more | TRACING


def test_only_the_token_refresh_can_read_the_credentials() -> None:
    readers = [
        name
        for name, may in EXPECTED.items()
        if ("secretsmanager:GetSecretValue", "CredentialsSecret.Id") in may
    ]
    assert readers == ["TokenRefreshFunction"]


def test_only_the_relay_can_publish() -> None:
    publishers = [name for name, may in EXPECTED.items() if ("sns:Publish", "EventTopic") in may]
    assert publishers == ["EventRelayFunction"]


def test_a_right_too_many_is_noticed() -> None:
    template = read_template()
    where = (
        "Resources",
        "PaymentsRole",
        "Properties",
        "Policies",
        0,
        "PolicyDocument",
        "Statement",
    )
    put(*where, 2, "Action", to=["dynamodb:GetItem", "dynamodb:DeleteItem"])(template, {})
    found = grants(deployed(template, read_openapi()), "PaymentsFunction")
    assert ("dynamodb:DeleteItem", "PaymentsTable.Arn") in found
