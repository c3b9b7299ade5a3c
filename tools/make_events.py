"""Writes the files of events/: ``python -m tools.make_events``.

They are the same in every run, so a change of one of them is a change of what AWS sends.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tools.api_events import proxy_event

EVENTS: Final = Path(__file__).parents[1] / "events"
KEY_FILE: Final = EVENTS / "test-signing-key.pem"
URL_SECRET: Final = "replace-me-by-the-secret-of-the-webhook-url"  # noqa: S105 (nobody's)
TRANSACTION: Final = "0c2b9d5f6a1e4c6f9b7d3e2a1f0c4b8d"
PAYMENT: Final = {
    "accountNumber": "255712345678",
    "amount": "1000",
    "currency": "TZS",
    "externalId": "order-1001",
    "provider": "Mpesa",
    "additionalProperties": {"basket": "17"},
}
# DOC: in this order, without separators.
_SIGNED: Final = ("utilityref", "externalreference", "transactionstatus", "operator")
_AZAMPAY: Final = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "azampay",
    "Traceparent": "00-0123456789abcdef0123456789abcdef-0123456789abcdef-00",
}
# What a callback may carry besides, of which nothing is read and nothing kept.
_LEFT_OUT: Final = ("user", "password", "clientId", "submerchantAcc", "additionalProperties")
_QUEUES: Final = "arn:aws:sqs:us-east-1:123456789012"
_AT: Final = 1772357400


def all_events() -> dict[str, Any]:
    """Every event by the name of its file, without the ending."""
    return {
        "payment-post": _payment(PAYMENT),
        "payment-post-invalid": _payment(PAYMENT | {"amount": "0", "provider": "MPESA"}),
        "payment-get": proxy_event(
            "GET",
            "/payments/azampay/{externalId}",
            {"externalId": "order-1001"},
            headers=_merchant(),
        ),
        "callback-success": _callback(_signed("success")),
        "callback-failure": _callback(_signed("failure")),
        "callback-unsigned": _callback(_fields("success")),
        "callback-forged": _callback(_signed("failure") | {"transactionstatus": "success"}),
        # EventBridge Scheduler sends its target's input, and nothing else.
        "schedule": {},
        "callback-deferred": {"Records": [_waiting(_signed("success"))]},
        "reconcile-schedule": {},
        "stream-batch": {"Records": [_record(1, "pending"), _record(2, "succeeded")]},
    }


def written(event: object) -> str:
    """An event as its file holds it."""
    return json.dumps(event, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all files."""
    for name, event in all_events().items():
        (EVENTS / f"{name}.json").write_text(written(event), encoding="utf-8")


def _payment(payload: dict[str, Any]) -> dict[str, Any]:
    body = (json.dumps(payload), False)
    return proxy_event("POST", "/payments/azampay", body=body, headers=_merchant())


def _merchant() -> dict[str, str]:
    return {"X-API-Key": "replace-me-by-the-api-key"}


def _callback(fields: dict[str, Any]) -> dict[str, Any]:
    return proxy_event(
        "POST",
        "/webhooks/azampay/{secret}",
        {"secret": URL_SECRET},
        body=(json.dumps(fields, separators=(",", ":")), False),
        headers=_AZAMPAY,
    )


def _fields(status: str) -> dict[str, Any]:
    return {
        "message": status,
        "user": None,
        "password": None,
        "clientId": None,
        "transactionstatus": status,
        "operator": PAYMENT["provider"],
        "reference": TRANSACTION,
        "externalreference": TRANSACTION,
        "utilityref": PAYMENT["externalId"],
        "amount": PAYMENT["amount"],
        "transid": TRANSACTION,
        "msisdn": PAYMENT["accountNumber"],
        "mnoreference": "5f0c1a52-7d3e-4b8a-9c6f-2e1d0b4a3c5d",
        "submerchantAcc": None,
        "additionalProperties": {},
    }


def _signed(status: str) -> dict[str, Any]:
    fields = _fields(status)
    key = serialization.load_pem_private_key(KEY_FILE.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{KEY_FILE.name} must hold an RSA key")
    message = "".join(str(fields[name]) for name in _SIGNED).encode()
    signature = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return fields | {"signature": base64.b64encode(signature).decode()}


def _waiting(fields: dict[str, Any]) -> dict[str, Any]:
    """A callback that could not be verified when it came, as the queue gives it."""
    body = json.dumps(fields, separators=(",", ":"))
    read = {name: value for name, value in fields.items() if name not in _LEFT_OUT}
    message = {
        "provider": "azampay",
        "body": json.dumps(read, separators=(",", ":")),
        "digest": hashlib.sha256(body.encode()).hexdigest(),
        "received_at": "2026-03-01T09:30:02.000000Z",
    }
    text = json.dumps(message)
    return {
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": text,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": f"{_AT}000",
            "SenderId": "AROAEXAMPLE:finconnect-WebhookFunction-A1B2C3D4E5F6",
            "ApproximateFirstReceiveTimestamp": f"{_AT + 60}000",
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": f"{_QUEUES}:finconnect-CallbackQueue-A1B2C3D4E5F6",
        "awsRegion": "us-east-1",
    }


def _record(number: int, status: str) -> dict[str, Any]:
    image = _outbox_item(f"01KJN3XZ{number:018d}", status)
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/finconnect-PaymentsTable-A1B2C3D4E5F6"
    return {
        "eventID": f"{number:032x}",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": _AT + number,
            "Keys": {"pk": image["pk"], "sk": image["sk"]},
            "NewImage": image,
            "SequenceNumber": f"{number:021d}",
            "SizeBytes": 912,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": f"{table}/stream/2026-03-01T09:00:00.000",
    }


def _outbox_item(event_id: str, status: str) -> dict[str, Any]:
    time = "2026-03-01T09:30:02.000000Z"
    envelope = {
        "specversion": "1.0",
        "id": event_id,
        "type": f"payment.{status}",
        "source": "/payments/azampay",
        "subject": PAYMENT["externalId"],
        "time": time,
        "datacontenttype": "application/json",
        "data": {
            "externalId": PAYMENT["externalId"],
            "provider": "azampay",
            "network": PAYMENT["provider"],
            "status": status,
            "amount": PAYMENT["amount"],
            "currency": PAYMENT["currency"],
            "accountNumber": "2557*****678",
            "transactionId": TRANSACTION,
            "message": None,
            "createdAt": "2026-03-01T09:30:00.000000Z",
            "updatedAt": time,
        },
    }
    texts = {
        "pk": f"PAYMENT#azampay#{PAYMENT['externalId']}",
        "sk": f"EVENT#{event_id}",
        "type": f"payment.{status}",
        "network": PAYMENT["provider"],
        "status": status,
        "time": time,
        "envelope": json.dumps(envelope, separators=(",", ":")),
    }
    return {"schema": {"N": "1"}} | {name: {"S": text} for name, text in texts.items()}


if __name__ == "__main__":
    main()
