"""One payment from its request to its success, as the real rules write it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from finconnect.payments.aws import items
from finconnect.payments.decisions import decide_answer, decide_callback
from finconnect.payments.model import Answer, Payment, Status, Verification, new_payment, receive
from finconnect.providers.azampay.callback import AzampayCallbacks
from finconnect.providers.azampay.payload import read_payload

TRANSACTION: Final = "0c2b9d5f6a1e4c6f9b7d3e2a1f0c4b8d"
MESSAGE: Final = "Your request has been received and is being processed."


def payload_of(external_id: str) -> dict[str, Any]:
    """What a merchant posts: 1,000 TZS."""
    return {
        "accountNumber": "255754000001",
        "amount": 1000,
        "currency": "TZS",
        "externalId": external_id,
        "provider": "Mpesa",
        "additionalProperties": None,
    }


def callback_of(external_id: str) -> bytes:
    """The success that AzamPay tells of; the signature has the length of a real one."""
    fields: dict[str, Any] = {
        "message": "success",
        "user": None,
        "password": None,
        "clientId": None,
        "transactionstatus": "success",
        "operator": "Mpesa",
        "reference": TRANSACTION,
        "externalreference": TRANSACTION,
        "utilityref": external_id,
        "amount": "1000",
        "transid": TRANSACTION,
        "msisdn": "255754000001",
        "mnoreference": "9f1c2d3e-0000-4000-8000-000000000001",
        "submerchantAcc": None,
        "additionalProperties": {},
        "signature": "A" * 342 + "==",
    }
    return json.dumps(fields).encode()


def finished_payment(external_id: str, now: datetime) -> Sequence[dict[str, Any]]:
    """The items of a payment that succeeded: itself, its callback, and its two events."""
    created = new_payment(
        "azampay",
        read_payload(payload_of(external_id)),
        fingerprint="f" * 64,
        attempt_id="0" * 26,
        now=now,
    )
    answer = Answer(Status.PENDING, TRANSACTION, MESSAGE)
    answered = decide_answer(created, answer, (), now=now)
    parsed = AzampayCallbacks().parse_callback(callback_of(external_id))
    callback = receive("azampay", parsed, Verification.SIGNATURE, lambda: now)
    settled = decide_callback(answered.after, callback, now=now)
    if settled.received is None or settled.after is None:
        raise RuntimeError("a success must be applied")
    return [
        _settled_item(settled.after),
        items.callback_item(settled.received),
        *(items.event_item(event) for event in (*answered.events, *settled.events)),
    ]


def _settled_item(payment: Payment) -> dict[str, Any]:
    """A settled payment has left the index of open ones."""
    item = items.payment_item(replace(payment, watched=False))
    return {name: value for name, value in item.items() if name not in ("open_shard", "open_since")}
