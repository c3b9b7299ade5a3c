"""Payments that went silent: asked after where one can ask, told of once, never guessed at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from finconnect.payments.decisions import decide_silence
from finconnect.payments.errors import ConcurrentChange, LedgerUnavailable
from finconnect.payments.model import (
    Change,
    Disposition,
    Payment,
    PaymentKey,
    Received,
    Status,
    Verification,
)
from finconnect.payments.reconcile import GIVE_UP_ASKING, Age, AskStatus, ReconcilePayments
from finconnect.payments.record_callback import RecordCallback
from finconnect.payments.telemetry import Fact
from finconnect.providers.azampay.callback import AzampayCallbacks
from finconnect.providers.base import CallbackOutcome
from tests.fakes.builders import KEY, a_payment, a_received
from tests.fakes.clock import START, FakeClock, FakeIds
from tests.fakes.ledger import InMemoryLedger
from tests.fakes.provider import TRANSACTION
from tests.fakes.stores import FakeQueue, FakeUrlSecret
from tests.fakes.telemetry import RecordingTelemetry
from tests.fakes.verifying import believe

AFTER = timedelta(minutes=15)
LATER = START + timedelta(minutes=16)


@dataclass(slots=True)
class Desk:
    """The use case with everything around it faked; by default sixteen minutes after the start."""

    ask: AskStatus | None = None
    ledger: InMemoryLedger = field(default_factory=InMemoryLedger)
    heard: RecordingTelemetry = field(default_factory=RecordingTelemetry)
    clock: FakeClock = field(default_factory=lambda: FakeClock(LATER))
    ids: FakeIds = field(default_factory=FakeIds)

    def run(self) -> dict[str, int]:
        reconcile = ReconcilePayments(
            self.ledger, self.heard, AFTER, ask=self.ask, clock=self.clock, ids=self.ids
        )
        return reconcile()

    def has(self, status: Status, external_id: str = "order-1", **changes: Any) -> PaymentKey:  # noqa: ANN401
        known = {"transaction_id": TRANSACTION} if status is Status.PENDING else {}
        payment = a_payment(status, external_id=external_id, **(known | changes))
        self.ledger._store(payment)
        return payment.key

    def receives(self, **fields: Any) -> Disposition:  # noqa: ANN401
        record = RecordCallback(
            provider_name="azampay",
            reader=AzampayCallbacks(),
            url_secret=FakeUrlSecret(),
            verify=believe,
            deferred=FakeQueue(),
            ledger=self.ledger,
            telemetry=self.heard,
            clock=self.clock,
            ids=self.ids,
        )
        return record.record(a_received(at=self.clock(), **fields))

    @property
    def payment(self) -> Payment:
        return self.ledger.payments[KEY]

    def is_watched(self) -> bool:
        return KEY in self.ledger.open_since


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_created_payment_becomes_unknown_and_unresolved_in_one_run(desk: Desk) -> None:
    desk.has(Status.CREATED)
    assert desk.run() == {"unknown": 1}
    assert desk.ledger.types() == ["payment.unknown", "payment.unresolved"]
    assert desk.payment.status is Status.UNKNOWN
    assert desk.payment.updated_at == LATER


@pytest.mark.parametrize("status", [Status.PENDING, Status.UNKNOWN])
def test_silence_is_published_once_and_settles_nothing(desk: Desk, status: Status) -> None:
    desk.has(status)
    assert desk.run() == {status.value: 1}
    assert desk.run() == {}
    desk.clock.advance(days=30)
    assert desk.run() == {}
    assert desk.ledger.types() == ["payment.unresolved"]
    assert desk.payment.status is status
    assert not desk.is_watched()


@pytest.mark.parametrize("minutes", [0, 14, 15])
def test_a_payment_that_is_not_old_enough_is_left_alone(desk: Desk, minutes: float) -> None:
    desk.has(Status.PENDING)
    desk.clock.now = START + timedelta(minutes=minutes)
    assert desk.run() == {}
    assert desk.ledger.types() == []


@pytest.mark.parametrize("status", [s for s in Status if not s.is_open])
def test_a_settled_payment_is_not_even_looked_at(desk: Desk, status: Status) -> None:
    desk.has(status)
    assert desk.run() == {}
    assert desk.ledger.faults.calls == ["ledger.count_open", "ledger.open_payments"]


def test_open_payments_are_counted_by_age_before_anything_is_done(desk: Desk) -> None:
    for number in range(3):
        desk.has(Status.PENDING, f"silent-{number}")
    desk.has(Status.PENDING, "young", updated_at=LATER)
    desk.has(Status.SUCCEEDED, "settled")
    desk.run()
    assert told_counts(desk) == [{"age": Age.FRESH, "count": 1}, {"age": Age.SILENT, "count": 3}]
    desk.heard.told.clear()
    desk.run()
    assert told_counts(desk) == [{"age": Age.FRESH, "count": 1}, {"age": Age.SILENT, "count": 0}]


def test_what_cannot_be_counted_is_looked_at_all_the_same_and_fails_the_run(desk: Desk) -> None:
    desk.has(Status.PENDING)
    desk.ledger.faults.fail(LedgerUnavailable("no"), "ledger.count_open")
    with pytest.raises(LedgerUnavailable):
        desk.run()
    assert desk.ledger.types() == ["payment.unresolved"]
    assert desk.heard.details(Fact.RECONCILE_FAILED) == {"error": "LedgerUnavailable"}


def told_counts(desk: Desk) -> list[dict[str, object]]:
    return [details for fact, details in desk.heard.told if fact is Fact.OPEN_PAYMENTS]


def test_an_index_that_lags_behind_does_no_harm(desk: Desk) -> None:
    desk.has(Status.SUCCEEDED)
    desk.ledger.open_since[KEY] = START
    desk.ledger.open_since[PaymentKey("azampay", "gone")] = START
    assert desk.run() == {"settled": 2}
    assert desk.ledger.types() == []


@pytest.mark.parametrize("before", [Status.CREATED, Status.PENDING, Status.UNKNOWN])
@pytest.mark.parametrize(
    ("word", "status"), [("success", Status.SUCCEEDED), ("failure", Status.FAILED)]
)
def test_a_late_callback_still_settles_it(
    desk: Desk, before: Status, word: str, status: Status
) -> None:
    desk.has(before)
    desk.run()
    desk.clock.advance(days=40)
    assert desk.receives(transactionstatus=word) is Disposition.APPLIED
    assert desk.payment.status is status
    assert desk.ledger.types()[-1] == f"payment.{status.value}"
    assert "payment.conflict" not in desk.ledger.types()


# Callbacks that were held for an answer that never came.


def hold(desk: Desk, *several: dict[str, Any]) -> None:
    desk.has(Status.CREATED)
    for fields in several:
        assert desk.receives(**fields) is Disposition.HELD


def test_a_held_success_is_applied_and_nothing_is_unresolved(desk: Desk) -> None:
    hold(desk, {})
    assert desk.run() == {"succeeded": 1}
    assert desk.ledger.types() == ["payment.unknown", "payment.succeeded"]
    assert desk.payment.held == 0
    assert not desk.payment.unresolved
    assert {kept.disposition for kept in desk.ledger.inbox.values()} == {Disposition.APPLIED}


def test_a_held_callback_that_differs_is_told_and_the_payment_stays_open(desk: Desk) -> None:
    hold(desk, {"amount": "1"})
    assert desk.run() == {"unknown": 1}
    assert desk.ledger.types() == ["payment.unknown", "payment.mismatch", "payment.unresolved"]
    assert desk.heard.facts.count(Fact.CALLBACK_MISMATCH) == 1


def test_held_callbacks_that_contradict_each_other_are_a_conflict(desk: Desk) -> None:
    hold(desk, {"transactionstatus": "failure"}, {"mnoreference": "b"})
    assert desk.run() == {"succeeded": 1}
    assert desk.ledger.types().count("payment.conflict") == 1
    assert desk.heard.facts.count(Fact.CALLBACK_CONFLICT) == 1


# Asking the provider.


def says(outcome: CallbackOutcome | None, asked: list[Payment] | None = None) -> AskStatus:
    def ask(payment: Payment) -> CallbackOutcome | None:
        if asked is not None:
            asked.append(payment)
        return outcome

    return ask


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (CallbackOutcome.SUCCEEDED, Status.SUCCEEDED),
        (CallbackOutcome.FAILED, Status.FAILED),
    ],
)
def test_a_clear_word_settles_and_the_event_says_why(
    desk: Desk, outcome: CallbackOutcome, status: Status
) -> None:
    desk.ask = says(outcome)
    desk.has(Status.PENDING)
    assert desk.run() == {status.value: 1}
    assert desk.ledger.types() == [f"payment.{status.value}"]
    assert desk.payment.verification is Verification.STATUS
    assert '"verification":"status"' in desk.ledger.events()[0].envelope
    assert not desk.is_watched()


def test_no_clear_word_leaves_it_open_and_is_asked_for_three_days(desk: Desk) -> None:
    asked: list[Payment] = []
    desk.ask = says(None, asked)
    desk.has(Status.PENDING)
    desk.run()
    assert desk.ledger.types() == ["payment.unresolved"]
    assert desk.is_watched()
    desk.clock.now = START + GIVE_UP_ASKING - timedelta(seconds=1)
    assert desk.run() == {"pending": 1}
    assert desk.is_watched()
    desk.clock.advance(seconds=1)
    assert desk.run() == {"pending": 1}
    assert not desk.is_watched()
    assert desk.run() == {}
    assert len(asked) == 3
    assert desk.ledger.types() == ["payment.unresolved"]


def test_a_word_that_comes_later_settles_what_was_told_as_unresolved(desk: Desk) -> None:
    desk.ask = says(None)
    desk.has(Status.PENDING)
    desk.run()
    desk.ask = says(CallbackOutcome.SUCCEEDED)
    assert desk.run() == {"succeeded": 1}
    assert desk.ledger.types() == ["payment.unresolved", "payment.succeeded"]


def test_a_callback_after_the_providers_word_confirms_or_contradicts_it(desk: Desk) -> None:
    desk.ask = says(CallbackOutcome.FAILED)
    desk.has(Status.PENDING)
    desk.run()
    assert desk.receives(transactionstatus="failure") is Disposition.CONFIRMED
    assert desk.receives() is Disposition.CONFLICT
    assert desk.payment.status is Status.SUCCEEDED


@pytest.mark.parametrize("status", [Status.CREATED, Status.UNKNOWN])
def test_nothing_is_asked_of_a_payment_whose_transaction_is_not_known(
    desk: Desk, status: Status
) -> None:
    asked: list[Payment] = []
    desk.ask = says(CallbackOutcome.SUCCEEDED, asked)
    desk.has(status)
    desk.run()
    assert asked == []
    assert desk.payment.status is Status.UNKNOWN
    assert not desk.is_watched()


# One run.


@pytest.mark.parametrize("call", ["ledger.load", "ledger.commit"])
def test_one_payment_that_fails_does_not_keep_the_others_waiting(desk: Desk, call: str) -> None:
    for number in range(3):
        desk.has(Status.PENDING, f"order-{number}")
    desk.ledger.faults.fail(LedgerUnavailable("no"), call, skip=1)
    with pytest.raises(LedgerUnavailable, match=r"^1 payments"):
        desk.run()
    assert desk.ledger.types() == ["payment.unresolved"] * 2
    assert desk.heard.details(Fact.RECONCILE_FAILED)["payment"] == "azampay/order-1"
    assert desk.run() == {"pending": 1}
    assert desk.ledger.types() == ["payment.unresolved"] * 3


def test_a_payment_that_somebody_settles_meanwhile_is_left_to_them(desk: Desk) -> None:
    desk.has(Status.PENDING)
    desk.ledger.faults.meanwhile(desk.receives, "ledger.commit")
    assert desk.run() == {"changed": 1}
    assert desk.payment.status is Status.SUCCEEDED
    assert desk.ledger.types() == ["payment.succeeded"]


def test_a_conflicting_write_is_the_next_runs(desk: Desk) -> None:
    desk.has(Status.PENDING)
    desk.ledger.faults.fail(ConcurrentChange("busy"), "ledger.commit")
    assert desk.run() == {"changed": 1}
    assert desk.run() == {"pending": 1}
    assert desk.ledger.types() == ["payment.unresolved"]


def test_a_run_ends_by_itself_and_the_next_goes_on(desk: Desk) -> None:
    def slow(payment: Payment) -> CallbackOutcome | None:
        desk.clock.advance(seconds=15)
        return CallbackOutcome.SUCCEEDED

    desk.ask = slow
    for number in range(5):
        desk.has(Status.PENDING, f"order-{number}")
    assert desk.run() == {"succeeded": 3}
    assert desk.run() == {"succeeded": 2}


def test_a_run_says_what_it_came_to(desk: Desk) -> None:
    desk.has(Status.PENDING)
    desk.run()
    assert desk.heard.details(Fact.RECONCILED) == {
        "not_reconciled": 0,
        "statuses": {"pending": 1},
    }
    assert desk.heard.details(Fact.PAYMENT_SILENT)["payment"] == "azampay/order-1"


def test_two_runs_at_once_publish_once(desk: Desk) -> None:
    desk.has(Status.PENDING)
    desk.ledger.faults.meanwhile(desk.run, "ledger.commit")
    assert desk.run() == {"changed": 1}
    assert desk.ledger.types() == ["payment.unresolved"]


# The decision alone.


def silence(
    payment: Payment,
    held: Sequence[Received] = (),
    outcome: CallbackOutcome | None = None,
    *,
    keep_watching: bool = False,
) -> Change:
    return decide_silence(
        payment, held, outcome=outcome, keep_watching=keep_watching, now=LATER, ids=FakeIds()
    )


def test_a_created_payment_is_never_taken_for_failed() -> None:
    change = silence(a_payment(Status.CREATED))
    assert change.after is not None
    assert change.after.status is Status.UNKNOWN
    assert change.after.version == 2


def test_what_was_told_already_changes_nothing() -> None:
    payment = a_payment(Status.PENDING, unresolved=True, watched=False)
    assert silence(payment) == Change(payment, payment)


def test_what_was_told_already_is_only_put_behind_the_others_or_taken_out() -> None:
    payment = a_payment(Status.PENDING, unresolved=True, watched=True)
    asked = silence(payment, keep_watching=True)
    assert asked.events == ()
    assert asked.after == replace(payment, asked_at=LATER, version=2)
    given_up = silence(payment)
    assert given_up.events == ()
    assert given_up.after == replace(payment, watched=False, version=2)


def test_a_held_callback_of_no_known_transaction_needs_a_signature() -> None:
    held = [a_received(verification=Verification.URL_SECRET)]
    change = silence(a_payment(Status.CREATED, held=1), held)
    assert [str(event.type) for event in change.events] == [
        "payment.unknown",
        "payment.mismatch",
        "payment.unresolved",
    ]
    assert [kept.disposition for kept in change.resolved] == [Disposition.MISMATCH]


def test_the_events_of_one_decision_have_ascending_ids() -> None:
    held = [
        a_received(transactionstatus="failure"),
        a_received(mnoreference="b"),
        a_received(amount="1"),
    ]
    events = silence(a_payment(Status.CREATED, held=3), held).events
    assert len(events) > 3
    assert [event.id for event in events] == sorted(event.id for event in events)
