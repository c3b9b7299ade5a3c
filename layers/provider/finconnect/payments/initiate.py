"""Ask a payer for money, once, however often the request is repeated."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from finconnect import strict_json
from finconnect.clock import Clock, utc_now
from finconnect.errors import (
    PaymentNotSent,
    PaymentOutcomeUnknown,
    PaymentRefused,
    PaymentRequestError,
)
from finconnect.payments.correlation import correlate
from finconnect.payments.decisions import decide_answer, reopen
from finconnect.payments.errors import (
    ConcurrentChange,
    ExternalIdReused,
    LedgerUnavailable,
    PaymentInProgress,
)
from finconnect.payments.events import NewIds, new_ids
from finconnect.payments.model import (
    Answer,
    Change,
    Payment,
    PaymentKey,
    Received,
    Status,
    new_payment,
)
from finconnect.payments.telemetry import Fact, Telemetry, tell_change
from finconnect.providers.base import CheckoutProvider, Payload

MAX_TRIES: Final = 10
"""How often a decision is made anew because somebody else changed the payment in between."""


class PaymentLedger(Protocol):
    """What this use case needs of the ledger."""

    def open(self, payment: Payment) -> Payment:
        """Record a new payment, or return the one that has its key. Raises LedgerUnavailable."""
        ...

    def reopen(self, before: Payment, after: Payment) -> Payment:
        """Take a payment that was not sent back to created, or return the one that is there now."""
        ...

    def load(self, key: PaymentKey) -> Payment | None:
        """The payment as it is now, or None. Raises LedgerUnavailable."""
        ...

    def held_callbacks(self, key: PaymentKey) -> Sequence[Received]:
        """The callbacks that wait for the checkout's answer. Raises LedgerUnavailable."""
        ...

    def commit(self, change: Change) -> None:
        """Write a change whole. Raises ConcurrentChange, DuplicateCallback, LedgerUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Initiated:
    """A payment, and whether the request is a repetition of an earlier one."""

    payment: Payment
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class InitiatePayment:
    """Records a payment, sends its checkout, records the answer: in this order, for money's sake.

    The record is the lock: of any number of equal requests, the one whose write created it sends.
    """

    provider_name: str
    provider: CheckoutProvider
    ledger: PaymentLedger
    telemetry: Telemetry
    clock: Clock = utc_now
    ids: NewIds = new_ids

    def __call__(self, payload: Payload) -> Initiated:
        """Initiate the payment that ``payload`` describes, or find it.

        Raises InvalidPayload, ExternalIdReused, PaymentInProgress, LedgerUnavailable. What the
        provider said is in the payment's status and message, never raised.
        """
        wanted = self._wanted(payload)
        correlate(payment=str(wanted.key))
        payment = self.ledger.open(wanted)
        if payment.fingerprint != wanted.fingerprint:
            raise ExternalIdReused(wanted.key.external_id)
        if payment.status is Status.NOT_SENT:
            again = reopen(payment, attempt_id=wanted.attempt_id, now=self.clock())
            payment = self.ledger.reopen(payment, again)
        if payment.attempt_id == wanted.attempt_id:
            return self._send(payment, payload)
        if payment.status is Status.NOT_SENT:  # an equal request took it back, and failed again
            return Initiated(payment)
        if payment.status is Status.CREATED:
            raise PaymentInProgress(wanted.key.external_id)
        self.telemetry.tell(Fact.PAYMENT_REPLAYED, payment=str(payment.key), status=payment.status)
        return Initiated(payment, replayed=True)

    def _wanted(self, payload: Payload) -> Payment:
        return new_payment(
            self.provider_name,
            self.provider.read_payload(payload),
            fingerprint=hashlib.sha256(strict_json.canonical(payload)).hexdigest(),
            attempt_id=self.ids(1)[0],
            now=self.clock(),
        )

    def _send(self, payment: Payment, payload: Payload) -> Initiated:
        self.telemetry.tell(
            Fact.PAYMENT_RECORDED, payment=str(payment.key), network=payment.network
        )
        try:
            accepted = self.provider.initiate_ussd_push_request(payload)
        except PaymentRequestError as error:
            self._tell_error(payment, error)
            return Initiated(self._record(payment, _answer_to(error)))
        self.telemetry.tell(
            Fact.PAYMENT_ACCEPTED, payment=str(payment.key), transaction=accepted.transaction_id
        )
        answer = Answer(Status.PENDING, accepted.transaction_id, accepted.message)
        return Initiated(self._record(payment, answer))

    def _record(self, payment: Payment, answer: Answer) -> Payment:
        mine = payment.attempt_id
        for _ in range(MAX_TRIES):
            held = self.ledger.held_callbacks(payment.key) if payment.held else ()
            change = decide_answer(payment, answer, held, now=self.clock(), ids=self.ids)
            try:
                self.ledger.commit(change)
            except ConcurrentChange:
                payment = self.ledger.load(payment.key) or payment
                if payment.attempt_id != mine:
                    # Ours was recorded as not sent, and another request has taken the payment over:
                    # what is there now is about that one.
                    return payment
                continue
            tell_change(self.telemetry, change)
            return change.after or payment
        raise LedgerUnavailable("the payment keeps changing")

    def _tell_error(self, payment: Payment, error: PaymentRequestError) -> None:
        facts = {
            PaymentRefused: Fact.PAYMENT_REFUSED,
            PaymentOutcomeUnknown: Fact.PAYMENT_UNKNOWN,
        }
        self.telemetry.tell(
            facts.get(type(error), Fact.PAYMENT_NOT_SENT),
            payment=str(payment.key),
            reason=str(error),
            http_status=error.status_code,
            trace=error.trace_id,
        )


def _answer_to(error: PaymentRequestError) -> Answer:
    if isinstance(error, PaymentRefused):
        return Answer(Status.REJECTED, message=error.provider_message)
    if isinstance(error, PaymentNotSent):
        return Answer(Status.NOT_SENT, message=error.provider_message)
    return Answer(Status.UNKNOWN, error.transaction_id, error.provider_message)
