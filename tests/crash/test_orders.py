"""The same callbacks around a checkout, in any order and number, come to the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from finconnect.payments.model import Disposition, Status, Verification
from finconnect.payments.verify import UnsignedCallbacks
from finconnect.providers.base import CallbackOutcome
from tests.crash.around_checkout import ANSWERS, CALLBACKS, Scene, Sent, play
from tests.crash.tally import ORDERS
from tests.fakes.builders import KEY

answers = st.sampled_from(list(ANSWERS))
policies = st.sampled_from(list(UnsignedCallbacks))
# Few kinds at a time, so that repetitions and contradictions are the rule.
kinds = st.lists(st.sampled_from(CALLBACKS), min_size=1, max_size=5, unique=True)
OPPOSED = [each for each in CALLBACKS if each.outcome is not None and not each.differs]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a set of callbacks comes to, whatever their order."""

    status: Status
    is_contradictory: bool
    inbox: frozenset[str]
    events: Counter[str]


def is_believed(sent: Sent, policy: UnsignedCallbacks) -> bool:
    return sent.is_signed or policy is UnsignedCallbacks.ACCEPT


def is_mismatch(sent: Sent, answer: Status) -> bool:
    """Whether it does not agree with the record; the transaction is known from one answer only."""
    if sent.differs == "transaction" or not sent.is_signed:
        is_strange = sent.differs == "transaction"
        return is_strange if answer is Status.PENDING else not sent.is_signed
    return bool(sent.differs)


def expected(answer: Status, policy: UnsignedCallbacks, callbacks: Sequence[Sent]) -> Expected:
    kept = {each for each in callbacks if is_believed(each, policy)}
    orphans = {each for each in kept if each.differs == "reference"}
    mismatches = {each for each in kept - orphans if is_mismatch(each, answer)}
    said = {each.outcome for each in kept - orphans - mismatches}
    is_paid, has_failed = CallbackOutcome.SUCCEEDED in said, CallbackOutcome.FAILED in said
    is_contradictory = is_paid and (has_failed or answer in (Status.REJECTED, Status.NOT_SENT))
    status = Status.SUCCEEDED if is_paid else Status.FAILED if has_failed else answer
    events = Counter(
        {
            f"payment.{answer.value}": int(answer is not Status.NOT_SENT),
            "payment.succeeded": int(is_paid),
            # Where a success overtook it, whether it was told depends on the order.
            "payment.failed": int(has_failed and not is_paid),
            "payment.conflict": int(is_contradictory),
            "payment.mismatch": len(mismatches),
            "callback.unmatched": len(orphans),
        }
    )
    digests = frozenset(each.digest for each in kept)
    return Expected(status, is_contradictory, digests, +events)


def found(scene: Scene) -> Expected:
    payment = scene.ledger.payments[KEY]
    events = Counter(scene.ledger.types())
    if payment.status is Status.SUCCEEDED:
        del events["payment.failed"]
    inbox = frozenset(digest for _, digest in scene.ledger.inbox)
    return Expected(payment.status, payment.conflicted, inbox, events)


@st.composite
def orders(draw: st.DrawFn, callbacks: Sequence[Sent]) -> list[list[Sent]]:
    """The callbacks, each at least once, in some order, cut into before, between and after."""
    repeated = draw(st.lists(st.sampled_from(callbacks), max_size=4))
    order = draw(st.permutations([*callbacks, *repeated]))
    first, second = sorted(draw(st.tuples(*[st.integers(0, len(order))] * 2)))
    return [order[:first], order[first:second], order[second:]]


@settings(max_examples=1500)
@given(answer=answers, policy=policies, callbacks=kinds, data=st.data())
def test_any_order_and_number_of_the_same_callbacks_comes_to_the_same(
    answer: Status, policy: UnsignedCallbacks, callbacks: list[Sent], data: st.DataObject
) -> None:
    wanted = expected(answer, policy, callbacks)
    for _ in range(2):
        before, between, after = data.draw(orders(callbacks))
        scene = play(answer, policy, before, between, after)
        ORDERS.played(before, between, after)
        assert found(scene) == wanted
        assert scene.ledger.payments[KEY].held == 0
        kept = scene.ledger.inbox.values()
        assert all(each.disposition is not Disposition.HELD for each in kept)
        assert {each.name for each in scene.refused} == {
            each.name for each in callbacks if not is_believed(each, policy)
        }


@settings(max_examples=500)
@given(
    answer=answers,
    callbacks=st.lists(st.sampled_from(OPPOSED), min_size=2, max_size=4, unique=True),
    data=st.data(),
)
def test_a_conflict_is_published_exactly_when_the_set_contradicts_itself(
    answer: Status, callbacks: list[Sent], data: st.DataObject
) -> None:
    before, between, after = data.draw(orders(callbacks))
    scene = play(answer, UnsignedCallbacks.ACCEPT, before, between, after)
    ORDERS.played(before, between, after)
    wanted = expected(answer, UnsignedCallbacks.ACCEPT, callbacks)
    assert scene.ledger.types().count("payment.conflict") == int(wanted.is_contradictory)
    payment = scene.ledger.payments[KEY]
    assert payment.conflicted == wanted.is_contradictory
    if payment.status is Status.SUCCEEDED:
        assert payment.verification in (Verification.SIGNATURE, Verification.URL_SECRET)
