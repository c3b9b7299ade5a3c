"""The same callbacks around a checkout, in any order, end in the same state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from finconnect.errors import PaymentNotSent, PaymentOutcomeUnknown, PaymentRefused
from finconnect.payments.initiate import InitiatePayment
from finconnect.payments.model import Disposition, Received, Status, Verification
from finconnect.payments.record_callback import RecordCallback
from finconnect.providers.azampay.callback import AzampayCallbacks
from finconnect.providers.base import Callback, CheckoutAccepted
from tests.fakes.builders import KEY, a_payload, a_received
from tests.fakes.clock import FakeClock, FakeIds
from tests.fakes.ledger import InMemoryLedger
from tests.fakes.provider import ACCEPTED, FakeProvider
from tests.fakes.stores import FakeQueue, FakeUrlSecret
from tests.fakes.telemetry import RecordingTelemetry

ANSWERS: dict[Status, CheckoutAccepted | Exception] = {
    Status.PENDING: ACCEPTED,
    Status.UNKNOWN: PaymentOutcomeUnknown("no answer"),
    Status.REJECTED: PaymentRefused("no"),
    Status.NOT_SENT: PaymentNotSent("no route"),
}
WORDS = ("success", "failure", "failed", "pending", "processing")
# Two receipts for each, so that one fact also comes in different bytes.
CALLBACKS = [
    *(
        a_received(transactionstatus=word, mnoreference=receipt)
        for word in WORDS
        for receipt in "ab"
    ),
    *(a_received(transactionstatus=word, amount="1") for word in WORDS),
    *(a_received(transactionstatus=word, msisdn="255700000001") for word in WORDS),
]
SUCCESSES = {each.digest for each in CALLBACKS[:2]}
FAILURES = {each.digest for each in CALLBACKS[2:6]}
MISMATCHES = {each.digest for each in CALLBACKS[10:]}
some_callbacks = st.lists(st.sampled_from(CALLBACKS), max_size=5)


@dataclass(slots=True)
class World:
    """A payment that is made, and callbacks that come whenever they like."""

    ledger: InMemoryLedger
    pay: Callable[[], object]
    deliver: Callable[[Received], Disposition]
    provider: FakeProvider

    @classmethod
    def build(cls, answer: Status) -> World:
        ledger, clock, ids, heard = InMemoryLedger(), FakeClock(), FakeIds(), RecordingTelemetry()
        provider = FakeProvider([ANSWERS[answer]])
        initiate = InitiatePayment("azampay", provider, ledger, heard, clock, ids)
        record = RecordCallback(
            provider_name="azampay",
            reader=AzampayCallbacks(),
            url_secret=FakeUrlSecret(),
            verify=_nobody_verifies,
            deferred=FakeQueue(),
            ledger=ledger,
            telemetry=heard,
            clock=clock,
            ids=ids,
        )
        return cls(ledger, lambda: initiate(a_payload()), record.record, provider)


def _nobody_verifies(callback: Callback) -> Verification:
    raise AssertionError("these callbacks are believed already")


def played(
    answer: Status,
    before: Sequence[Received],
    between: Sequence[Received],
    after: Sequence[Received],
) -> InMemoryLedger:
    """Callbacks before the answer arrives, between its coming and its record, and after."""
    world = World.build(answer)
    armed: list[Received] = []

    def checked_out() -> None:
        _each(world.deliver, before)
        armed.extend(between)

    def interfere() -> None:
        # One at each attempt to commit, also at those of the others that interfere.
        if armed:
            world.deliver(armed.pop(0))

    world.provider.during_checkout = checked_out
    world.ledger.faults.meanwhile(interfere, "ledger.commit", times=None)
    world.pay()
    _each(world.deliver, after)
    assert armed == []
    return world.ledger


def _each(deliver: Callable[[Received], object], callbacks: Sequence[Received]) -> None:
    for callback in callbacks:
        deliver(callback)


def expected_status(answer: Status, digests: set[str]) -> Status:
    if digests & SUCCESSES:
        return Status.SUCCEEDED
    return Status.FAILED if digests & FAILURES else answer


def is_contradictory(answer: Status, digests: set[str]) -> bool:
    says_unpaid = bool(digests & FAILURES) or answer in (Status.REJECTED, Status.NOT_SENT)
    return bool(digests & SUCCESSES) and says_unpaid


def expected_types(answer: Status, digests: set[str]) -> Counter[str]:
    """How often each type is published, but for ``failed``, which a success may overtake."""
    return Counter(
        {
            f"payment.{answer.value}": int(answer is not Status.NOT_SENT),
            "payment.succeeded": int(bool(digests & SUCCESSES)),
            "payment.conflict": int(is_contradictory(answer, digests)),
            "payment.mismatch": len(digests & MISMATCHES),
        }
    )


@settings(max_examples=400)
@given(
    answer=st.sampled_from(list(ANSWERS)),
    before=some_callbacks,
    between=some_callbacks,
    after=some_callbacks,
)
def test_any_order_of_callbacks_around_the_answer_ends_in_the_same_state(
    answer: Status,
    before: list[Received],
    between: list[Received],
    after: list[Received],
) -> None:
    ledger = played(answer, before, between, after)
    digests = {each.digest for each in (*before, *between, *after)}
    payment = ledger.payments[KEY]
    assert payment.status is expected_status(answer, digests)
    assert payment.held == 0
    assert payment.conflicted == is_contradictory(answer, digests)
    types = Counter(ledger.types())
    failed = types.pop("payment.failed", 0)
    assert +types == +expected_types(answer, digests)
    if digests & FAILURES and not digests & SUCCESSES:
        assert failed == 1
    assert failed <= int(bool(digests & FAILURES))


@settings(max_examples=200)
@given(
    answer=st.sampled_from(list(ANSWERS)),
    callbacks=st.lists(st.sampled_from(CALLBACKS), max_size=6),
    data=st.data(),
)
def test_no_callback_is_lost_and_none_is_kept_twice(
    answer: Status, callbacks: list[Received], data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(callbacks)))
    second = data.draw(st.integers(first, len(callbacks)))
    ledger = played(answer, callbacks[:first], callbacks[first:second], callbacks[second:])
    assert {digest for _, digest in ledger.inbox} == {each.digest for each in callbacks}
    assert all(kept.disposition is not Disposition.HELD for kept in ledger.inbox.values())


@settings(max_examples=200)
@given(callbacks=st.lists(st.sampled_from(CALLBACKS), max_size=6), data=st.data())
def test_callbacks_of_a_payment_that_does_not_exist_are_orphans_in_any_order(
    callbacks: list[Received], data: st.DataObject
) -> None:
    world = World.build(Status.PENDING)
    _each(world.deliver, callbacks)
    digests = {each.digest for each in callbacks}
    assert world.ledger.types() == ["callback.unmatched"] * len(digests)
    assert world.ledger.payments == {}


@given(
    answer=st.sampled_from(list(ANSWERS)),
    callbacks=st.lists(st.sampled_from(CALLBACKS), max_size=6),
    data=st.data(),
)
def test_two_permutations_of_the_same_callbacks_agree(
    answer: Status, callbacks: list[Received], data: st.DataObject
) -> None:
    other = data.draw(st.permutations(callbacks))
    cut = data.draw(st.integers(0, len(callbacks)))
    one = played(answer, (), (), callbacks)
    two = played(answer, other[:cut], (), other[cut:])
    assert one.payments[KEY].status is two.payments[KEY].status
    assert set(one.types()) - {"payment.failed"} == set(two.types()) - {"payment.failed"}
