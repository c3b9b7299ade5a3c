"""Another stack of the same build beside the first one, deployed with other parameters."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.deployed import put_credentials, read_api_key, read_outputs, read_webhook_secret
from local.environment import REGION
from local.outputs import SECRET_PLACEHOLDER, StackOutputs, local_url
from local.paths import PROJECT
from local.processes import Supervisor
from local.sam import SamCli, machine_architecture
from local.stack import LocalStack
from tests.e2e.levers import Levers

PATIENCE_SECONDS = 40.0
JSON = {"Content-Type": "application/json"}


class Neighbour(Levers):
    """A stack of its own on the emulator of `stack`, with its provider."""

    def __init__(self, stack: LocalStack, name: str) -> None:
        super().__init__(stack)
        self.name = name
        self._client = httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False)

    outputs: StackOutputs
    webhook_secret: str

    def deploy(self, **parameters: str) -> None:
        """Deploys the stack, or deploys it again with other parameters."""
        SamCli(PROJECT, self.stack.folder, Supervisor()).deploy(
            self.stack.aws.endpoint,
            self.name,
            {
                "Environment": "local",
                "Architecture": machine_architecture(),
                "ApiLogging": "off",
                "AzampayAuthenticatorUrl": self.stack.simulator.base_url,
                "AzampayCheckoutUrl": self.stack.simulator.base_url,
                **parameters,
            },
        )
        self.outputs = read_outputs(self.stack.aws, self.name)
        self.webhook_secret = read_webhook_secret(self.stack.aws, self.outputs)
        put_credentials(self.stack.aws, self.outputs)

    def resource(self, logical_id: str) -> str:
        """The physical name of one of this stack's resources."""
        detail = self.stack.aws.cloudformation.describe_stack_resource(
            StackName=self.name, LogicalResourceId=logical_id
        )
        return detail["StackResourceDetail"]["PhysicalResourceId"]

    def close(self) -> None:
        self._client.close()

    @property
    def api_key(self) -> str:
        return read_api_key(self.stack.aws, self.outputs)

    @property
    def payment_url(self) -> str:
        return local_url(self.outputs.payment_url, self.stack.aws.endpoint)

    @property
    def webhook_url(self) -> str:
        template = self.outputs.webhook_url_template.removesuffix(SECRET_PLACEHOLDER)
        return f"{local_url(template, self.stack.aws.endpoint)}/{self.webhook_secret}"

    def post(self, payment: Mapping[str, Any], key: str | None = None) -> httpx.Response:
        """POSTs a payment with an API key, or without one."""
        headers = JSON | ({"x-api-key": key} if key else {})
        return self._client.post(self.payment_url, json=dict(payment), headers=headers)

    def get(self, external_id: str, key: str | None = None) -> httpx.Response:
        """GETs a payment with an API key, or without one."""
        headers = {"x-api-key": key} if key else {}
        return self._client.get(f"{self.payment_url}/{external_id}", headers=headers)

    def send(self, request: AWSRequest) -> httpx.Response:
        """Sends a request as it was signed, or as it was changed after that."""
        method, url = str(request.method), str(request.url)
        return self._client.request(
            method, url, content=request.data, headers=dict(request.headers)
        )

    def callback(self, external_id: str) -> httpx.Response:
        """Has the provider tell this stack of a success, and returns what it was answered."""
        order = {"externalId": external_id, "url": self.webhook_url}
        (delivery,) = self.stack.simulator.send_callback(order)["deliveries"]
        answer = delivery["answer"]
        return httpx.Response(answer["status"], text=answer["body"])


class Caller:
    """A principal of the account that signs its requests to the API."""

    def __init__(self, neighbour: Neighbour, name: str, allowed: list[str] | None) -> None:
        """`allowed` are the ARNs of `execute-api` that its policy lets it invoke, if it has one."""
        self._neighbour = neighbour
        iam: Any = neighbour.stack.aws.client("iam")
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        self.credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        if allowed is not None:
            statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": allowed}
            document = {"Version": "2012-10-17", "Statement": [statement]}
            iam.put_user_policy(
                UserName=name, PolicyName="payments", PolicyDocument=json.dumps(document)
            )

    def signed(
        self, method: str, path: str = "", payment: Mapping[str, Any] | None = None
    ) -> AWSRequest:
        """A signed request to the payment route, with `path` after it."""
        data = json.dumps(payment).encode() if payment is not None else b""
        headers = JSON if payment is not None else {}
        request = AWSRequest(method, f"{self._neighbour.payment_url}{path}", headers, data)
        SigV4Auth(self.credentials, "execute-api", REGION).add_auth(request)
        return request


@contextmanager
def neighbour(stack: LocalStack, name: str) -> Iterator[Neighbour]:
    """A stack beside `stack`; it ends with the emulator."""
    made = Neighbour(stack, name)
    try:
        yield made
    finally:
        made.close()


def payment_arns(beside: Neighbour) -> list[str]:
    """The two payment routes of a stack, as a caller's policy names them."""
    account = beside.stack.aws.client("sts").get_caller_identity()["Account"]
    api = beside.resource("Api")
    arn = f"arn:aws:execute-api:{REGION}:{account}:{api}/v1"
    return [f"{arn}/POST/payments/azampay", f"{arn}/GET/payments/azampay/*"]
