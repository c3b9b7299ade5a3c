"""Asking a payer for money, once: every row of the HTTP table, and every unlucky moment."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from finconnect.errors import (
    InvalidPayload,
    PaymentNotSent,
    PaymentOutcomeUnknown,
    PaymentRefused,
    PaymentUnauthorised,
)
from finconnect.payments.decisions import reopen
from finconnect.payments.errors import (
    ConcurrentChange,
    ExternalIdReused,
    LedgerUnavailable,
    PaymentInProgress,
)
from finconnect.payments.http_api import Response, answers_problems
from finconnect.payments.initiate import MAX_TRIES, Initiated, InitiatePayment
from finconnect.payments.model import Change, Payment, Status
from finconnect.payments.payment_answers import initiated_response
from finconnect.payments.record_callback import RecordCallback
from finconnect.payments.telemetry import Fact
from finconnect.providers.azampay.callback import AzampayCallbacks
from finconnect.providers.base import CheckoutAccepted
from tests.fakes.builders import KEY, a_payload, a_received
from tests.fakes.clock import FakeClock, FakeIds
from tests.fakes.faults import ProcessDied, When
from tests.fakes.ledger import InMemoryLedger
from tests.fakes.ledger_contract import in_threads
from tests.fakes.provider import ACCEPTED, TRANSACTION, FakeProvider
from tests.fakes.stores import FakeQueue, FakeUrlSecret
from tests.fakes.telemetry import RecordingTelemetry
from tests.fakes.verifying import believe

PATH = "/v1/payments/azampay"


@dataclass(slots=True)
class Desk:
    """The use case with everything around it faked."""

    provider: FakeProvider = field(default_factory=FakeProvider)
    ledger: InMemoryLedger = field(default_factory=InMemoryLedger)
    heard: RecordingTelemetry = field(default_factory=RecordingTelemetry)
    clock: FakeClock = field(default_factory=FakeClock)
    ids: FakeIds = field(default_factory=FakeIds)

    def pay(self, **changes: Any) -> Initiated:  # noqa: ANN401
        use_case = InitiatePayment(
            "azampay", self.provider, self.ledger, self.heard, self.clock, self.ids
        )
        return use_case(a_payload(**changes))

    def post(self, **changes: Any) -> Response:  # noqa: ANN401
        """The HTTP answer, as the function gives it."""

        @answers_problems(self.heard)
        def handler(event: dict[str, Any]) -> Response:
            return initiated_response(self.pay(**event), path=PATH)

        return handler(changes)

    def receives(self, **fields: Any) -> None:  # noqa: ANN401
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
        record.record(a_received(**fields))

    @property
    def payment(self) -> Payment:
        return self.ledger.payments[KEY]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def body(response: Response) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(response["body"])
    return found


def assert_problem(response: Response, status: int, code: str) -> None:
    assert response["headers"]["Content-Type"] == "application/problem+json"
    assert response["statusCode"] == body(response)["status"] == status
    assert body(response)["code"] == code


# Rows of the HTTP table, in its order.


def test_a_prompt_that_was_sent_is_202_with_the_payment_and_where_it_is(desk: Desk) -> None:
    response = desk.post()
    assert response["statusCode"] == 202
    assert response["headers"]["Location"] == f"{PATH}/order-1"
    assert response["headers"]["Content-Type"] == "application/json"
    assert body(response) == {
        "externalId": "order-1",
        "provider": "azampay",
        "network": "Mpesa",
        "status": "pending",
        "amount": "1000",
        "currency": "TZS",
        "accountNumber": "2557*****678",
        "transactionId": TRANSACTION,
        "message": "The prompt is on its way.",
        "createdAt": "2026-03-01T09:30:00.000000Z",
        "updatedAt": "2026-03-01T09:30:00.000000Z",
    }
    assert desk.ledger.types() == ["payment.pending"]


def test_the_location_holds_the_reference_as_a_path_needs_it(desk: Desk) -> None:
    response = desk.post(externalId="a/b?c#d%20")
    assert response["headers"]["Location"] == f"{PATH}/a%2Fb%3Fc%23d%2520"


def test_no_clear_answer_is_202_and_unknown(desk: Desk) -> None:
    desk.provider.answers = [PaymentOutcomeUnknown("no answer")]
    response = desk.post()
    assert response["statusCode"] == 202
    assert response["headers"]["Location"] == f"{PATH}/order-1"
    assert body(response)["status"] == "unknown"
    assert desk.ledger.types() == ["payment.unknown"]


def test_the_same_payload_again_is_200_with_the_payment_as_it_is_now(desk: Desk) -> None:
    desk.post()
    desk.receives()
    response = desk.post()
    assert response["statusCode"] == 200
    assert response["headers"]["Idempotency-Replayed"] == "true"
    assert body(response)["status"] == "succeeded"
    assert len(desk.provider.checkouts) == 1


@pytest.mark.parametrize(
    "answer", [PaymentRefused("no"), PaymentOutcomeUnknown("nothing"), ACCEPTED]
)
def test_nothing_is_sent_again_whatever_the_answer_was(
    desk: Desk, answer: CheckoutAccepted | Exception
) -> None:
    desk.provider.answers = [answer]
    first = desk.pay()
    again = desk.pay()
    assert (first.replayed, again.replayed) == (False, True)
    assert again.payment == first.payment
    assert len(desk.provider.checkouts) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "1001"},
        {"amount": 1000},
        {"accountNumber": "255712345679"},
        {"accountNumber": "0712345678"},
        {"provider": "Tigo"},
        {"additionalProperties": {"basket": "17"}},
        {"additionalProperties": None},
    ],
)
def test_another_payload_with_the_same_reference_is_422(
    desk: Desk, changes: dict[str, Any]
) -> None:
    desk.post()
    assert_problem(desk.post(**changes), 422, "external_id_reused")
    assert len(desk.provider.checkouts) == 1


def test_another_order_of_the_fields_is_the_same_payload(desk: Desk) -> None:
    desk.post(additionalProperties={"a": 1, "b": {"c": 2, "d": 3}})
    assert desk.post(additionalProperties={"b": {"d": 3, "c": 2}, "a": 1})["statusCode"] == 200


def test_another_payload_is_refused_before_a_reopening(desk: Desk) -> None:
    desk.provider.answers = [PaymentNotSent("no route")]
    desk.post()
    with pytest.raises(ExternalIdReused):
        desk.pay(amount="1")
    assert desk.payment.status is Status.NOT_SENT


def test_a_payment_that_is_being_sent_is_409_and_says_when_to_come_back(desk: Desk) -> None:
    seen: list[Response] = []
    desk.provider.during_checkout = lambda: seen.append(desk.post())
    desk.post()
    assert_problem(seen[0], 409, "in_progress")
    assert int(seen[0]["headers"]["Retry-After"]) > 0
    assert len(desk.provider.checkouts) == 1


def test_another_payload_while_it_is_being_sent_is_422_and_not_409(desk: Desk) -> None:
    seen: list[Response] = []
    desk.provider.during_checkout = lambda: seen.append(desk.post(amount="1"))
    desk.post()
    assert_problem(seen[0], 422, "external_id_reused")


def test_an_invalid_body_is_400_and_names_every_fault(desk: Desk) -> None:
    response = desk.post(amount="0", currency="USD", provider="MPESA", extra=1)
    assert_problem(response, 400, "invalid_payment")
    fields = [each["field"] for each in body(response)["errors"]]
    assert fields == ["amount", "currency", "provider", "extra"]
    assert all(each["message"] for each in body(response)["errors"])
    assert desk.ledger.faults.calls == []


def test_a_refusal_is_422_with_the_providers_message(desk: Desk) -> None:
    desk.provider.answers = [PaymentRefused("no", provider_message="Invalid Vendor")]
    response = desk.post()
    assert_problem(response, 422, "provider_refused")
    assert "Invalid Vendor" in response["body"]
    assert desk.payment.status is Status.REJECTED
    assert desk.ledger.types() == ["payment.rejected"]


@pytest.mark.parametrize("error", [PaymentNotSent("no route"), PaymentUnauthorised("no token")])
def test_what_was_certainly_not_sent_is_503_and_may_be_posted_again(
    desk: Desk, error: Exception
) -> None:
    desk.provider.answers = [error]
    response = desk.post()
    assert_problem(response, 503, "provider_unavailable")
    assert int(response["headers"]["Retry-After"]) > 0
    assert desk.payment.status is Status.NOT_SENT
    assert desk.ledger.types() == []


def test_what_was_not_sent_is_sent_once_when_posted_again(desk: Desk) -> None:
    desk.provider.answers = [PaymentNotSent("no route"), ACCEPTED]
    statuses = [desk.post()["statusCode"] for _ in range(3)]
    assert statuses == [503, 202, 200]
    assert len(desk.provider.checkouts) == 2
    assert desk.payment.status is Status.PENDING
    assert desk.ledger.types() == ["payment.pending"]


def test_of_many_who_post_again_at_once_one_sends(desk: Desk) -> None:
    desk.provider.answers = [PaymentNotSent("no route"), ACCEPTED]
    desk.post()
    statuses: list[int] = []
    in_threads([lambda: statuses.append(desk.post()["statusCode"])] * 12)
    assert statuses.count(202) == 1
    assert set(statuses) <= {200, 202, 409}
    assert len(desk.provider.checkouts) == 2


def test_who_lost_the_reopening_to_one_that_failed_too_is_told_to_post_again(desk: Desk) -> None:
    desk.provider.answers = [PaymentNotSent("no route")]
    desk.post()
    # Between our reading and our reopening another container reopens, and fails again.
    desk.ledger.faults.meanwhile(desk.post, "ledger.reopen")
    assert_problem(desk.post(), 503, "provider_unavailable")
    assert desk.payment.status is Status.NOT_SENT


# Money's order: record first, send once, record the answer.


def test_the_payment_is_recorded_before_anything_is_sent(desk: Desk) -> None:
    seen: list[Status] = []
    desk.provider.during_checkout = lambda: seen.append(desk.payment.status)
    desk.pay()
    assert seen == [Status.CREATED]


def test_the_payload_reaches_the_provider_unchanged(desk: Desk) -> None:
    payload = a_payload(amount=1000, additionalProperties={"b": 1, "a": [None]})
    desk.pay(amount=1000, additionalProperties={"b": 1, "a": [None]})
    assert desk.provider.checkouts == [payload]
    assert list(desk.provider.checkouts[0]) == list(payload)


def test_of_many_equal_requests_at_once_one_calls_the_provider(desk: Desk) -> None:
    statuses: list[int] = []
    in_threads([lambda: statuses.append(desk.post()["statusCode"])] * 50)
    assert len(desk.provider.checkouts) == 1
    assert statuses.count(202) == 1
    assert set(statuses) <= {200, 202, 409}
    assert desk.ledger.types() == ["payment.pending"]


def test_a_record_that_cannot_be_written_sends_nothing(desk: Desk) -> None:
    desk.ledger.faults.fail(LedgerUnavailable("no"), "ledger.open")
    assert_problem(desk.post(), 503, "unavailable")
    assert desk.provider.checkouts == []
    assert desk.post()["statusCode"] == 202


def test_a_record_whose_answer_was_lost_sends_nothing_and_nothing_later(desk: Desk) -> None:
    desk.ledger.faults.fail(LedgerUnavailable("no"), "ledger.open", when=When.AFTER)
    assert_problem(desk.post(), 503, "unavailable")
    assert_problem(desk.post(), 409, "in_progress")
    assert desk.provider.checkouts == []


def test_a_client_that_repeats_its_own_write_recognises_it(desk: Desk) -> None:
    # The first write arrived, its answer did not, and the client's repetition finds it there.
    wrote: list[Payment] = []
    open_ = desk.ledger.open

    class Repeating(InMemoryLedger):
        def open(self, payment: Payment) -> Payment:
            wrote.append(open_(payment))
            return open_(payment)

    repeating = Repeating(
        payments=desk.ledger.payments, inbox=desk.ledger.inbox, outbox=desk.ledger.outbox
    )
    desk.ledger = repeating
    assert desk.pay().replayed is False
    assert len(desk.provider.checkouts) == 1
    assert wrote[0].attempt_id == desk.payment.attempt_id


def test_an_answer_that_cannot_be_recorded_is_503_and_never_sent_again(desk: Desk) -> None:
    desk.ledger.faults.fail(LedgerUnavailable("no"), "ledger.commit", times=None)
    assert_problem(desk.post(), 503, "unavailable")
    assert_problem(desk.post(), 409, "in_progress")
    assert len(desk.provider.checkouts) == 1
    assert desk.payment.status is Status.CREATED


def test_an_answer_is_not_recorded_for_the_attempt_of_another_request(desk: Desk) -> None:
    # "Not sent" was recorded, the word of it was lost, and meanwhile an equal request has taken the
    # payment back and is sending it. To write "not sent" over that would let a third one send too.
    desk.provider.answers = [PaymentNotSent("no route")]

    class Overtaken(InMemoryLedger):
        def commit(self, change: Change) -> None:
            if change.after is not None and change.after.attempt_id != "another":
                super().commit(change)
                taken = reopen(change.after, attempt_id="another", now=desk.clock())
                self.reopen(change.after, taken)
                raise ConcurrentChange("the payment has changed")
            super().commit(change)

    desk.ledger = Overtaken()
    desk.pay()
    assert (desk.payment.status, desk.payment.attempt_id) == (Status.CREATED, "another")


def test_an_unknown_outcome_keeps_the_transaction_that_was_named(desk: Desk) -> None:
    desk.provider.answers = [PaymentOutcomeUnknown("timed out", transaction_id=TRANSACTION)]
    desk.pay()
    assert (desk.payment.status, desk.payment.transaction_id) == (Status.UNKNOWN, TRANSACTION)


def test_an_answer_whose_record_was_lost_on_its_way_is_there(desk: Desk) -> None:
    desk.ledger.faults.fail(LedgerUnavailable("no"), "ledger.commit", when=When.AFTER)
    assert_problem(desk.post(), 503, "unavailable")
    assert desk.post()["statusCode"] == 200
    assert len(desk.provider.checkouts) == 1


@pytest.mark.parametrize("when", list(When))
@pytest.mark.parametrize("call", ["ledger.open", "ledger.commit", "provider.checkout"])
def test_a_process_that_dies_never_leads_to_a_second_checkout(
    desk: Desk, call: str, when: When
) -> None:
    desk.ledger.faults.fail(ProcessDied(), call, when=when)
    desk.provider.faults = desk.ledger.faults
    with pytest.raises(ProcessDied):
        desk.pay()
    desk.post()
    assert len(desk.provider.checkouts) <= 1


def test_a_payment_that_somebody_else_changed_is_decided_anew(desk: Desk) -> None:
    desk.provider.during_checkout = desk.receives
    assert desk.pay().payment.status is Status.SUCCEEDED
    assert desk.ledger.types() == ["payment.pending", "payment.succeeded"]
    assert desk.payment.held == 0


def test_a_conflicting_write_is_repeated(desk: Desk) -> None:
    desk.ledger.faults.fail(ConcurrentChange("busy"), "ledger.commit", times=MAX_TRIES - 1)
    assert desk.pay().payment.status is Status.PENDING
    assert len(desk.provider.checkouts) == 1


def test_a_payment_that_never_stands_still_is_unavailable(desk: Desk) -> None:
    desk.ledger.faults.fail(ConcurrentChange("busy"), "ledger.commit", times=None)
    with pytest.raises(LedgerUnavailable):
        desk.pay()
    assert len(desk.provider.checkouts) == 1


def test_a_held_callback_of_another_transaction_does_not_settle(desk: Desk) -> None:
    other = "f" * 32
    desk.provider.during_checkout = lambda: desk.receives(externalreference=other, transid=other)
    assert desk.pay().payment.status is Status.PENDING
    assert desk.ledger.types() == ["payment.pending", "payment.mismatch"]


def test_a_refused_payment_whose_callback_says_paid_is_202_and_a_conflict(desk: Desk) -> None:
    desk.provider.answers = [PaymentRefused("no")]
    desk.provider.during_checkout = desk.receives
    response = desk.post()
    assert response["statusCode"] == 202
    assert body(response)["status"] == "succeeded"
    assert desk.ledger.types()[-1] == "payment.conflict"


@pytest.mark.parametrize("error", [InvalidPayload, ExternalIdReused, PaymentInProgress])
def test_what_the_caller_did_wrong_reaches_no_provider(desk: Desk, error: type[Exception]) -> None:
    if error is InvalidPayload:
        with pytest.raises(error):
            desk.pay(amount="0")
    elif error is ExternalIdReused:
        desk.pay()
        with pytest.raises(error):
            desk.pay(amount="1")
    else:
        desk.ledger.faults.fail(ProcessDied(), "provider.checkout")
        desk.provider.faults = desk.ledger.faults
        with pytest.raises(ProcessDied):
            desk.pay()
        with pytest.raises(error):
            desk.pay()
    assert len(desk.provider.checkouts) <= 1


# What is told.


@pytest.mark.parametrize(
    ("answer", "fact"),
    [
        (ACCEPTED, Fact.PAYMENT_ACCEPTED),
        (PaymentRefused("no"), Fact.PAYMENT_REFUSED),
        (PaymentOutcomeUnknown("nothing"), Fact.PAYMENT_UNKNOWN),
        (PaymentNotSent("no route"), Fact.PAYMENT_NOT_SENT),
        (PaymentUnauthorised("no token"), Fact.PAYMENT_NOT_SENT),
    ],
)
def test_each_answer_is_told_by_its_own_fact(
    desk: Desk, answer: CheckoutAccepted | Exception, fact: Fact
) -> None:
    desk.provider.answers = [answer]
    desk.pay()
    assert desk.heard.facts == [Fact.PAYMENT_RECORDED, fact, Fact.PAYMENT_ANSWERED]
    assert all(details["payment"] == "azampay/order-1" for _, details in desk.heard.told)


def test_a_replay_is_told(desk: Desk) -> None:
    desk.pay()
    desk.pay()
    assert desk.heard.details(Fact.PAYMENT_REPLAYED)["status"] is Status.PENDING
