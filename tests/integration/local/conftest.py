"""A deployed stack in AWS as moto imitates it: outputs, a topic, a ledger, a webhook's secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import boto3
import pytest
from moto import mock_aws

from tests.fakes.table import create_table
from tests.integration.moto_settings import KEEP_MODELS
from tests.integration.simulator.harness import PATH_SECRET, Webhook

STACK = "shop-sandbox"


@dataclass(frozen=True)
class Deployed:
    """What the tests need to know of the stack."""

    topic_arn: str
    table: str


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as running:
        yield running


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    """Nothing here reaches a real account; the webhook of the test is passed through to."""
    with mock_aws(config=KEEP_MODELS):
        yield


@pytest.fixture
def environment() -> str:
    """The stack's parameter of that name."""
    return "sandbox"


@pytest.fixture
def deployed(webhook: Webhook, environment: str) -> Deployed:
    topic = boto3.client("sns").create_topic(Name="events")["TopicArn"]
    table = create_table(boto3.client("dynamodb"))
    boto3.client("secretsmanager").create_secret(
        Name="webhook-secret", SecretString=json.dumps({"current": PATH_SECRET})
    )
    outputs = {
        "EventTopicArn": topic,
        "TableName": table,
        "WebhookSecretName": "webhook-secret",
        "WebhookUrlTemplate": webhook.url.replace(PATH_SECRET, "{secret}"),
    }
    template = {
        "Parameters": {"Environment": {"Type": "String"}},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "Environment", "ParameterValue": environment}],
    )
    return Deployed(topic, table)
