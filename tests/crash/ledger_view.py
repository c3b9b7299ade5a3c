"""The ledger's table as it is at a moment, read behind AWS's back: no call, no fault."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from finconnect.payments.aws.items import (
    CALLBACK_PREFIX,
    EVENT_PREFIX,
    PAYMENT_SK,
    read_callback,
    read_event,
    read_payment,
)
from finconnect.payments.model import Event, Kept, Payment
from tests.fakes.table import TABLE

REGION: Final = "us-east-1"


@dataclass(slots=True)
class PaymentView:
    """All that the ledger holds of one reference."""

    payment: Payment | None = None
    callbacks: dict[str, Kept] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)


def ledger_view() -> dict[str, PaymentView]:
    """What the ledger holds, by the merchant's reference."""
    views: dict[str, PaymentView] = {}
    for item in raw_items():
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        if not pk.startswith("PAYMENT#"):
            continue
        view = views.setdefault(pk.split("#", 2)[2], PaymentView())
        if sk == PAYMENT_SK:
            view.payment = read_payment(item)
        elif sk.startswith(CALLBACK_PREFIX):
            kept = read_callback(item)
            view.callbacks[kept.callback.digest] = kept
        elif sk.startswith(EVENT_PREFIX):
            event = read_event(item)
            view.events[event.id] = event
    return views


def raw_items() -> list[dict[str, Any]]:
    """Every item in DynamoDB's own form, the guards too."""
    table = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[TABLE]
    # Through JSON, because moto hands out what it works on.
    return [json.loads(json.dumps(item.to_json()["Attributes"])) for item in table.all_items()]
