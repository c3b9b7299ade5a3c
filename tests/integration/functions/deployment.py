"""The stack in one process: moto for AWS, the real handlers with their real adapters.

What API Gateway and Lambda do between them is done here: events are built as they build them, and
an invocation of token_refresh calls its real handler, as a container of its own would.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import importlib
import io
import itertools
import json
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote

import httpx
from botocore.exceptions import EndpointConnectionError

from finconnect.payments.aws import clients
from tests.fakes.signing import azampay_key, callback_body, public_pem
from tests.fakes.table import all_items, create_table
from tools.api_events import proxy_event

if TYPE_CHECKING:
    import pytest
    from aws_lambda_powertools.utilities.typing import LambdaContext

type Answer = dict[str, Any]

CREDENTIALS: Final = {
    "appName": "Shop",
    "clientId": "6d1f0000-client",
    "clientSecret": "client-secret-==",
}
URL_SECRET: Final = "a-secret-of-letters-and-digits-0123456789-abcdefghij"
TOKEN_REFRESH: Final = "token-refresh"
RECONCILER: Final = "reconciler"
INVOKE: Final = "before-call.lambda.Invoke"
# Loaded anew for each test: they read the environment and keep clients and caches.
_OURS: Final = ("functions.", "finconnect.composition", "finconnect.payments.aws.powertools")
_numbers = itertools.count(1)


def context(name: str) -> LambdaContext:
    """What Lambda gives a handler besides the event."""
    return cast(
        "LambdaContext",
        SimpleNamespace(
            function_name=name,
            function_version="$LATEST",
            invoked_function_arn=f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
            memory_limit_in_mb=512,
            aws_request_id="00000000-0000-4000-8000-000000000000",
            log_group_name=f"/finconnect/{name}",
            log_stream_name="stream",
            get_remaining_time_in_millis=lambda: 29_000,
        ),
    )


@dataclass(slots=True)
class Deployment:
    """A deployed stack whose provider is at ``provider_url``."""

    monkeypatch: pytest.MonkeyPatch
    provider_url: str
    unsigned_callbacks: str = "reject"
    url_secret: str = URL_SECRET
    topic: str = ""
    queue: str = ""
    _modules: dict[str, Any] = field(default_factory=dict)

    def deploy(self) -> None:
        """Create the resources, as the template does, and set the functions' environment."""
        forget_functions()
        create_table(clients.dynamodb())
        self.put_secret("credentials", dict.fromkeys(CREDENTIALS, "REPLACE_ME"))
        self.put_secret("token", {})
        self.put_secret("url-secret", {"current": self.url_secret})
        self.forgets_keys()
        self.topic = clients.sns().create_topic(Name="events")["TopicArn"]
        # Nothing waits in tests: the delays of the real queue are the settings' and SQS's business.
        self.queue = clients.sqs().create_queue(QueueName="callbacks")["QueueUrl"]
        for name, value in self.environment.items():
            self.monkeypatch.setenv(name, value)
        clients.lambda_().meta.events.register(INVOKE, invocations_of(self))

    @property
    def environment(self) -> dict[str, str]:
        """The variables of all functions together; they never contradict each other."""
        return {
            "POWERTOOLS_SERVICE_NAME": f"finconnect-test-{next(_numbers)}",
            "POWERTOOLS_METRICS_NAMESPACE": "FinConnect",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            "AZAMPAY_AUTHENTICATOR_URL": self.provider_url,
            "AZAMPAY_CHECKOUT_URL": self.provider_url,
            "CREDENTIALS_SECRET_ARN": "credentials",
            "TOKEN_SECRET_ARN": "token",
            "WEBHOOK_SECRET_ARN": "url-secret",
            "PUBLIC_KEY_PARAMETER": "/key",
            "TABLE_NAME": "payments",
            "TOKEN_REFRESH_FUNCTION": TOKEN_REFRESH,
            "UNSIGNED_CALLBACKS": self.unsigned_callbacks,
            "EVENT_TOPIC_ARN": self.topic,
            "CALLBACK_QUEUE_URL": self.queue,
            "CALLBACK_RETRY_DELAYS": "0,0,0,0",
            "AZAMPAY_STATUS_PATH": "",
            "RECONCILE_AFTER_MINUTES": "15",
        }

    def handle(self, function: str, event: dict[str, Any]) -> Any:  # noqa: ANN401 (as Lambda)
        """Have a function handle an event, in a container that stays warm."""
        if function not in self._modules:
            self._modules[function] = importlib.import_module(f"functions.{function}.app")
        return self._modules[function].handler(event, context(function))

    def restart(self, function: str, **environment: str) -> None:
        """Let a function's next invocation be a cold start, with other variables."""
        for name, value in environment.items():
            self.monkeypatch.setenv(name, value)
        self._modules.pop(function, None)
        sys.modules.pop(f"functions.{function}.app", None)

    def put_in_credentials(self, **more: str) -> None:
        """What a person does after deploying."""
        self.put_secret("credentials", CREDENTIALS | more)

    def put_secret(self, name: str, value: dict[str, Any]) -> None:
        """Create a secret, or write a new value."""
        client = clients.secretsmanager()
        try:
            client.put_secret_value(SecretId=name, SecretString=json.dumps(value))
        except client.exceptions.ResourceNotFoundException:
            client.create_secret(Name=name, SecretString=json.dumps(value))

    def secret(self, name: str) -> dict[str, Any]:
        """A secret's value."""
        client = clients.secretsmanager()
        text = client.get_secret_value(SecretId=name, VersionStage="AWSCURRENT")["SecretString"]
        found: dict[str, Any] = json.loads(text)
        return found

    def key_ring(self) -> dict[str, Any]:
        """The key parameter's value."""
        found: dict[str, Any] = json.loads(
            clients.ssm().get_parameter(Name="/key")["Parameter"]["Value"]
        )
        return found

    def knows_key(self, pem: str | None = None) -> None:
        """As if token_refresh had fetched a key."""
        ring = {"current": pem or public_pem(azampay_key()), "fetched_at": "2026-03-01T09:30:00Z"}
        clients.ssm().put_parameter(
            Name="/key", Value=json.dumps(ring), Type="String", Overwrite=True
        )

    def forgets_keys(self) -> None:
        """As the template creates the parameter."""
        clients.ssm().put_parameter(Name="/key", Value="{}", Type="String", Overwrite=True)

    def post(self, payload: object, *, encoded: bool = False) -> Answer:
        """POST /payments/azampay."""
        text = payload if isinstance(payload, str) else json.dumps(payload)
        event = proxy_event("POST", "/payments/azampay", body=_sent(text.encode(), encoded))
        return cast("Answer", self.handle("payments", event))

    def get(self, external_id: str) -> Answer:
        """GET /payments/azampay/{externalId}."""
        event = proxy_event(
            "GET", "/payments/azampay/{externalId}", {"externalId": quote(external_id, safe="")}
        )
        return cast("Answer", self.handle("payments", event))

    def call_back(
        self,
        body: bytes | None = None,
        *,
        secret: str = URL_SECRET,
        encoded: bool = False,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """POST /webhooks/azampay/{secret}; without a body a signed success."""
        raw = callback_body(azampay_key()) if body is None else body
        event = proxy_event(
            "POST",
            "/webhooks/azampay/{secret}",
            {"secret": secret},
            body=_sent(raw, encoded),
            headers=headers,
        )
        return cast("Answer", self.handle("webhook", event))

    def items(self, kind: str = "") -> list[dict[str, Any]]:
        """The table's items whose sort key begins with ``kind``."""
        found = all_items(clients.dynamodb())
        return [item for item in found if item["sk"]["S"].startswith(kind)]

    def event_types(self) -> list[str]:
        """The types in the outbox, in order."""
        rows = sorted(self.items("EVENT#"), key=lambda item: str(item["sk"]["S"]))
        return [str(row["type"]["S"]) for row in rows]

    def stream_batch(self) -> dict[str, Any]:
        """What the stream would give event_relay by now: the outbox's new items."""
        rows = sorted(self.items("EVENT#"), key=lambda item: str(item["sk"]["S"]))
        return {"Records": [stream_record(row, number) for number, row in enumerate(rows, 1)]}

    def waiting(self) -> list[dict[str, Any]]:
        """The messages of the callback queue as they are now, each taken out of it for a while."""
        answer = clients.sqs().receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, AttributeNames=["All"]
        )
        return [dict(message) for message in answer.get("Messages", [])]

    def deliver_waiting(self) -> Answer:
        """Have the queue give its messages to webhook, as its trigger does."""
        messages = self.waiting()
        answer: Answer = self.handle("webhook", {"Records": [sqs_record(m) for m in messages]})
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                clients.sqs().delete_message(
                    QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"]
                )
        return answer

    def break_store(self, call: str) -> Callable[[], None]:
        """Let an AWS call (``dynamodb.TransactWriteItems``) fail; returns what mends it."""

        def refuse(**_: object) -> None:
            raise EndpointConnectionError(endpoint_url="nowhere")

        events = clients._client(call.split(".", maxsplit=1)[0].replace("-", "")).meta.events
        events.register_first(f"before-call.{call}", refuse)
        return lambda: events.unregister(f"before-call.{call}", refuse)


def stream_record(image: dict[str, Any], number: int = 1) -> dict[str, Any]:
    """A record of the table's stream, as Lambda gets it."""
    return {
        "eventID": f"{number:032x}",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1772357400,
            "Keys": {"pk": image["pk"], "sk": image["sk"]},
            "NewImage": image,
            "SequenceNumber": f"{number:021d}",
            "SizeBytes": 900,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": (
            "arn:aws:dynamodb:us-east-1:123456789012:table/payments/stream/2026-03-01T09:00:00.000"
        ),
    }


def sqs_record(message: dict[str, Any]) -> dict[str, Any]:
    """A message of a queue, as Lambda's trigger gives it."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:callbacks",
        "awsRegion": "us-east-1",
    }


def _sent(raw: bytes, encoded: bool) -> tuple[str, bool]:
    if encoded:
        return base64.b64encode(raw).decode(), True
    return raw.decode("utf-8", errors="surrogatepass"), False


def forget_functions() -> None:
    """Let the next import be a cold start: fresh settings, clients and caches."""
    for each in gc.get_objects():
        if type(each) is httpx.Client:
            each.close()
    clients._client.cache_clear()
    for name in [name for name in sys.modules if name.startswith(_OURS)]:
        del sys.modules[name]


def invocations_of(deployment: Deployment) -> Callable[..., None]:
    """Answers ``lambda:Invoke``, before the call, with what the real handler returns or raises."""

    def invoke(params: dict[str, Any], **_: object) -> tuple[Any, dict[str, Any]]:
        (function,) = [each for each in (TOKEN_REFRESH, RECONCILER) if each in params["url_path"]]
        answer: dict[str, Any] = {"StatusCode": 200}
        try:
            result = deployment.handle(function.replace("-", "_"), json.loads(params["body"]))
        except Exception as error:  # noqa: BLE001 (as Lambda does)
            answer["FunctionError"] = "Unhandled"
            result = {"errorMessage": str(error), "errorType": type(error).__name__}
        answer["Payload"] = io.BytesIO(json.dumps(result).encode())
        return SimpleNamespace(status_code=200), answer

    # An answer returned before the call is taken in its place, which the types do not know.
    return cast("Callable[..., None]", invoke)


@contextlib.contextmanager
def no_provider() -> Iterator[str]:
    """A URL on loopback at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
