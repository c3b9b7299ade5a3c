"""What happens to a deployed stack: time passes, the provider is gone, a right is taken away."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from finconnect.clock import to_iso
from local.environment import local_credentials
from local.functions import reconfigure
from local.paths import PROJECT
from local.ports import LOOPBACK, choose_port
from local.stack import LocalStack


class Levers:
    """The levers of one stack."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack

    def resource(self, logical_id: str) -> str:
        """The physical name of one of the template's resources."""
        return self.stack.physical_id(logical_id)

    def make_silent(self, external_id: str, *, minutes: int = 60) -> None:
        """Has the ledger say that the payment was left open that long ago: time is not waited."""
        since = to_iso(datetime.now(UTC) - timedelta(minutes=minutes))
        self.stack.aws.dynamodb.update_item(
            TableName=self.stack.outputs.table_name,
            Key={"pk": {"S": f"PAYMENT#azampay#{external_id}"}, "sk": {"S": "PAYMENT"}},
            UpdateExpression="SET open_since = :since",
            ConditionExpression="attribute_exists(open_since)",
            ExpressionAttributeValues={":since": {"S": since}},
        )

    def reconcile(self) -> None:
        """Runs the reconciler once, as its schedule does."""
        answer = self.stack.aws.lambda_.invoke(FunctionName=self.resource("ReconcilerFunction"))
        assert "FunctionError" not in answer, answer["Payload"].read()

    def messages_in(self, queue: str) -> int:
        """How many messages a queue holds, in whatever state."""
        attributes = self.stack.aws.sqs.get_queue_attributes(
            QueueUrl=self.resource(queue), AttributeNames=["All"]
        )["Attributes"]
        return sum(
            int(number)
            for name, number in attributes.items()
            if name.startswith("ApproximateNumberOfMessages")
        )

    def take_dead_letters(self) -> list[str]:
        """The callbacks in the dead-letter queue, which is empty afterwards."""
        url, taken = self.resource("CallbackDeadLetterQueue"), list[str]()
        sqs = self.stack.aws.sqs
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                taken.append(message["Body"])
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    def key_ring(self) -> dict[str, Any]:
        """The public keys that the stack holds."""
        ssm: Any = self.stack.aws.client("ssm")
        name = self.stack.outputs.public_key_parameter_name
        ring: dict[str, Any] = json.loads(ssm.get_parameter(Name=name)["Parameter"]["Value"])
        return ring

    def put_previous_key(self, pem: str) -> None:
        """Has the stack believe by this key too, as a person does who knows it to be genuine."""
        ssm: Any = self.stack.aws.client("ssm")
        ring = self.key_ring() | {"previous": pem, "replaced_at": to_iso(datetime.now(UTC))}
        name = self.stack.outputs.public_key_parameter_name
        ssm.put_parameter(Name=name, Value=json.dumps(ring), Type="String", Overwrite=True)

    def ops(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs one of the operations commands on this stack, as a person would."""
        command = [sys.executable, "-m", "ops", "--stack", self.stack.name, *arguments]
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT.root / "layers" / "provider"),
            **local_credentials(self.stack.aws.endpoint),
        }
        return subprocess.run(
            command,
            cwd=PROJECT.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def key_is_due(self) -> None:
        """The five minutes between two fetches of the key are over: the guard's item goes."""
        self.stack.aws.dynamodb.delete_item(
            TableName=self.stack.outputs.table_name,
            Key={"pk": {"S": "PUBLIC_KEY#azampay"}, "sk": {"S": "REFETCH"}},
        )

    def forget_url_secret(self) -> None:
        """The webhook's five minutes are over: its workers begin anew and remember nothing."""
        with self.environment("WebhookFunction", FORGOTTEN=str(time.time_ns())):
            pass

    def forget_token(self) -> None:
        """The workers of payments begin anew: each takes the token that the store holds."""
        with self.environment("PaymentsFunction", FORGOTTEN=str(time.time_ns())):
            pass

    @contextmanager
    def without_provider(self) -> Iterator[None]:
        """Inside, token_refresh finds nobody at the provider's addresses."""
        nobody = f"http://{LOOPBACK}:{choose_port('unused')}"
        with self.environment(
            "TokenRefreshFunction", AZAMPAY_AUTHENTICATOR_URL=nobody, AZAMPAY_CHECKOUT_URL=nobody
        ):
            yield

    @contextmanager
    def without_key(self) -> Iterator[None]:
        """Inside, the stack has no public key and can get none; afterwards one is due again."""
        ssm: Any = self.stack.aws.client("ssm")
        parameter = self.stack.outputs.public_key_parameter_name
        with self.without_provider():
            ssm.put_parameter(Name=parameter, Value="{}", Type="String", Overwrite=True)
            self.key_is_due()
            # Its workers begin anew, so that none remembers the key.
            with self.environment("WebhookFunction", FORGOTTEN=str(time.time_ns())):
                yield
        self.key_is_due()

    @contextmanager
    def environment(self, function: str, **changes: str) -> Iterator[None]:
        """Inside, the function has other environment variables; afterwards its own again."""
        name = self.resource(function)
        client = self.stack.aws.lambda_
        before = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        reconfigure(self.stack.aws, name, Environment={"Variables": {**before, **changes}})
        try:
            yield
        finally:
            reconfigure(self.stack.aws, name, Environment={"Variables": before})

    @contextmanager
    def time_out(self, function: str, *, seconds: int) -> Iterator[None]:
        """Inside, the function is killed after so many seconds."""
        name = self.resource(function)
        client = self.stack.aws.lambda_
        before = client.get_function_configuration(FunctionName=name)["Timeout"]
        reconfigure(self.stack.aws, name, Timeout=seconds)
        try:
            yield
        finally:
            reconfigure(self.stack.aws, name, Timeout=before)

    @contextmanager
    def without_permission(self, role: str, policy: str, sid: str) -> Iterator[None]:
        """Inside, the role's policy lacks the statement called `sid`."""
        name = self.resource(role)
        iam: Any = self.stack.aws.client("iam")
        document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        kept = [each for each in document["Statement"] if each["Sid"] != sid]
        assert len(kept) == len(document["Statement"]) - 1, f"{policy} has no statement {sid}"
        less = json.dumps({**document, "Statement": kept})
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=less)
        try:
            yield
        finally:
            whole = json.dumps(document)
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=whole)
