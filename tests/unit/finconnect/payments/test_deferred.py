"""Callbacks that wait: what travels, when it is tried again, and that late is like at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given, settings
from hypothesis import strategies as st

from finconnect.errors import CallbackError
from finconnect.payments.aws.sqs_batch import DeferredBatch
from finconnect.payments.aws.sqs_callbacks import SqsDeferredCallbacks
from finconnect.payments.deferred import (
    DEFAULT_DELAYS,
    Deferred,
    RecordDeferredCallback,
    delay_after,
)
from finconnect.payments.errors import (
    LedgerUnavailable,
    SignatureRefused,
    StoreUnavailable,
    TooManyHeld,
    VerificationUnavailable,
)
from finconnect.payments.model import Disposition, Payment, Status, Verification
from finconnect.payments.record_callback import RecordCallback
from finconnect.payments.telemetry import Fact
from finconnect.providers.azampay.callback import AzampayCallbacks
from finconnect.providers.base import Callback, Verdict
from tests.fakes.builders import KEY, a_payment
from tests.fakes.clock import START, FakeClock, FakeIds
from tests.fakes.ledger import InMemoryLedger
from tests.fakes.provider import TRANSACTION
from tests.fakes.signing import azampay_key, callback_body, other_key, public_pem
from tests.fakes.stores import FakeQueue, FakeUrlSecret
from tests.fakes.telemetry import RecordingTelemetry
from tests.fakes.verifying import believe

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sqs import SQSClient

URL_SECRET = "the-secret-of-the-url"
HOUR = timedelta(hours=1)
# As the template has them: how often the queue gives a message out, and how long it is out of sight
# when nobody says otherwise. tests/template holds the first against the delays.
RECEIVES, LOST_SECONDS = 8, 120
SPARE = RECEIVES - len(DEFAULT_DELAYS)
SIGNED = callback_body(azampay_key())


def unverifiable(callback: Callback) -> Verification:
    raise VerificationUnavailable("no key")


def refused(callback: Callback) -> Verification:
    raise SignatureRefused("forged")


def by_the_key(callback: Callback) -> Verification:
    verdict = AzampayCallbacks().verify_callback(callback, public_pem(azampay_key()))
    if verdict is not Verdict.SIGNED:
        raise SignatureRefused("forged")
    return Verification.SIGNATURE


@dataclass(slots=True)
class Desk:
    """Webhook with a queue: ``verify`` is what it makes of a callback, early and late."""

    verify: Callable[[Callback], Verification] = unverifiable
    ledger: InMemoryLedger = field(default_factory=InMemoryLedger)
    heard: RecordingTelemetry = field(default_factory=RecordingTelemetry)
    queue: FakeQueue = field(default_factory=FakeQueue)
    clock: FakeClock = field(default_factory=FakeClock)
    ids: FakeIds = field(default_factory=FakeIds)

    def record(self) -> RecordCallback:
        return RecordCallback(
            provider_name="azampay",
            reader=AzampayCallbacks(),
            url_secret=FakeUrlSecret(),
            verify=self.verify,
            deferred=self.queue,
            ledger=self.ledger,
            telemetry=self.heard,
            clock=self.clock,
            ids=self.ids,
        )

    def take(self, body: bytes = SIGNED) -> Disposition:
        return self.record()(body, URL_SECRET)

    def later(self) -> RecordDeferredCallback:
        return RecordDeferredCallback(AzampayCallbacks(), self.verify, self.record().record)

    def try_again(self) -> Disposition:
        return self.later()(Deferred.from_json(self.queue.waiting[-1]))

    def has(self, status: Status = Status.PENDING) -> None:
        known = TRANSACTION if status is Status.PENDING else None
        self.ledger.payments[KEY] = a_payment(status, transaction_id=known)

    @property
    def payment(self) -> Payment:
        return self.ledger.payments[KEY]


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.has()
    return made


# What travels.


def test_what_waits_holds_no_secret_and_no_login(desk: Desk) -> None:
    canaries = {"password": "canary-password", "user": "canary-user", "clientId": "canary-id"}
    more = {"submerchantAcc": "canary-account", "additionalProperties": {"x": "canary-x"}}
    desk.take(callback_body(azampay_key(), **canaries, **more))
    (message,) = desk.queue.waiting
    assert "canary" not in message
    assert URL_SECRET not in message
    assert json.loads(message).keys() == {
        "schema",
        "provider",
        "body",
        "digest",
        "received_at",
        "trace",
    }


def test_what_waits_has_the_digest_of_the_body_as_it_came(desk: Desk) -> None:
    desk.take()
    message = json.loads(desk.queue.waiting[0])
    assert message["digest"] == hashlib.sha256(SIGNED).hexdigest()
    assert message["received_at"] == "2026-03-01T09:30:00.000000Z"


def test_a_message_is_read_as_it_was_written() -> None:
    deferred = Deferred("azampay", '{"a": "é💰"}', "d" * 64, START)
    assert Deferred.from_json(deferred.to_json()) == deferred


@pytest.mark.parametrize("text", ["", "x", "{}", "[]", "null", "7", '{"provider": "azampay"}'])
def test_a_message_that_is_not_ours_is_told_apart(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        Deferred.from_json(text)


ODD_VALUES: dict[str, Any] = {
    "a number": 1000,
    "a number of 40 digits": 10**39,
    "a fraction": 1000.5,
    "true": True,
    "null": None,
    "a list": [[["x"]]],
    "an object": {"a": {"b": None}},
    "another text": "USD",
}


@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES.keys())
@pytest.mark.parametrize("name", ["amount", "msisdn", "mnoreference", "reference"])
def test_whatever_a_field_holds_is_read_late_as_it_was_read_at_once(name: str, value: Any) -> None:  # noqa: ANN401
    early = AzampayCallbacks().parse_callback(callback_body(azampay_key(), **{name: value}))
    late = AzampayCallbacks().parse_callback(early.retained.encode())
    fields = ("external_id", "outcome", "references", "reference_is_sound", "amount", "msisdn")
    more = ("network", "message", "evidence", "signed_bytes", "signature", "status_text")
    for each in (*fields, *more):
        assert getattr(late, each) == getattr(early, each), each


@pytest.mark.parametrize("value", [None, "", "TZS", "USD", 5, 10**39, 1.5, True])
def test_a_currency_is_read_late_as_it_was_read_at_once(value: Any) -> None:  # noqa: ANN401
    early = AzampayCallbacks().parse_callback(callback_body(azampay_key(), currency=value))
    late = AzampayCallbacks().parse_callback(early.retained.encode())
    assert (early.amount is None) == (value not in (None, "", "TZS"))
    assert (late.amount, late.evidence) == (early.amount, early.evidence)


def test_the_header_to_quote_travels_with_it_and_no_other(desk: Desk) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    desk.record()(SIGNED, URL_SECRET, trace)
    assert Deferred.from_json(desk.queue.waiting[0]).trace == trace


def test_a_message_of_the_version_before_had_no_trace() -> None:
    text = Deferred("azampay", "{}", "d", START).to_json().replace(', "trace": null', "")
    assert "trace" not in text
    assert Deferred.from_json(text).trace is None


@pytest.mark.parametrize("depth", [500, 900, 5_000])
def test_a_field_that_is_too_deep_to_be_written_again_is_no_error(depth: int) -> None:
    body = callback_body(azampay_key()).replace(b'"1000"', b"[" * depth + b"]" * depth)
    try:
        callback = AzampayCallbacks().parse_callback(body)
    except CallbackError:
        return
    assert callback.amount is None
    assert AzampayCallbacks().parse_callback(callback.retained.encode()).amount is None


# Verified late, it takes the path of one verified at once.


@pytest.mark.parametrize(
    ("fields", "disposition", "status"),
    [
        ({}, Disposition.APPLIED, Status.SUCCEEDED),
        ({"transactionstatus": "failure"}, Disposition.APPLIED, Status.FAILED),
        ({"transactionstatus": "pending"}, Disposition.IGNORED, Status.PENDING),
        ({"amount": "1"}, Disposition.MISMATCH, Status.PENDING),
        ({"utilityref": "order-2"}, Disposition.UNMATCHED, Status.PENDING),
    ],
)
def test_late_and_at_once_end_alike(
    desk: Desk, fields: dict[str, Any], disposition: Disposition, status: Status
) -> None:
    body = callback_body(azampay_key(), **fields)
    assert desk.take(body) is Disposition.DEFERRED
    assert desk.ledger.inbox == {}
    desk.verify = by_the_key
    desk.clock.advance(minutes=81)
    assert desk.try_again() is disposition
    assert desk.payment.status is status
    at_once = Desk(verify=by_the_key)
    at_once.has()
    assert at_once.take(body) is disposition
    assert at_once.ledger.inbox == desk.ledger.inbox
    assert at_once.ledger.types() == desk.ledger.types()


def test_a_late_callback_came_when_it_came(desk: Desk) -> None:
    desk.take()
    desk.verify = by_the_key
    desk.clock.advance(minutes=21)
    desk.try_again()
    (kept,) = desk.ledger.inbox.values()
    assert kept.callback.received_at == START
    assert desk.payment.updated_at == START + timedelta(minutes=21)


def test_late_and_at_once_have_one_place_in_the_inbox(desk: Desk) -> None:
    desk.take()
    desk.verify = by_the_key
    assert desk.take() is Disposition.APPLIED
    assert desk.try_again() is Disposition.DUPLICATE
    assert desk.try_again() is Disposition.DUPLICATE
    assert desk.ledger.types() == ["payment.succeeded"]


def test_a_callback_that_waited_is_not_dropped_when_its_signature_is_refused(desk: Desk) -> None:
    desk.take(callback_body(other_key()))
    desk.verify = by_the_key
    with pytest.raises(SignatureRefused):
        desk.try_again()
    assert desk.payment.status is Status.PENDING
    assert desk.ledger.inbox == {}
    # Its key comes back: it was genuine all the time.
    desk.verify = believe
    assert desk.try_again() is Disposition.APPLIED


def test_while_there_is_no_key_it_stays_in_the_queue(desk: Desk) -> None:
    desk.take()
    with pytest.raises(VerificationUnavailable):
        desk.try_again()
    assert len(desk.queue.waiting) == 1


def test_one_too_many_stays_in_the_queue_until_the_payment_is_answered(desk: Desk) -> None:
    desk.verify = by_the_key
    desk.ledger.payments[KEY] = a_payment(Status.CREATED, held=20)
    assert desk.take() is Disposition.DEFERRED
    with pytest.raises(TooManyHeld):
        desk.try_again()
    desk.has()
    assert desk.try_again() is Disposition.APPLIED


# The delays.


@pytest.mark.parametrize(("received", "seconds"), [(1, 300), (2, 900), (3, 3600), (4, 0), (9, 0)])
def test_each_try_waits_longer_than_the_one_before(received: int, seconds: int) -> None:
    assert DEFAULT_DELAYS == (60, 300, 900, 3600)
    assert delay_after(received, 4860, DEFAULT_DELAYS) == seconds


@pytest.mark.parametrize(
    ("received", "age", "seconds"), [(4, 420, 4440), (5, 4859.5, 1), (6, 4860, 0), (7, 90_000, 0)]
)
def test_receives_that_were_no_tries_do_not_bring_the_end_nearer(
    received: int, age: float, seconds: int
) -> None:
    assert delay_after(received, age, DEFAULT_DELAYS) == seconds


@pytest.mark.parametrize(
    ("received", "age", "seconds"),
    [(1, 900, 43_000), (4, 500, 43_000), (5, 86_000, 43_000), (6, 129_000, 900), (7, 129_900, 0)],
)
def test_no_delay_is_longer_than_the_queue_takes(received: int, age: float, seconds: int) -> None:
    assert delay_after(received, age, (900, 43_000, 43_000, 43_000)) == seconds


@settings(max_examples=300)
@given(lost=st.sets(st.integers(1, SPARE + 1), max_size=SPARE), took=st.floats(0.01, 20))
def test_however_many_receives_are_lost_the_last_try_comes_no_sooner(
    lost: set[int], took: float
) -> None:
    tries, age, received = list[float](), float(DEFAULT_DELAYS[0]), 0
    while received < RECEIVES:
        received += 1
        if received in lost:
            age += LOST_SECONDS
            continue
        tries.append(age)
        age += took + delay_after(received, age + took, DEFAULT_DELAYS)
    assert len(tries) >= len(DEFAULT_DELAYS)
    assert tries[-1] >= sum(DEFAULT_DELAYS)


# The batch.


class FakeSqs:
    """Remembers what was sent and postponed, unless it is down."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.postponed: list[dict[str, Any]] = []
        self.is_down = False

    def send_message(self, **request: Any) -> None:  # noqa: ANN401
        self._or_down()
        self.sent.append(request)

    def change_message_visibility(self, **request: Any) -> None:  # noqa: ANN401
        self._or_down()
        self.postponed.append(request)

    def _or_down(self) -> None:
        if self.is_down:
            raise EndpointConnectionError(endpoint_url="nowhere")


@pytest.fixture
def sqs() -> FakeSqs:
    return FakeSqs()


def queue_of(sqs: FakeSqs) -> SqsDeferredCallbacks:
    return SqsDeferredCallbacks(
        cast("SQSClient", sqs), "https://queue.test", DEFAULT_DELAYS, FakeClock(START + 2 * HOUR)
    )


def message(number: int, body: str, received: int = 1) -> dict[str, Any]:
    return {
        "messageId": f"message-{number}",
        "receiptHandle": f"receipt-{number}",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": str(received),
            "SentTimestamp": str(int(START.timestamp() * 1000)),
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:callbacks",
    }


def a_message(number: int, received: int = 1, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    body = callback_body(azampay_key(), **fields)
    callback = AzampayCallbacks().parse_callback(body)
    deferred = Deferred("azampay", callback.retained, callback.digest, START)
    return message(number, deferred.to_json(), received)


def run(desk: Desk, sqs: FakeSqs, *messages: dict[str, Any]) -> list[str]:
    """The messages that the queue must keep."""
    batch = DeferredBatch(desk.later(), queue_of(sqs), desk.heard)
    context = cast("LambdaContext", SimpleNamespace(get_remaining_time_in_millis=lambda: 9_000))
    answer = batch.run({"Records": list(messages)}, context)
    return [str(each["itemIdentifier"]) for each in answer["batchItemFailures"]]


def test_the_first_try_comes_after_a_minute(sqs: FakeSqs) -> None:
    queue_of(sqs).put(Deferred("azampay", "{}", "d", START))
    (sent,) = sqs.sent
    assert (sent["QueueUrl"], sent["DelaySeconds"]) == ("https://queue.test", 60)


def test_a_queue_that_cannot_be_written_is_unavailable(sqs: FakeSqs) -> None:
    sqs.is_down = True
    with pytest.raises(StoreUnavailable):
        queue_of(sqs).put(Deferred("azampay", "{}", "d", START))
    with pytest.raises(StoreUnavailable):
        queue_of(sqs).postpone("receipt", received=1, sent_at=START)


def test_in_a_batch_a_bad_message_does_not_keep_the_good_ones_waiting(
    desk: Desk, sqs: FakeSqs
) -> None:
    desk.verify = by_the_key
    kept = run(
        desk,
        sqs,
        a_message(1, transactionstatus="pending"),
        message(2, "not ours", received=2),
        a_message(3),
    )
    assert kept == ["message-2"]
    assert desk.payment.status is Status.SUCCEEDED
    assert sqs.postponed == [
        {"QueueUrl": "https://queue.test", "ReceiptHandle": "receipt-2", "VisibilityTimeout": 900}
    ]
    assert desk.heard.details(Fact.MESSAGE_FAILED)["message_id"] == "message-2"


def test_a_receive_that_was_lost_does_not_shorten_the_wait(desk: Desk, sqs: FakeSqs) -> None:
    young = message(1, a_message(1)["body"], received=4)
    sent_at = START + 2 * HOUR - timedelta(seconds=660)
    young["attributes"]["SentTimestamp"] = str(int(sent_at.timestamp() * 1000))
    assert run(desk, sqs, young) == ["message-1"]
    assert [each["VisibilityTimeout"] for each in sqs.postponed] == [4200]


@pytest.mark.parametrize(("received", "seconds"), [(1, 300), (2, 900), (3, 3600), (4, 0)])
def test_what_cannot_be_verified_yet_is_postponed_by_how_often_it_came(
    desk: Desk, sqs: FakeSqs, received: int, seconds: int
) -> None:
    assert run(desk, sqs, a_message(1, received)) == ["message-1"]
    assert [each["VisibilityTimeout"] for each in sqs.postponed] == [seconds]


@pytest.mark.parametrize(("received", "seconds"), [(1, 300), (2, 900), (3, 3600), (4, 0)])
def test_what_is_refused_late_keeps_its_place_in_the_back_off(
    desk: Desk, sqs: FakeSqs, received: int, seconds: int
) -> None:
    desk.verify = refused
    assert run(desk, sqs, a_message(1, received)) == ["message-1"]
    assert [each["VisibilityTimeout"] for each in sqs.postponed] == [seconds]
    assert desk.heard.details(Fact.MESSAGE_FAILED)["error"] == "SignatureRefused"


@pytest.mark.parametrize(
    "body",
    [
        "not ours",
        Deferred("azampay", "not a callback", "d" * 64, START).to_json(),
        Deferred("azampay", '{"utilityref": 1}', "d" * 64, START).to_json(),
    ],
)
def test_what_is_no_callback_at_all_is_kept_for_a_person_too(
    desk: Desk, sqs: FakeSqs, body: str
) -> None:
    desk.verify = believe
    assert run(desk, sqs, message(1, body, received=4)) == ["message-1"]
    assert [each["VisibilityTimeout"] for each in sqs.postponed] == [0]


def test_a_ledger_that_fails_keeps_the_message(desk: Desk, sqs: FakeSqs) -> None:
    desk.verify = believe
    desk.ledger.faults.fail(LedgerUnavailable("no"), "ledger.commit")
    assert run(desk, sqs, a_message(1)) == ["message-1"]
    assert run(desk, sqs, a_message(1, received=2)) == []
    assert desk.payment.status is Status.SUCCEEDED


def test_a_message_that_cannot_be_postponed_is_kept_all_the_same(desk: Desk, sqs: FakeSqs) -> None:
    sqs.is_down = True
    assert run(desk, sqs, a_message(1), a_message(2, mnoreference="x")) == [
        "message-1",
        "message-2",
    ]
    assert desk.heard.facts.count(Fact.MESSAGE_FAILED) == 4


def test_nothing_told_of_a_failed_message_quotes_it(desk: Desk, sqs: FakeSqs) -> None:
    run(desk, sqs, message(1, "canary"), a_message(2))
    assert "canary" not in str(desk.heard.told)
    assert "255712345678" not in str(desk.heard.told)
