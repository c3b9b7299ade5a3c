"""A deployed stack, found by its name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from finconnect.payments.aws import clients
from finconnect.payments.aws.dynamodb_ledger import DynamoDBLedger
from finconnect.payments.aws.sns_publisher import SnsPublisher

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef
    from mypy_boto3_lambda.type_defs import InvocationResponseTypeDef
    from mypy_boto3_sqs import SQSClient


class StackError(Exception):
    """The stack cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class Stack:
    """What the commands need of a stack: its outputs, and adapters made from them."""

    name: str

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The outputs of the stack. Raises StackError if it is not there."""
        return {
            output["OutputKey"]: output["OutputValue"]
            for output in self._described.get("Outputs", [])
        }

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The parameters that it was deployed with. Raises StackError if it is not there."""
        return {
            parameter["ParameterKey"]: parameter["ParameterValue"]
            for parameter in self._described.get("Parameters", [])
        }

    @cached_property
    def _described(self) -> StackTypeDef:
        try:
            answer = boto3.client("cloudformation").describe_stacks(StackName=self.name)
        except (ClientError, BotoCoreError) as error:
            raise StackError(
                f"stack {self.name!r} cannot be read ({error}): check --stack, the region and "
                "the credentials of the AWS configuration"
            ) from error
        return answer["Stacks"][0]

    def output(self, key: str) -> str:
        """One output. Raises StackError if this stack does not have it."""
        if key not in self.outputs:
            raise StackError(f"stack {self.name!r} has no output {key}: deploy this version first")
        return self.outputs[key]

    @property
    def ledger(self) -> DynamoDBLedger:
        """The stack's ledger."""
        return DynamoDBLedger(clients.dynamodb(), self.output("TableName"))

    @property
    def publisher(self) -> SnsPublisher:
        """The stack's event topic."""
        return SnsPublisher(clients.sns(), self.output("EventTopicArn"))

    @property
    def sqs(self) -> SQSClient:
        """An SQS client."""
        return boto3.client("sqs")

    def physical_id(self, logical_id: str) -> str:
        """The id of one of the template's resources. Raises StackError if it is not there."""
        try:
            answer = boto3.client("cloudformation").describe_stack_resource(
                StackName=self.name, LogicalResourceId=logical_id
            )
        except ClientError as error:
            raise StackError(f"stack {self.name!r} has no {logical_id} ({error})") from error
        return answer["StackResourceDetail"]["PhysicalResourceId"]

    def invoke(self, function: str) -> str | None:
        """Run a function now. Returns its error, or None if it went well."""
        return self._invoke(function, {}).get("FunctionError")

    def ask(self, function: str, request: dict[str, Any]) -> dict[str, Any]:
        """Run a function now, and return its answer. Raises StackError if it fails."""
        answer = self._invoke(function, request)
        if answer.get("FunctionError"):
            raise StackError(f"{function} failed: its log says why; nothing was changed")
        answered: dict[str, Any] = json.loads(answer["Payload"].read())
        return answered

    def _invoke(self, function: str, request: dict[str, Any]) -> InvocationResponseTypeDef:
        # A person waits here, for as long as the function may run.
        patient = Config(read_timeout=70, retries={"total_max_attempts": 1})
        return boto3.client("lambda", config=patient).invoke(
            FunctionName=function, Payload=json.dumps(request).encode()
        )
