"""How payments, callbacks and events are written as items of the table, and read back."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from finconnect.clock import from_iso, to_iso
from finconnect.payments.errors import NotUnderstood
from finconnect.payments.model import (
    Disposition,
    Event,
    EventType,
    Kept,
    Payment,
    PaymentKey,
    Received,
    Status,
    Verification,
)
from finconnect.payments.schema import BEFORE_THERE_WERE_VERSIONS, WRITTEN, require_understood
from finconnect.providers.base import CallbackOutcome

type Attributes = dict[str, Any]

PAYMENT_SK: Final = "PAYMENT"
CALLBACK_PREFIX: Final = "CALLBACK#"
EVENT_PREFIX: Final = "EVENT#"
OPEN_INDEX: Final = "open-payments"
OPEN_SHARDS: Final = 16
"""Partitions of the index of open payments: sixteen take 16,000 writes a second."""

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


def partition(key: PaymentKey) -> str:
    """The partition that holds all of one payment: the payment, its callbacks and its events."""
    return f"PAYMENT#{key.provider}#{key.external_id}"


def key_of(partition_key: str) -> PaymentKey:
    """The payment that a partition belongs to."""
    _, provider, external_id = partition_key.split("#", 2)
    return PaymentKey(provider, external_id)


def primary_key(key: PaymentKey, sk: str = PAYMENT_SK) -> Attributes:
    """The primary key of an item, as DynamoDB wants it."""
    return to_wire({"pk": partition(key), "sk": sk})


def open_shard(key: PaymentKey) -> str:
    """The partition of the open-payments index that a payment belongs to while it is open."""
    digest = hashlib.sha256(partition(key).encode()).digest()
    return f"OPEN#{digest[0] % OPEN_SHARDS:02d}"


def open_shards(first: int = 0) -> Sequence[str]:
    """All partitions of the open-payments index, beginning with any one of them."""
    return [f"OPEN#{(first + number) % OPEN_SHARDS:02d}" for number in range(OPEN_SHARDS)]


def to_wire(values: Mapping[str, Any]) -> Attributes:
    """Write plain values as DynamoDB attributes; what is None is left out."""
    return {
        name: _serializer.serialize(value) for name, value in values.items() if value is not None
    }


def from_wire(item: Mapping[str, Any]) -> dict[str, Any]:
    """Read DynamoDB attributes as plain values; numbers become Decimal."""
    return {name: _deserializer.deserialize(value) for name, value in item.items()}


def _reads[T](
    read: Callable[[dict[str, Any]], T],
) -> Callable[[Mapping[str, Any]], T]:
    """Decorate a reader of items: it gets plain values, of a version that it understands.

    Words and shapes that no version has are not understood either: whoever wrote them knew more.
    """

    @functools.wraps(read)
    def wrapped(item: Mapping[str, Any]) -> T:
        values = from_wire(item)
        require_understood(values.get("schema", BEFORE_THERE_WERE_VERSIONS))
        try:
            return read(values)
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            # Not chained: its text can hold what it could not read.
            raise NotUnderstood(f"an item cannot be read ({type(error).__name__})") from None

    return wrapped


def payment_item(payment: Payment) -> Attributes:
    """The whole item of a payment."""
    fixed = {
        "pk": partition(payment.key),
        "sk": PAYMENT_SK,
        "provider": payment.key.provider,
        "external_id": payment.key.external_id,
        "fingerprint": payment.fingerprint,
        "amount": payment.amount,
        "currency": payment.currency,
        "msisdn": payment.msisdn,
        "network": payment.network,
        "created_at": to_iso(payment.created_at),
    }
    return to_wire(fixed | changing_values(payment) | watch_values(payment))


def changing_values(payment: Payment) -> dict[str, Any]:
    """The values of a payment that a change can touch."""
    return {
        # A change may hold what only newer code can read, and is never the reason to say less.
        "schema": max(payment.schema, WRITTEN),
        "attempt_id": payment.attempt_id,
        "status": payment.status.value,
        "transaction_id": payment.transaction_id,
        "message": payment.message,
        "verification": payment.verification.value if payment.verification else None,
        "held": payment.held,
        "conflicted": payment.conflicted,
        "unresolved": payment.unresolved,
        "asked_at": to_iso(payment.asked_at) if payment.asked_at else None,
        "version": payment.version,
        "updated_at": to_iso(payment.updated_at),
    }


def watch_values(payment: Payment) -> dict[str, Any]:
    """The values that put a payment into the sparse index of open payments."""
    since = payment.asked_at or payment.updated_at
    return {"open_shard": open_shard(payment.key), "open_since": to_iso(since)}


@_reads
def read_payment(values: dict[str, Any]) -> Payment:
    """Read a payment's item. Raises NotUnderstood."""
    verification = values.get("verification")
    return Payment(
        key=key_of(values["pk"]),
        fingerprint=values["fingerprint"],
        attempt_id=values["attempt_id"],
        amount=values["amount"],
        currency=values["currency"],
        msisdn=values["msisdn"],
        network=values["network"],
        status=Status(values["status"]),
        created_at=from_iso(values["created_at"]),
        updated_at=from_iso(values["updated_at"]),
        transaction_id=values.get("transaction_id"),
        message=values.get("message"),
        verification=Verification(verification) if verification else None,
        held=int(values["held"]),
        conflicted=values["conflicted"],
        unresolved=values["unresolved"],
        watched="open_shard" in values,
        asked_at=from_iso(values["asked_at"]) if "asked_at" in values else None,
        version=int(values["version"]),
        schema=int(values.get("schema", BEFORE_THERE_WERE_VERSIONS)),
    )


def callback_item(kept: Kept) -> Attributes:
    """The inbox item of a callback. What it holds was chosen by the provider: never a password."""
    callback = kept.callback
    return to_wire(
        {
            "pk": partition(callback.key),
            "sk": callback_sk(callback),
            "schema": WRITTEN,
            "disposition": kept.disposition.value,
            "outcome": callback.outcome.value if callback.outcome else None,
            "status_text": callback.status_text,
            "references": list(callback.references),
            "reference_is_sound": callback.reference_is_sound,
            "amount": None if callback.amount is None else str(callback.amount),
            "msisdn": callback.msisdn,
            "network": callback.network,
            "message": callback.message,
            "verification": callback.verification.value,
            "evidence": dict(callback.evidence),
            "received_at": to_iso(callback.received_at),
        }
    )


def callback_sk(callback: Received) -> str:
    """The sort key of an inbox item: the same bytes always have the same key."""
    return f"{CALLBACK_PREFIX}{callback.digest}"


@_reads
def read_callback(values: dict[str, Any]) -> Kept:
    """Read an inbox item. Raises NotUnderstood."""
    outcome, amount = values.get("outcome"), values.get("amount")
    callback = Received(
        key=key_of(values["pk"]),
        digest=values["sk"].removeprefix(CALLBACK_PREFIX),
        outcome=CallbackOutcome(outcome) if outcome else None,
        status_text=values["status_text"],
        references=tuple(values["references"]),
        reference_is_sound=values["reference_is_sound"],
        amount=None if amount is None else Decimal(amount),
        msisdn=values.get("msisdn"),
        network=values["network"],
        message=values.get("message"),
        verification=Verification(values["verification"]),
        evidence=values["evidence"],
        received_at=from_iso(values["received_at"]),
    )
    return Kept(callback, Disposition(values["disposition"]))


def event_item(event: Event) -> Attributes:
    """The outbox item of an event."""
    return to_wire(
        {
            "pk": partition(event.key),
            "sk": f"{EVENT_PREFIX}{event.id}",
            "schema": WRITTEN,
            "type": str(event.type),
            "network": event.network,
            "status": event.status,
            "time": to_iso(event.time),
            "envelope": event.envelope,
        }
    )


@_reads
def read_event(values: dict[str, Any]) -> Event:
    """Read an outbox item, also as it comes out of the stream. Raises NotUnderstood."""
    return Event(
        id=values["sk"].removeprefix(EVENT_PREFIX),
        type=_event_type(values["type"]),
        key=key_of(values["pk"]),
        network=values["network"],
        status=values["status"],
        time=from_iso(values["time"]),
        envelope=values["envelope"],
    )


def _event_type(text: str) -> EventType | str:
    # Carried, never weighed: after a rollback, events of the newer release still go out.
    return EventType(text) if text in list(EventType) else text
