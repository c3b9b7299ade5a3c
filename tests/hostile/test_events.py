"""What API Gateway can put around a body, and what it cannot decode."""

from __future__ import annotations

import base64
from typing import Any, Final

import pytest

from finconnect.payments.model import Status
from tests.hostile.bodies import genuine
from tests.hostile.container import post
from tests.hostile.defects.encodings import MAX_BYTES, UNREADABLE, padded
from tests.hostile.webhook import a_webhook, recorded

BODY: Final = genuine()
TEXT: Final = BODY.decode()
BASE64: Final = base64.b64encode(BODY).decode()
LONG: Final = base64.b64encode(bytes(range(248, 256)) * 40).decode()

# Body and isBase64Encoded, ... of which nothing comes but 400.
REFUSED: Final[dict[str, dict[str, Any]]] = {
    "no body": {"body": None},
    "no body, base64": {"body": None, "isBase64Encoded": True},
    "an empty body": {"body": ""},
    "an empty body, base64": {"body": "", "isBase64Encoded": True},
    "the text null": {"body": "null"},
    "null in base64": {"body": "bnVsbA==", "isBase64Encoded": True},
    "garbage for base64": {"body": "***", "isBase64Encoded": True},
    "the body itself for base64": {"body": TEXT, "isBase64Encoded": True},
    "base64 for the body itself": {"body": BASE64, "isBase64Encoded": False},
    "base64 of base64": {
        "body": base64.b64encode(BASE64.encode()).decode(),
        "isBase64Encoded": True,
    },
    "base64 with spaces": {"body": f" {BASE64} ", "isBase64Encoded": True},
    "base64 with newlines": {"body": f"{BASE64[:76]}\n{BASE64[76:]}", "isBase64Encoded": True},
    "base64 cut short": {"body": BASE64[:-1], "isBase64Encoded": True},
    "base64 without its padding": {"body": f"{BASE64.rstrip('=')}AA", "isBase64Encoded": True},
    "URL-safe base64": {
        "body": LONG.replace("+", "-").replace("/", "_"),
        "isBase64Encoded": True,
    },
    "base64 that is not ASCII": {"body": "ＡＡＡＡ", "isBase64Encoded": True},  # noqa: RUF001
    "base64 with a lone surrogate": {"body": f"{BASE64[:8]}\ud800", "isBase64Encoded": True},
    "a lone surrogate": {"body": f"{TEXT[:-1]}\ud800}}"},
    "a lone surrogate in a field": {"body": TEXT.replace("order-1", "order-\udfff")},
    "a byte order mark": {"body": f"\ufeff{TEXT}"},
    "a NUL": {"body": f"{TEXT}\0"},
}


@pytest.mark.parametrize("parts", REFUSED.values(), ids=REFUSED.keys())
def test_a_body_that_cannot_be_had_is_400(parts: dict[str, Any]) -> None:
    webhook = a_webhook(recorded())
    before = webhook.snapshot()
    reply = webhook.send_event(post(BODY) | parts)
    assert (reply.status, reply.word) == (400, "invalid_callback")
    assert webhook.snapshot() == before


@pytest.mark.parametrize("missing", ["body", "isBase64Encoded", "headers", "requestContext"])
def test_a_part_of_the_event_that_is_missing_is_no_error(missing: str) -> None:
    event = post(BODY)
    del event[missing]
    reply = a_webhook(recorded()).send_event(event)
    assert reply.status == (400 if missing == "body" else 200)


@pytest.mark.parametrize("body", [each.body for each in UNREADABLE.values()], ids=UNREADABLE)
def test_bytes_that_the_gateway_has_replaced_are_400_too(body: bytes) -> None:
    # What is no UTF-8 comes as replacement characters where the API has no binary media types.
    reply = a_webhook(recorded()).send(body.decode("utf-8", errors="replace"))
    assert reply.status in {400, 401}
    assert reply.word in {"invalid_callback", "invalid_signature"}


@pytest.mark.parametrize("encoded", [False, True], ids=["as text", "as base64"])
@pytest.mark.parametrize(
    ("size", "status"), [(MAX_BYTES - 1, 200), (MAX_BYTES, 200), (MAX_BYTES + 1, 413)]
)
def test_the_limit_is_64_kib_of_bytes(size: int, status: int, encoded: bool) -> None:
    webhook = a_webhook(recorded())
    assert webhook.send(padded(size), encoded=encoded).status == status
    assert (webhook.state is Status.SUCCEEDED) is (status == 200)


def test_what_is_too_large_is_413_whatever_else_is_wrong_with_it() -> None:
    webhook = a_webhook(recorded())
    assert webhook.send(b"\xff" * (MAX_BYTES + 1), secret="wrong", encoded=True).status == 413
    assert webhook.send("\ud800" * MAX_BYTES).status == 413


HEADERS: Final = {
    "Content-Type": "text/html\r\nX: y",
    "Content-Encoding": "gzip",
    "X-Forwarded-For": "\x1b[31m, 127.0.0.1",
    "User-Agent": "canary ${jndi:ldap://x}\n{}",
    "X-Amzn-Trace-Id": "Root=canary\n",
    "Traceparent": "\ud800canary",
}


@pytest.mark.parametrize("name", HEADERS)
def test_no_header_is_believed_or_logged(name: str) -> None:
    event = post(BODY)
    event["headers"] = {name: HEADERS[name]}
    event["multiValueHeaders"] = {name: [HEADERS[name]]}
    event["queryStringParameters"] = {"secret": "canary\n"}
    assert a_webhook(recorded()).send_event(event).word == "applied"
