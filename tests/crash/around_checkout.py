"""A payment that is made, and raw callbacks that come whenever they like: before, during, after.

Everything is real but what lies outside: the ledger is the one in memory, with the conditions of
the one in DynamoDB, and the provider answers as it is told to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from finconnect.errors import PaymentNotSent, PaymentOutcomeUnknown, PaymentRefused
from finconnect.payments.errors import SignatureRefused
from finconnect.payments.initiate import InitiatePayment
from finconnect.payments.model import Status
from finconnect.payments.record_callback import RecordCallback
from finconnect.payments.verify import UnsignedCallbacks, VerifyCallback
from finconnect.providers.azampay.callback import AzampayCallbacks
from finconnect.providers.base import CallbackOutcome, CheckoutAccepted
from tests.fakes.builders import a_payload
from tests.fakes.clock import FakeClock, FakeIds
from tests.fakes.ledger import InMemoryLedger
from tests.fakes.provider import ACCEPTED, FakeProvider
from tests.fakes.signing import azampay_key, callback_body, public_pem
from tests.fakes.stores import FakeFetching, FakeKeys, FakeQueue, FakeUrlSecret
from tests.fakes.telemetry import RecordingTelemetry

ANSWERS: Final[Mapping[Status, CheckoutAccepted | Exception]] = {
    Status.PENDING: ACCEPTED,
    Status.UNKNOWN: PaymentOutcomeUnknown("no answer"),
    Status.REJECTED: PaymentRefused("no"),
    Status.NOT_SENT: PaymentNotSent("no route"),
}
_OTHER_TRANSACTION: Final = "f" * 32
_OUTCOMES: Final = {
    "success": CallbackOutcome.SUCCEEDED,
    "failure": CallbackOutcome.FAILED,
    "failed": CallbackOutcome.FAILED,
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A callback as bytes, and what it is; ``repr`` is short, for a failing example.

    ``differs`` says in which field it differs from what was asked for, if in any.
    """

    name: str
    body: bytes = field(repr=False)
    word: str
    is_signed: bool
    differs: str = ""

    @property
    def digest(self) -> str:
        """Its place in the inbox."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def outcome(self) -> CallbackOutcome | None:
        """What its word says."""
        return _OUTCOMES.get(self.word)


def _sent(name: str, *, is_signed: bool = True, differs: str = "", **fields: str) -> Sent:
    word = fields.get("transactionstatus", "success")
    body = callback_body(azampay_key() if is_signed else None, **fields)
    return Sent(name, body, word, is_signed, differs)


def _callbacks() -> Iterable[Sent]:
    for word in ("success", "failure", "failed", "pending", "processing"):
        # Two receipts for each, so that one fact also comes in different bytes.
        for receipt in "ab":
            yield _sent(f"{word}-{receipt}", transactionstatus=word, mnoreference=receipt)
        yield _sent(f"{word}-unsigned", is_signed=False, transactionstatus=word)
        yield _sent(
            f"{word}-other-transaction",
            differs="transaction",
            transactionstatus=word,
            externalreference=_OTHER_TRANSACTION,
            transid=_OTHER_TRANSACTION,
        )
        for name, value in (
            ("amount", "1"),
            ("msisdn", "255700000001"),
            ("operator", "Tigo"),
            ("transid", _OTHER_TRANSACTION),
            ("utilityref", "order-nobody-knows"),
        ):
            differs = "reference" if name == "utilityref" else name
            fields = {"transactionstatus": word, name: value}
            yield Sent(
                f"{word}-other-{name}", callback_body(azampay_key(), **fields), word, True, differs
            )


CALLBACKS: Final = tuple(_callbacks())


@dataclass(slots=True)
class Scene:
    """What was played, and what is left of it."""

    ledger: InMemoryLedger
    refused: list[Sent] = field(default_factory=list)


def play(
    answer: Status,
    policy: UnsignedCallbacks,
    before: Sequence[Sent],
    between: Sequence[Sent],
    after: Sequence[Sent],
) -> Scene:
    """Make a payment whose checkout comes to ``answer``.

    ``before`` come while the checkout is on its way, ``between`` one at each attempt to record its
    answer (and at the attempts of those that come between), ``after`` once it is recorded.
    """
    scene, heard, clock, ids = Scene(InMemoryLedger()), RecordingTelemetry(), FakeClock(), FakeIds()
    provider = FakeProvider([ANSWERS[answer]])
    reader, secret, key = AzampayCallbacks(), FakeUrlSecret(), public_pem(azampay_key())
    verify = VerifyCallback(reader, FakeKeys([key], [key]), FakeFetching(), policy, heard)
    record = RecordCallback(
        provider_name="azampay",
        reader=reader,
        url_secret=secret,
        verify=verify,
        deferred=FakeQueue(),
        ledger=scene.ledger,
        telemetry=heard,
        clock=clock,
        ids=ids,
    )
    initiate = InitiatePayment("azampay", provider, scene.ledger, heard, clock, ids)
    waiting: list[Sent] = []

    def deliver(sent: Sent) -> None:
        try:
            record(sent.body, secret.secret)
        except SignatureRefused:
            scene.refused.append(sent)

    def checked_out() -> None:
        for each in before:
            deliver(each)
        waiting.extend(between)

    def interfere() -> None:
        if waiting:
            deliver(waiting.pop(0))

    provider.during_checkout = checked_out
    scene.ledger.faults.meanwhile(interfere, "ledger.commit", times=None)
    initiate(a_payload())
    for each in [*waiting, *after]:
        waiting.clear()
        deliver(each)
    return scene
