"""boto3 clients of the emulator."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.client import BaseClient
from botocore.config import Config

from local.environment import ACCESS_KEY, REGION, SECRET_KEY

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient


class LocalAws:
    """Clients of one emulator, made when first used."""

    def __init__(self, endpoint: str, region: str = REGION) -> None:
        self.endpoint = endpoint
        self._others: dict[str, Any] = {}
        self.session = boto3.Session(
            aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=region
        )
        # No proxy: the emulator is on this machine. A long poll lasts up to 20 s.
        self.config = Config(
            proxies={}, connect_timeout=5, read_timeout=40, retries={"total_max_attempts": 3}
        )

    def client(self, service: str) -> Any:  # noqa: ANN401 - whatever service is named
        """A client of any other service, untyped."""
        if service not in self._others:
            make: Any = self.session.client
            self._others[service] = make(service, endpoint_url=self.endpoint, config=self.config)
        return self._others[service]

    def close(self) -> None:
        """Closes the connections of all clients."""
        for client in (*vars(self).values(), *self._others.values()):
            if isinstance(client, BaseClient):
                client.close()

    @cached_property
    def apigateway(self) -> "APIGatewayClient":
        """API keys."""
        return self.session.client("apigateway", endpoint_url=self.endpoint, config=self.config)

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        """Stacks, their outputs and resources."""
        return self.session.client("cloudformation", endpoint_url=self.endpoint, config=self.config)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """The ledger."""
        return self.session.client("dynamodb", endpoint_url=self.endpoint, config=self.config)

    @cached_property
    def lambda_(self) -> "LambdaClient":
        """Functions."""
        return self.session.client("lambda", endpoint_url=self.endpoint, config=self.config)

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """What the functions logged."""
        return self.session.client("logs", endpoint_url=self.endpoint, config=self.config)

    @cached_property
    def secretsmanager(self) -> "SecretsManagerClient":
        """Secrets."""
        return self.session.client("secretsmanager", endpoint_url=self.endpoint, config=self.config)

    @cached_property
    def sns(self) -> "SNSClient":
        """Topics."""
        return self.session.client("sns", endpoint_url=self.endpoint, config=self.config)

    @cached_property
    def sqs(self) -> "SQSClient":
        """Queues."""
        return self.session.client("sqs", endpoint_url=self.endpoint, config=self.config)
