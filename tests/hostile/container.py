"""functions/webhook/app.py in a container of Lambda, and what comes out of it."""

from __future__ import annotations

import base64
import contextlib
import functools
import importlib
import io
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast
from unittest.mock import patch

from tests.hostile.log_lines import facts_of, read_log
from tools.api_events import proxy_event

if TYPE_CHECKING:
    from finconnect.composition.webhook import WebhookApp

URL_SECRET: Final = "a-secret-of-letters-and-digits-0123456789-canary"
ENVIRONMENT: Final = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_SERVICE_NAME": "finconnect-hostile",
    "POWERTOOLS_METRICS_NAMESPACE": "FinConnect",
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "TABLE_NAME": "payments",
    "PUBLIC_KEY_PARAMETER": "/key",
    "WEBHOOK_SECRET_ARN": "url-secret",
    "TOKEN_REFRESH_FUNCTION": "token-refresh",
    "CALLBACK_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/callbacks",
    "UNSIGNED_CALLBACKS": "reject",
}
ALLOWED: Final = frozenset({200, 400, 401, 404, 413})
CODES: Final = {
    "invalid_callback": 400,
    "invalid_signature": 401,
    "not_found": 404,
    "payload_too_large": 413,
}
# They read the environment when they are loaded: whoever has loaded them before had another.
_ENVIRONMENT_READERS: Final = (
    "functions.webhook",
    "finconnect.composition",
    "finconnect.payments.aws.powertools",
)
_CONTEXT: Final = SimpleNamespace(
    function_name="webhook",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:webhook",
    aws_request_id="00000000-0000-4000-8000-000000000000",
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came out: the HTTP status, the receipt's word or the problem's code, the facts told."""

    status: int
    word: str
    facts: list[str]
    log: list[dict[str, Any]]


class Container:
    """The handler as Lambda loads it, once; what it is made of can be exchanged."""

    def __init__(self) -> None:
        for name in [name for name in sys.modules if name.startswith(_ENVIRONMENT_READERS)]:
            del sys.modules[name]
        with patch.dict(os.environ, ENVIRONMENT):
            self._module: Any = importlib.import_module("functions.webhook.app")
        self.built: WebhookApp = self._module.app
        self._out = io.StringIO()
        for handler in self._module.logger.handlers:
            handler.setStream(self._out)

    def handle(self, event: dict[str, Any], app: WebhookApp) -> Reply:
        """Have the handler answer; AssertionError for an answer or a log that nobody may give."""
        self._module.app = app
        self._out.seek(0)
        self._out.truncate()
        with contextlib.redirect_stdout(self._out), contextlib.redirect_stderr(self._out):
            answer = self._module.handler(event, _CONTEXT)
        return _reply(answer, self._out.getvalue())


@functools.cache
def container() -> Container:
    """The one container of this process."""
    return Container()


def post(
    body: bytes | str | None, *, secret: str = URL_SECRET, encoded: bool = False
) -> dict[str, Any]:
    """The event of a POST; bytes that are no UTF-8 come as text only with lone surrogates."""
    if isinstance(body, bytes):
        body = _as_text(body, encoded=encoded)
    event = proxy_event("POST", "/webhooks/azampay/{secret}", {"secret": secret})
    return event | {"body": body, "isBase64Encoded": encoded}


def _as_text(body: bytes, *, encoded: bool) -> str:
    if encoded:
        return base64.b64encode(body).decode()
    try:
        return body.decode("utf-8", errors="surrogatepass")
    except UnicodeDecodeError:
        return body.decode("utf-8", errors="surrogateescape")


def _reply(answer: Mapping[str, Any], log: str) -> Reply:
    assert set(answer) == {"statusCode", "headers", "body", "isBase64Encoded"}
    body = json.loads(answer["body"])
    status = cast("int", answer["statusCode"])
    lines = read_log(log)
    assert status in ALLOWED, answer
    kind = answer["headers"]["Content-Type"]
    if status == 200:
        assert (set(body), kind) == ({"status"}, "application/json")
        word = body["status"]
    else:
        assert kind == "application/problem+json"
        word = body["code"]
        assert CODES[word] == body["status"] == status
    assert answer["body"].isprintable()
    assert len(answer["body"]) < 512
    return Reply(status, word, facts_of(lines), lines)
