"""boto3 clients with bounded patience: a function must not spend its life waiting for a store."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

_PATIENT: Final = Config(
    connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3}
)
# An invocation is not repeated by the client: the first may still be running.
_ONCE: Final = Config(connect_timeout=2, read_timeout=12, retries={"total_max_attempts": 1})


@cache
def _client(service: str) -> Any:  # noqa: ANN401 (each caller names the type)
    return boto3.client(service, config=_ONCE if service == "lambda" else _PATIENT)  # type: ignore[call-overload]


def dynamodb() -> DynamoDBClient:
    """The DynamoDB client of this container."""
    client: DynamoDBClient = _client("dynamodb")
    return client


def secretsmanager() -> SecretsManagerClient:
    """The Secrets Manager client of this container."""
    client: SecretsManagerClient = _client("secretsmanager")
    return client


def ssm() -> SSMClient:
    """The Systems Manager client of this container."""
    client: SSMClient = _client("ssm")
    return client


def sns() -> SNSClient:
    """The SNS client of this container."""
    client: SNSClient = _client("sns")
    return client


def sqs() -> SQSClient:
    """The SQS client of this container."""
    client: SQSClient = _client("sqs")
    return client


def lambda_() -> LambdaClient:
    """The Lambda client of this container."""
    client: LambdaClient = _client("lambda")
    return client
