"""Every file of events/ does, in its real handler, what its name says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from finconnect.payments.settings import (
    EventRelaySettings,
    PaymentsSettings,
    ReconcilerSettings,
    TokenRefreshSettings,
    WebhookSettings,
    read_settings,
)
from tests.integration.functions.deployment import Deployment
from tests.integration.functions.standin import StandIn
from tools.make_env import collect
from tools.make_events import EVENTS, PAYMENT, URL_SECRET, all_events, written

PROJECT = Path(__file__).parents[3]
# The key signs the callbacks; env.json and the README are no events.
NO_EVENTS = {"README.md", "env.json", "test-signing-key.pem"}
ENVIRONMENTS: dict[str, type[Any]] = {
    "EventRelayFunction": EventRelaySettings,
    "PaymentsFunction": PaymentsSettings,
    "ReconcilerFunction": ReconcilerSettings,
    "TokenRefreshFunction": TokenRefreshSettings,
    "WebhookFunction": WebhookSettings,
}

type Check = Callable[[Deployment], None]


def event(name: str) -> Any:  # noqa: ANN401 (any JSON)
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def status_of(stack: Deployment) -> str:
    return str(stack.items("PAYMENT")[0]["status"]["S"])


def pay(stack: Deployment) -> dict[str, Any]:
    answer: dict[str, Any] = stack.handle("payments", event("payment-post"))
    return answer


def call_back(stack: Deployment, name: str) -> int:
    pay(stack)
    return int(stack.handle("webhook", event(name))["statusCode"])


def payment_post(stack: Deployment) -> None:
    answer = pay(stack)
    assert answer["statusCode"] == 202
    assert answer["headers"]["Location"] == f"/v1/payments/azampay/{PAYMENT['externalId']}"


def payment_post_invalid(stack: Deployment) -> None:
    answer = stack.handle("payments", event("payment-post-invalid"))
    assert answer["statusCode"] == 400
    errors = json.loads(answer["body"])["errors"]
    assert {each["field"] for each in errors} == {"amount", "provider"}


def payment_get(stack: Deployment) -> None:
    assert stack.handle("payments", event("payment-get"))["statusCode"] == 404
    pay(stack)
    answer = stack.handle("payments", event("payment-get"))
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["externalId"] == PAYMENT["externalId"]


def callback_success(stack: Deployment) -> None:
    assert call_back(stack, "callback-success") == 200
    assert status_of(stack) == "succeeded"


def callback_failure(stack: Deployment) -> None:
    assert call_back(stack, "callback-failure") == 200
    assert status_of(stack) == "failed"


def callback_unsigned(stack: Deployment) -> None:
    assert call_back(stack, "callback-unsigned") == 401
    assert status_of(stack) == "pending"
    stack.restart("webhook", UNSIGNED_CALLBACKS="accept")
    assert call_back(stack, "callback-unsigned") == 200
    assert status_of(stack) == "succeeded"


def callback_forged(stack: Deployment) -> None:
    assert call_back(stack, "callback-forged") == 401
    assert status_of(stack) == "pending"


def callback_deferred(stack: Deployment) -> None:
    pay(stack)
    assert stack.handle("webhook", event("callback-deferred")) == {"batchItemFailures": []}
    assert status_of(stack) == "succeeded"
    # Late, it is the same callback as the one that comes at once.
    answer = stack.handle("webhook", event("callback-success"))
    assert json.loads(answer["body"]) == {"status": "duplicate"}


def reconcile_schedule(stack: Deployment) -> None:
    pay(stack)
    assert stack.handle("reconciler", event("reconcile-schedule")) == {}
    stack.restart("reconciler", RECONCILE_AFTER_MINUTES="0")
    assert stack.handle("reconciler", event("reconcile-schedule")) == {"pending": 1}
    assert stack.event_types() == ["payment.pending", "payment.unresolved"]


def schedule(stack: Deployment) -> None:
    answer = stack.handle("token_refresh", event("schedule"))
    assert answer == {"token": "refreshed", "public_key": "refreshed"}


def stream_batch(stack: Deployment) -> None:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    boto3.client("sns").subscribe(TopicArn=stack.topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    assert stack.handle("event_relay", event("stream-batch")) == {"batchItemFailures": []}
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    types = [json.loads(json.loads(each["Body"])["Message"])["type"] for each in messages]
    assert sorted(types) == ["payment.pending", "payment.succeeded"]


CHECKS: dict[str, Check] = {
    "payment-post": payment_post,
    "payment-post-invalid": payment_post_invalid,
    "payment-get": payment_get,
    "callback-success": callback_success,
    "callback-failure": callback_failure,
    "callback-unsigned": callback_unsigned,
    "callback-forged": callback_forged,
    "callback-deferred": callback_deferred,
    "reconcile-schedule": reconcile_schedule,
    "schedule": schedule,
    "stream-batch": stream_batch,
}


@pytest.mark.parametrize("name", CHECKS)
def test_each_event_does_what_its_name_says(
    stack: Deployment, provider: StandIn, name: str
) -> None:
    stack.put_secret("url-secret", {"current": URL_SECRET})
    if name != "schedule":
        stack.knows_key()
    CHECKS[name](stack)


def test_no_file_lies_around_untested() -> None:
    files = {file.name for file in EVENTS.iterdir()}
    assert files == {f"{name}.json" for name in CHECKS} | NO_EVENTS


def test_the_files_are_what_the_tool_writes() -> None:
    assert all_events().keys() == CHECKS.keys()
    for name, made in all_events().items():
        assert (EVENTS / f"{name}.json").read_text(encoding="utf-8") == written(made)


def test_every_file_is_explained() -> None:
    readme = (EVENTS / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}.json`" in readme for name in CHECKS)


@pytest.mark.parametrize("function", ENVIRONMENTS)
def test_the_environment_file_has_what_each_function_needs(function: str) -> None:
    variables = event("env")[function]
    assert read_settings(ENVIRONMENTS[function], variables)
    assert "AWS_ENDPOINT_URL" in variables
    assert f"\n  {function}:\n" in (PROJECT / "template.yaml").read_text(encoding="utf-8")


def test_the_environment_file_names_no_other_function() -> None:
    assert event("env").keys() == ENVIRONMENTS.keys()


def test_the_environment_of_a_running_stack_is_that_of_its_functions() -> None:
    cloudformation, functions = boto3.client("cloudformation"), boto3.client("lambda")
    summary = {"LastUpdatedTimestamp": "2026-03-01T09:30:00Z", "ResourceStatus": "CREATE_COMPLETE"}
    resources = [
        {"LogicalResourceId": "Table", "ResourceType": "AWS::DynamoDB::Table"} | summary,
        {
            "LogicalResourceId": "PaymentsFunction",
            "PhysicalResourceId": "stack-payments",
            "ResourceType": "AWS::Lambda::Function",
        }
        | summary,
    ]
    with Stubber(cloudformation) as stacks, Stubber(functions) as lambdas:
        stacks.add_response(
            "list_stack_resources", {"StackResourceSummaries": resources}, {"StackName": "stack"}
        )
        lambdas.add_response(
            "get_function_configuration",
            {"Environment": {"Variables": {"TABLE_NAME": "table"}}},
            {"FunctionName": "stack-payments"},
        )
        found = collect(cloudformation, functions, "stack", "http://127.0.0.1:4566")
    assert found == {
        "PaymentsFunction": {"TABLE_NAME": "table", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
    }
