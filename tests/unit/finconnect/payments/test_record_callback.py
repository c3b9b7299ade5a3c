"""Taking a callback in: steps 1, 2 and 5 to 7 of its path."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from finconnect.errors import CallbackError
from finconnect.payments.decisions import MAX_HELD
from finconnect.payments.errors import (
    MAX_BODY_BYTES,
    ConcurrentChange,
    LedgerUnavailable,
    PayloadTooLarge,
    SignatureRefused,
    StoreUnavailable,
    UnknownUrl,
    VerificationUnavailable,
)
from finconnect.payments.model import Disposition, Payment, Status, Verification
from finconnect.payments.record_callback import MAX_TRIES, RecordCallback, Url
from finconnect.payments.telemetry import Fact
from finconnect.providers.azampay.callback import AzampayCallbacks
from finconnect.providers.base import Callback
from tests.fakes.builders import KEY, a_move, a_payment, a_received
from tests.fakes.clock import START, FakeClock, FakeIds
from tests.fakes.faults import When
from tests.fakes.ledger import InMemoryLedger
from tests.fakes.ledger_contract import in_threads
from tests.fakes.provider import TRANSACTION
from tests.fakes.signing import callback_body
from tests.fakes.stores import FakeQueue, FakeUrlSecret
from tests.fakes.telemetry import RecordingTelemetry
from tests.fakes.verifying import believe

URL_FACTS = {Fact.CALLBACK_NEW_URL, Fact.CALLBACK_OLD_URL}


@dataclass(slots=True)
class Desk:
    """The use case with everything around it faked."""

    verify: Callable[[Callback], Verification] = believe
    ledger: InMemoryLedger = field(default_factory=InMemoryLedger)
    heard: RecordingTelemetry = field(default_factory=RecordingTelemetry)
    url: FakeUrlSecret = field(default_factory=FakeUrlSecret)
    queue: FakeQueue = field(default_factory=FakeQueue)
    clock: FakeClock = field(default_factory=FakeClock)
    ids: FakeIds = field(default_factory=FakeIds)

    def take(self, body: bytes | None = None, secret: str = "the-secret-of-the-url") -> Disposition:
        record = RecordCallback(
            provider_name="azampay",
            reader=AzampayCallbacks(),
            url_secret=self.url,
            verify=self.verify,
            deferred=self.queue,
            ledger=self.ledger,
            telemetry=self.heard,
            clock=self.clock,
            ids=self.ids,
        )
        return record(callback_body() if body is None else body, secret)

    def has(self, status: Status = Status.PENDING, **changes: Any) -> None:  # noqa: ANN401
        known = {"transaction_id": TRANSACTION} if status is Status.PENDING else {}
        self.ledger.payments[KEY] = a_payment(status, **(known | changes))

    @property
    def payment(self) -> Payment:
        return self.ledger.payments[KEY]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def refuse_with(error: Exception) -> Callable[[Callback], Verification]:
    def verify(callback: Callback) -> Verification:
        raise error

    return verify


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b'{"utilityref": "a", "utilityref": "b"}',
        callback_body(utilityref=None),
        callback_body(utilityref=7),
        callback_body(transactionstatus=["success"]),
        callback_body(operator="M\x00pesa"),
        callback_body(externalreference=""),
        callback_body(signature="not base64!"),
        b"[" * 10_000,
    ],
)
def test_what_is_no_callback_reaches_neither_the_secret_nor_the_ledger(
    desk: Desk, body: bytes
) -> None:
    with pytest.raises(CallbackError):
        desk.take(body)
    assert desk.url.faults.calls == []
    assert desk.ledger.faults.calls == []
    assert desk.heard.facts == [Fact.CALLBACK_HOSTILE]


def test_a_body_of_64_kib_is_read_and_one_byte_more_is_not(desk: Desk) -> None:
    bare = callback_body(additionalProperties={"x": ""})
    full = callback_body(additionalProperties={"x": "x" * (MAX_BODY_BYTES - len(bare))})
    assert len(full) == MAX_BODY_BYTES
    assert desk.take(full) is Disposition.UNMATCHED
    with pytest.raises(PayloadTooLarge):
        desk.take(full + b" ")


@pytest.mark.parametrize("secret", ["", "wrong", "the-secret-of-the-url ", "é"])
def test_a_wrong_secret_is_an_unknown_url_before_anything_is_verified(
    desk: Desk, secret: str
) -> None:
    desk.verify = refuse_with(AssertionError("verified"))
    with pytest.raises(UnknownUrl):
        desk.take(secret=secret)
    assert desk.ledger.faults.calls == []
    assert desk.heard.facts == [Fact.CALLBACK_WRONG_URL]


def test_what_is_not_believed_reaches_neither_the_ledger_nor_the_queue(desk: Desk) -> None:
    desk.verify = refuse_with(SignatureRefused("no"))
    with pytest.raises(SignatureRefused):
        desk.take()
    assert desk.ledger.faults.calls == []
    assert desk.queue.waiting == []


def test_what_no_store_can_tell_of_is_not_acknowledged_and_waits_all_the_same(desk: Desk) -> None:
    # Nobody knows whether it is sent again; kept twice, it has one place in the inbox.
    desk.verify = refuse_with(StoreUnavailable("no"))
    with pytest.raises(StoreUnavailable):
        desk.take()
    assert desk.ledger.faults.calls == []
    assert len(desk.queue.waiting) == 1


def test_what_can_be_neither_believed_nor_refused_waits_in_the_queue(desk: Desk) -> None:
    desk.verify = refuse_with(VerificationUnavailable("no key"))
    assert desk.take() is Disposition.DEFERRED
    assert len(desk.queue.waiting) == 1
    assert desk.ledger.faults.calls == []
    assert desk.heard.facts == [Fact.CALLBACK_DEFERRED]
    assert desk.heard.details(Fact.CALLBACK_DEFERRED)["external_id"] == "order-1"


def test_what_the_queue_does_not_take_is_not_acknowledged(desk: Desk) -> None:
    desk.verify = refuse_with(VerificationUnavailable("no key"))
    desk.queue.faults.fail(StoreUnavailable("no"))
    with pytest.raises(StoreUnavailable):
        desk.take()
    assert desk.heard.facts == []


def test_one_early_callback_too_many_waits_in_the_queue(desk: Desk) -> None:
    desk.has(Status.CREATED)
    for number in range(MAX_HELD):
        assert desk.take(callback_body(mnoreference=str(number))) is Disposition.HELD
    assert desk.take(callback_body(mnoreference="one too many")) is Disposition.DEFERRED
    assert desk.payment.held == MAX_HELD
    assert len(desk.queue.waiting) == 1


def test_a_secret_that_cannot_be_read_refuses_nobody(desk: Desk) -> None:
    desk.url.faults.fail(StoreUnavailable("no"))
    with pytest.raises(StoreUnavailable):
        desk.take()


def test_a_matching_success_settles_the_payment(desk: Desk) -> None:
    desk.has()
    assert desk.take() is Disposition.APPLIED
    assert desk.payment.status is Status.SUCCEEDED
    assert desk.ledger.types() == ["payment.succeeded"]


def test_the_callback_is_kept_with_what_became_of_it_and_when(desk: Desk) -> None:
    desk.has()
    desk.clock.advance(minutes=3)
    desk.take()
    (kept,) = desk.ledger.inbox.values()
    assert kept.disposition is Disposition.APPLIED
    assert kept.callback.received_at == START + timedelta(minutes=3)


@pytest.mark.parametrize(
    ("word", "disposition", "fact"),
    [
        ({}, Disposition.CONFLICT, Fact.CALLBACK_CONFLICT),
        ({"amount": "1"}, Disposition.MISMATCH, Fact.CALLBACK_MISMATCH),
        ({"utilityref": "order-2"}, Disposition.UNMATCHED, Fact.CALLBACK_UNMATCHED),
        ({"transactionstatus": "failure"}, Disposition.CONFIRMED, Fact.CALLBACK_RECORDED),
        ({"transactionstatus": "pending"}, Disposition.IGNORED, Fact.CALLBACK_RECORDED),
    ],
)
def test_each_disposition_is_told_by_its_own_fact(
    desk: Desk, word: dict[str, Any], disposition: Disposition, fact: Fact
) -> None:
    desk.has(Status.FAILED)
    assert desk.take(callback_body(**word)) is disposition
    assert [each for each in desk.heard.facts if each is not Fact.PAYMENT_SUCCEEDED] == [fact]
    told = desk.heard.details(fact)
    assert told["disposition"] is disposition
    assert told["payment"] == f"azampay/{word.get('utilityref', 'order-1')}"


@pytest.mark.parametrize(
    ("word", "fact"),
    [("success", Fact.PAYMENT_SUCCEEDED), ("failure", Fact.PAYMENT_FAILED)],
)
def test_an_outcome_is_told_with_the_time_that_it_took(desk: Desk, word: str, fact: Fact) -> None:
    desk.has()
    desk.clock.advance(seconds=42)
    desk.take(callback_body(transactionstatus=word))
    told = desk.heard.details(fact)
    assert (told["payment"], told["seconds"]) == ("azampay/order-1", 42.0)
    desk.take(callback_body(transactionstatus=word, message="once more"))
    assert desk.heard.facts.count(fact) == 1


def test_a_success_after_a_failure_is_an_outcome_of_its_own(desk: Desk) -> None:
    desk.has(Status.FAILED)
    desk.take(callback_body())
    assert {Fact.PAYMENT_SUCCEEDED, Fact.CALLBACK_CONFLICT} <= set(desk.heard.facts)


def test_the_same_bytes_again_are_a_duplicate_and_change_nothing(desk: Desk) -> None:
    desk.has()
    desk.take()
    before = desk.payment
    desk.clock.advance(days=365)
    assert desk.take() is Disposition.DUPLICATE
    assert desk.payment == before
    assert desk.ledger.types() == ["payment.succeeded"]
    assert desk.heard.facts[-1] is Fact.CALLBACK_DUPLICATE


def test_the_same_bytes_from_many_at_once_change_the_state_once(desk: Desk) -> None:
    desk.has()
    found: list[Disposition] = []
    in_threads([lambda: found.append(desk.take())] * 50)
    assert found.count(Disposition.APPLIED) == 1
    assert found.count(Disposition.DUPLICATE) == 49
    assert desk.ledger.types() == ["payment.succeeded"]


def test_success_and_failure_at_once_end_in_success_with_one_conflict(desk: Desk) -> None:
    desk.has()
    bodies = [callback_body(), callback_body(transactionstatus="failure")] * 10
    in_threads([partial(desk.take, body) for body in bodies])
    assert desk.payment.status is Status.SUCCEEDED
    assert desk.ledger.types().count("payment.conflict") == 1
    assert desk.ledger.types().count("payment.succeeded") == 1


def test_a_payment_that_changed_meanwhile_is_decided_anew(desk: Desk) -> None:
    desk.has()
    fails = a_move(desk.payment, Status.FAILED)
    desk.ledger.faults.meanwhile(lambda: desk.ledger.commit(fails), "ledger.commit", times=1)
    assert desk.take() is Disposition.CONFLICT
    assert desk.payment.status is Status.SUCCEEDED


def test_a_conflicting_write_is_repeated_and_not_for_ever(desk: Desk) -> None:
    desk.has()
    desk.ledger.faults.fail(ConcurrentChange("busy"), "ledger.commit", times=MAX_TRIES - 1)
    assert desk.take() is Disposition.APPLIED
    desk.ledger.faults.fail(ConcurrentChange("busy"), "ledger.commit", times=None)
    with pytest.raises(LedgerUnavailable):
        desk.take(callback_body(mnoreference="another"))


@pytest.mark.parametrize("call", ["ledger.load", "ledger.commit"])
def test_a_ledger_that_fails_is_said_so_and_a_repetition_is_recorded(desk: Desk, call: str) -> None:
    desk.has()
    desk.ledger.faults.fail(LedgerUnavailable("no"), call)
    with pytest.raises(LedgerUnavailable):
        desk.take()
    assert desk.ledger.inbox == {}
    assert desk.take() is Disposition.APPLIED


def test_a_write_whose_answer_was_lost_is_a_duplicate_when_repeated(desk: Desk) -> None:
    desk.has()
    desk.ledger.faults.fail(LedgerUnavailable("no"), "ledger.commit", when=When.AFTER)
    with pytest.raises(LedgerUnavailable):
        desk.take()
    assert desk.take() is Disposition.DUPLICATE
    assert desk.ledger.types() == ["payment.succeeded"]


@pytest.mark.parametrize(
    ("url", "fact"),
    [(Url.NEW, Fact.CALLBACK_NEW_URL), (Url.OLD, Fact.CALLBACK_OLD_URL), (Url.ONLY, None)],
)
@pytest.mark.parametrize("by", Verification)
def test_a_believed_callback_is_counted_by_its_url(
    desk: Desk, url: Url, fact: Fact | None, by: Verification
) -> None:
    desk.has()
    desk.url.url, desk.verify = url, lambda _: by
    desk.take()
    assert [each for each in desk.heard.facts if each in URL_FACTS] == [fact] * bool(fact)


@pytest.mark.parametrize(
    "error", [SignatureRefused("no"), VerificationUnavailable("no key"), StoreUnavailable("no")]
)
def test_what_is_not_believed_is_not_counted_by_its_url(desk: Desk, error: Exception) -> None:
    desk.url.url, desk.verify = Url.NEW, refuse_with(error)
    with suppress(type(error)):
        desk.take()
    assert not URL_FACTS & set(desk.heard.facts)


@pytest.mark.parametrize("by", Verification)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(callback_body(amount="1"), id="does not match"),
        pytest.param(callback_body(utilityref="order-2"), id="no such payment"),
        pytest.param(callback_body(), id="a copy"),
        pytest.param(callback_body(message="another"), id="a copy with another message"),
    ],
)
def test_what_settles_no_payment_is_not_counted_by_its_url(
    desk: Desk, body: bytes, by: Verification
) -> None:
    desk.has()
    desk.take()
    desk.url.url, desk.verify = Url.NEW, lambda _: by
    desk.take(body)
    assert Fact.CALLBACK_NEW_URL not in desk.heard.facts


@pytest.mark.parametrize("by", Verification)
def test_what_came_early_is_counted_by_its_url_only_if_it_is_signed(
    desk: Desk, by: Verification
) -> None:
    desk.has(Status.CREATED)
    desk.url.url, desk.verify = Url.NEW, lambda _: by
    assert desk.take() is Disposition.HELD
    counted = Fact.CALLBACK_NEW_URL in desk.heard.facts
    assert counted is (by is Verification.SIGNATURE)


def test_a_callback_recorded_later_takes_the_same_path(desk: Desk) -> None:
    desk.has()
    record = RecordCallback(
        "azampay",
        AzampayCallbacks(),
        desk.url,
        refuse_with(AssertionError("verified again")),
        desk.queue,
        desk.ledger,
        desk.heard,
    )
    assert record.record(a_received()) is Disposition.APPLIED
    assert desk.payment.status is Status.SUCCEEDED


def test_nothing_told_of_a_callback_holds_its_number_or_its_words(desk: Desk) -> None:
    desk.has()
    desk.take(callback_body(password="canary-password", user="canary-user"))
    assert "canary" not in str(desk.heard.told)
    assert "255712345678" not in str(desk.heard.told)
    assert "canary" not in str(desk.ledger.inbox)
