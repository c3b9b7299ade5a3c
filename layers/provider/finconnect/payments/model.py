"""The words of the ledger: payments, callbacks received, events to publish, changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from finconnect.clock import Clock
from finconnect.payments.schema import WRITTEN
from finconnect.providers.base import Callback, CallbackOutcome, PaymentDetails
from finconnect.text import clean


class Status(StrEnum):
    """What is known of a payment. See ``decisions`` for how one becomes another."""

    CREATED = "created"
    NOT_SENT = "not_sent"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    PENDING = "pending"
    FAILED = "failed"
    SUCCEEDED = "succeeded"

    @property
    def is_open(self) -> bool:
        """Whether a prompt may be out whose outcome is not known yet."""
        return self in (Status.CREATED, Status.UNKNOWN, Status.PENDING)


class EventType(StrEnum):
    """What subscribers are told."""

    PENDING = "payment.pending"
    REJECTED = "payment.rejected"
    UNKNOWN = "payment.unknown"
    SUCCEEDED = "payment.succeeded"
    FAILED = "payment.failed"
    UNRESOLVED = "payment.unresolved"
    MISMATCH = "payment.mismatch"
    CONFLICT = "payment.conflict"
    UNMATCHED = "callback.unmatched"


class Verification(StrEnum):
    """Why a callback was believed."""

    SIGNATURE = "signature"
    STATUS = "status"
    """Not a callback: the provider was asked."""
    URL_SECRET = "url-secret"  # noqa: S105 (the name of a way, no secret)


class Disposition(StrEnum):
    """What became of a callback."""

    APPLIED = "applied"
    """It moved the payment to a new state."""
    CONFIRMED = "confirmed"
    """It says what was known already."""
    IGNORED = "ignored"
    """Its word settles nothing."""
    HELD = "held"
    """It came before the checkout's answer, and is decided together with it."""
    MISMATCH = "mismatch"
    """It does not agree with what was asked for."""
    CONFLICT = "conflict"
    """It contradicts what was final."""
    UNMATCHED = "unmatched"
    """There is no such payment."""
    DEFERRED = "deferred"
    """There is no key to verify it with: it waits in the queue."""
    DUPLICATE = "duplicate"
    """It is in the ledger already."""


@dataclass(frozen=True, slots=True)
class PaymentKey:
    """Which payment: the provider's name and the merchant's own reference."""

    provider: str
    external_id: str

    def __str__(self) -> str:
        """The id on every log line of this payment; cleaned, since a callback can name it."""
        return clean(f"{self.provider}/{self.external_id}")


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it stands.

    ``amount`` is in the currency's main unit (shillings). ``fingerprint`` tells equal payloads from
    others. ``attempt_id`` tells whose write created or reopened it. ``held`` counts callbacks that
    wait for the checkout's answer. ``conflicted`` says that a contradiction was published,
    ``unresolved`` that its silence was. ``watched`` payments are in the index that is
    reconciled; ``asked_at`` is when the provider was last asked, which puts one behind the others.
    ``version`` counts the changes and is what concurrent writers are told apart by; ``schema`` is
    the version of its form (see ``schema``).
    """

    key: PaymentKey
    fingerprint: str
    attempt_id: str
    amount: Decimal
    currency: str
    msisdn: str = field(repr=False)
    network: str
    status: Status
    created_at: datetime
    updated_at: datetime
    transaction_id: str | None = None
    message: str | None = None
    verification: Verification | None = None
    held: int = 0
    conflicted: bool = False
    unresolved: bool = False
    watched: bool = True
    asked_at: datetime | None = None
    version: int = 1
    schema: int = WRITTEN


def new_payment(
    provider: str, details: PaymentDetails, *, fingerprint: str, attempt_id: str, now: datetime
) -> Payment:
    """A payment that is about to be recorded, before anything is sent."""
    return Payment(
        key=PaymentKey(provider, details.external_id),
        fingerprint=fingerprint,
        attempt_id=attempt_id,
        amount=details.amount,
        currency=details.currency,
        msisdn=details.msisdn,
        network=details.network,
        status=Status.CREATED,
        created_at=now,
        updated_at=now,
    )


@dataclass(frozen=True, slots=True)
class Received:
    """A callback that is believed to be the provider's, as it is kept."""

    key: PaymentKey
    digest: str
    outcome: CallbackOutcome | None
    status_text: str
    references: tuple[str, ...]
    reference_is_sound: bool
    amount: Decimal | None
    msisdn: str | None = field(repr=False)
    network: str
    message: str | None
    verification: Verification
    evidence: Mapping[str, str] = field(repr=False)
    received_at: datetime


def receive(
    provider: str, callback: Callback, verification: Verification, clock: Clock
) -> Received:
    """Turn a provider's callback into what the ledger keeps."""
    return Received(
        key=PaymentKey(provider, callback.external_id),
        digest=callback.digest,
        outcome=callback.outcome,
        status_text=callback.status_text,
        references=callback.references,
        reference_is_sound=callback.reference_is_sound,
        amount=callback.amount,
        msisdn=callback.msisdn,
        network=callback.network,
        message=callback.message,
        verification=verification,
        evidence=callback.evidence,
        received_at=clock(),
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known after a checkout was sent, or was not."""

    status: Status
    transaction_id: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event to publish: ``envelope`` is the CloudEvents JSON, written once and never changed.

    ``type`` is a plain text where another release wrote one that this one does not have.
    """

    id: str
    type: EventType | str
    key: PaymentKey
    network: str
    status: str
    time: datetime
    envelope: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A callback together with what became of it."""

    callback: Received
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class Change:
    """All that one decision writes, in one transaction or not at all.

    ``before`` is the payment as it was read, and the condition of the write: None demands that
    there is none. ``received`` is a callback new to the inbox, ``resolved`` are held ones.
    """

    before: Payment | None
    after: Payment | None
    events: tuple[Event, ...] = ()
    received: Kept | None = None
    resolved: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """All that the ledger holds about one reference, in the order of the keys."""

    payment: Payment | None
    callbacks: tuple[Kept, ...]
    events: tuple[Event, ...]
