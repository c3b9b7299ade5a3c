"""What every ledger must do: one suite for the fake and for the one in DynamoDB."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import pytest

from finconnect.payments.decisions import decide_answer, decide_callback, reopen
from finconnect.payments.errors import ConcurrentChange, DuplicateCallback
from finconnect.payments.initiate import PaymentLedger
from finconnect.payments.lookup import PaymentReader
from finconnect.payments.model import (
    Answer,
    Change,
    Disposition,
    Kept,
    Payment,
    PaymentKey,
    Status,
    Verification,
)
from finconnect.payments.reconcile import Age
from tests.fakes.builders import (
    KEY,
    MSISDN,
    a_holding,
    a_move,
    a_payload,
    a_payment,
    a_received,
    an_event,
)
from tests.fakes.clock import START
from tests.fakes.provider import TRANSACTION


class Ledger(PaymentLedger, PaymentReader, Protocol):
    """All ports to the ledger in one."""

    def count_open(self, before: datetime) -> Mapping[Age, int]:
        """How many watched payments are open since ``before``, and since then."""
        ...


class Opened(Protocol):
    """Tells which payments the index of open payments shows, and since when."""

    def __call__(self) -> dict[PaymentKey, datetime]:
        """The index as it is now."""
        ...


def committed(ledger: Ledger, change: Change) -> Payment:
    """Commit a change and return the payment after it."""
    ledger.commit(change)
    assert change.after is not None
    return change.after


class LedgerContract:
    """Subclasses give the fixtures ``ledger`` and ``opened``."""

    def test_a_new_payment_is_recorded_as_it_is(self, ledger: Ledger) -> None:
        payment = a_payment()
        assert ledger.open(payment) == payment
        assert ledger.load(KEY) == payment

    def test_a_payment_that_does_not_exist_is_none(self, ledger: Ledger) -> None:
        assert ledger.load(KEY) is None
        assert ledger.history(KEY) is None
        assert list(ledger.held_callbacks(KEY)) == []

    def test_opening_again_returns_the_first_payment_and_changes_nothing(
        self, ledger: Ledger
    ) -> None:
        first = ledger.open(a_payment(attempt_id="first"))
        other = a_payment(attempt_id="second", fingerprint="0" * 64)
        assert ledger.open(other) == first
        assert ledger.load(KEY) == first

    def test_payments_with_other_references_are_apart(self, ledger: Ledger) -> None:
        one = ledger.open(a_payment())
        other = ledger.open(a_payment(external_id="order-1#PAYMENT"))
        assert ledger.load(one.key) == one
        assert ledger.load(other.key) == other

    def test_of_many_openings_at_once_one_wins(self, ledger: Ledger) -> None:
        found: list[Payment] = []
        start = threading.Barrier(8)

        def open_it(number: int) -> None:
            start.wait()
            found.append(ledger.open(a_payment(attempt_id=f"attempt-{number}")))

        in_threads([partial(open_it, number) for number in range(8)])
        assert len({payment.attempt_id for payment in found}) == 1

    def test_a_payment_that_was_not_sent_is_reopened(self, ledger: Ledger) -> None:
        not_sent = self._not_sent(ledger)
        again = reopen(not_sent, attempt_id="attempt-2", now=START + timedelta(hours=1))
        assert ledger.reopen(not_sent, again) == again
        assert ledger.load(KEY) == again

    def test_of_two_reopenings_the_second_is_told_of_the_first(self, ledger: Ledger) -> None:
        not_sent = self._not_sent(ledger)
        first = reopen(not_sent, attempt_id="attempt-2", now=START)
        ledger.reopen(not_sent, first)
        second = reopen(not_sent, attempt_id="attempt-3", now=START)
        assert ledger.reopen(not_sent, second) == first

    def test_a_repeated_reopening_recognises_its_own_write(self, ledger: Ledger) -> None:
        not_sent = self._not_sent(ledger)
        again = reopen(not_sent, attempt_id="attempt-2", now=START)
        ledger.reopen(not_sent, again)
        assert ledger.reopen(not_sent, again).attempt_id == "attempt-2"

    def test_a_change_writes_the_payment_and_its_event(self, ledger: Ledger) -> None:
        opened = ledger.open(a_payment())
        event = an_event()
        change = a_move(
            opened,
            Status.PENDING,
            event,
            transaction_id=TRANSACTION,
            message="sent",
            updated_at=START + timedelta(seconds=2),
        )
        after = committed(ledger, change)
        assert ledger.load(KEY) == after
        found = ledger.history(KEY)
        assert found is not None
        payment, entries = found
        assert payment == after
        assert [(entry.at, entry.type, entry.status) for entry in entries] == [
            (event.time, "payment.pending", "pending")
        ]

    def test_every_field_survives_being_stored(self, ledger: Ledger) -> None:
        opened = ledger.open(a_payment(external_id="a/b%20#1?", amount=a_payment().amount))
        change = a_move(
            opened,
            Status.SUCCEEDED,
            transaction_id=TRANSACTION,
            message='lipa ñé 💰 "1"',
            verification=Verification.URL_SECRET,
            conflicted=True,
        )
        assert ledger.load(opened.key) == opened
        assert ledger.load(committed(ledger, change).key) == change.after

    def test_a_message_that_is_no_more_is_gone(self, ledger: Ledger) -> None:
        opened = ledger.open(a_payment())
        told = committed(ledger, a_move(opened, Status.NOT_SENT, message="no route"))
        ledger.reopen(told, reopen(told, attempt_id="attempt-2", now=START))
        loaded = ledger.load(KEY)
        assert loaded is not None
        assert loaded.message is None

    def test_the_history_is_in_the_order_of_the_events_ids(self, ledger: Ledger) -> None:
        payment = ledger.open(a_payment())
        payment = committed(ledger, a_move(payment, Status.PENDING, an_event(3)))
        committed(ledger, a_move(payment, Status.FAILED, an_event(2), an_event(1)))
        found = ledger.history(KEY)
        assert found is not None
        assert len(found[1]) == 3

    def test_a_change_decided_for_an_older_state_is_refused_whole(self, ledger: Ledger) -> None:
        opened = ledger.open(a_payment())
        pending = committed(ledger, a_move(opened, Status.PENDING, an_event(1)))
        received = Kept(a_received(), Disposition.APPLIED)
        stale = replace(a_move(opened, Status.SUCCEEDED, an_event(2)), received=received)
        with pytest.raises(ConcurrentChange):
            ledger.commit(stale)
        assert ledger.load(KEY) == pending
        self._assert_events(ledger, 1)
        # And the callback of the refused change is not in the inbox: it can be recorded now.
        ledger.commit(replace(a_move(pending, Status.SUCCEEDED), received=received))

    def test_an_unchanged_payment_must_still_be_the_one_that_was_read(self, ledger: Ledger) -> None:
        opened = ledger.open(a_payment())
        pending = committed(ledger, a_move(opened, Status.PENDING))
        received = Kept(a_received(), Disposition.IGNORED)
        with pytest.raises(ConcurrentChange):
            ledger.commit(Change(opened, opened, received=received))
        ledger.commit(Change(pending, pending, received=received))
        assert ledger.load(KEY) == pending

    def test_the_same_callback_is_taken_once(self, ledger: Ledger) -> None:
        payment = ledger.open(a_payment())
        payment = committed(ledger, a_move(payment, Status.PENDING))
        received = Kept(a_received(), Disposition.IGNORED)
        ledger.commit(Change(payment, payment, (an_event(1),), received))
        with pytest.raises(DuplicateCallback):
            ledger.commit(Change(payment, payment, (an_event(2),), received))
        self._assert_events(ledger, 1)

    def test_a_duplicate_is_one_even_if_the_payment_has_changed(self, ledger: Ledger) -> None:
        opened = ledger.open(a_payment())
        received = Kept(a_received(), Disposition.APPLIED)
        change = replace(a_move(opened, Status.PENDING), received=received)
        ledger.commit(change)
        with pytest.raises(DuplicateCallback):
            ledger.commit(change)

    def test_an_event_is_never_overwritten(self, ledger: Ledger) -> None:
        payment = ledger.open(a_payment())
        payment = committed(ledger, a_move(payment, Status.PENDING, an_event(1)))
        with pytest.raises(ConcurrentChange):
            ledger.commit(a_move(payment, Status.FAILED, an_event(1)))
        assert ledger.load(KEY) == payment

    def test_an_orphan_is_kept_without_a_payment(self, ledger: Ledger) -> None:
        change = decide_callback(None, a_received(), now=START)
        ledger.commit(change)
        assert ledger.load(KEY) is None
        assert ledger.history(KEY) is None
        with pytest.raises(DuplicateCallback):
            ledger.commit(change)

    def test_an_orphan_of_a_payment_that_came_meanwhile_is_decided_again(
        self, ledger: Ledger
    ) -> None:
        ledger.open(a_payment())
        with pytest.raises(ConcurrentChange):
            ledger.commit(decide_callback(None, a_received(), now=START))

    def test_held_callbacks_are_found_whole_until_they_are_resolved(self, ledger: Ledger) -> None:
        payment = ledger.open(a_payment())
        first, second = a_received(), a_received(transactionstatus="failure", message="no")
        payment = committed(ledger, a_holding(payment, first))
        payment = committed(ledger, a_holding(payment, second))
        held = ledger.held_callbacks(KEY)
        assert sorted(held, key=lambda each: each.digest) == sorted(
            [first, second], key=lambda each: each.digest
        )
        answer = Answer(Status.PENDING, TRANSACTION)
        ledger.commit(decide_answer(payment, answer, held, now=START))
        assert list(ledger.held_callbacks(KEY)) == []

    def test_a_callback_that_is_not_held_is_not_found_as_held(self, ledger: Ledger) -> None:
        payment = ledger.open(a_payment())
        payment = committed(ledger, a_move(payment, Status.PENDING))
        ledger.commit(decide_callback(payment, a_received(amount="1"), now=START))
        assert list(ledger.held_callbacks(KEY)) == []

    def test_a_callback_with_nothing_in_it_survives_being_stored(self, ledger: Ledger) -> None:
        payment = ledger.open(a_payment())
        bare = a_received(
            transactionstatus="odd",
            amount=None,
            msisdn=None,
            message=None,
            transid=None,
            reference="",
        )
        ledger.commit(a_holding(payment, bare))
        assert list(ledger.held_callbacks(KEY)) == [bare]

    def test_a_callback_is_resolved_once(self, ledger: Ledger) -> None:
        payment = ledger.open(a_payment())
        received = a_received()
        payment = committed(ledger, a_holding(payment, received))
        answer = Answer(Status.PENDING, TRANSACTION)
        change = decide_answer(payment, answer, [received], now=START)
        after = committed(ledger, change)
        with pytest.raises(ConcurrentChange):
            ledger.commit(replace(a_move(after, Status.FAILED), resolved=change.resolved))

    @pytest.mark.parametrize("status", [Status.UNKNOWN, Status.PENDING])
    def test_an_open_payment_is_in_the_index_since_it_was_opened(
        self, ledger: Ledger, opened: Opened, status: Status
    ) -> None:
        payment = ledger.open(a_payment())
        later = START + timedelta(hours=1)
        ledger.commit(a_move(payment, status, updated_at=later))
        assert opened() == {KEY: START}

    @pytest.mark.parametrize(
        "status", [Status.NOT_SENT, Status.REJECTED, Status.FAILED, Status.SUCCEEDED]
    )
    def test_a_payment_that_is_not_open_has_left_the_index(
        self, ledger: Ledger, opened: Opened, status: Status
    ) -> None:
        ledger.commit(a_move(ledger.open(a_payment()), status))
        assert opened() == {}

    def test_a_reopened_payment_is_in_the_index_since_then(
        self, ledger: Ledger, opened: Opened
    ) -> None:
        not_sent = self._not_sent(ledger)
        later = START + timedelta(hours=1)
        ledger.reopen(not_sent, reopen(not_sent, attempt_id="attempt-2", now=later))
        assert opened() == {KEY: later}

    def test_open_payments_are_counted_by_age_and_settled_ones_are_not(
        self, ledger: Ledger
    ) -> None:
        for number in range(5):
            later = START + timedelta(hours=number)
            ledger.open(a_payment(external_id=f"order-{number}", updated_at=later))
        settled = ledger.open(a_payment(external_id="settled"))
        ledger.commit(a_move(settled, Status.SUCCEEDED))
        before = START + timedelta(hours=2)
        assert ledger.count_open(before) == {Age.FRESH: 3, Age.SILENT: 2}

    def test_an_envelope_never_holds_a_full_phone_number(self, ledger: Ledger) -> None:
        payment = ledger.open(a_payment())
        answer = decide_answer(payment, Answer(Status.PENDING, TRANSACTION), (), now=START)
        pending = committed(ledger, answer)
        mismatch = decide_callback(pending, a_received(amount="1"), now=START)
        ledger.commit(mismatch)
        envelopes = [event.envelope for event in (*answer.events, *mismatch.events)]
        assert len(envelopes) == 2
        assert all(MSISDN not in envelope for envelope in envelopes)
        assert all("2557*****678" in json.dumps(json.loads(text)) for text in envelopes)

    def test_of_many_callbacks_at_once_one_moves_the_payment(self, ledger: Ledger) -> None:
        payment = ledger.open(a_payment(fingerprint=a_payload()["externalId"]))
        pending = committed(ledger, a_move(payment, Status.PENDING, transaction_id=TRANSACTION))
        results: list[str] = []
        start = threading.Barrier(6)

        def take(number: int) -> None:
            received = a_received(mnoreference=f"receipt-{number}")
            change = decide_callback(pending, received, now=START)
            start.wait()
            try:
                ledger.commit(change)
                results.append("written")
            except ConcurrentChange:
                results.append("again")

        in_threads([partial(take, number) for number in range(6)])
        assert sorted(results) == ["again"] * 5 + ["written"]
        self._assert_events(ledger, 1)

    def _not_sent(self, ledger: Ledger) -> Payment:
        return committed(ledger, a_move(ledger.open(a_payment()), Status.NOT_SENT))

    def _assert_events(self, ledger: Ledger, count: int) -> None:
        found = ledger.history(KEY)
        assert found is not None
        assert len(found[1]) == count


def in_threads(jobs: Sequence[Callable[[], object]]) -> None:
    """Run all at once, and raise what the first of them raised."""
    failures: list[BaseException] = []

    def guarded(job: Callable[[], object]) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001 (raised again below)
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
