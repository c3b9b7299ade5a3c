"""No separator stands between the signed fields: the same signature, cut elsewhere.

The payments that are recorded here are the attacker's best: each has the reference that the shift
makes, and agrees in amount, phone and network.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Final

import pytest

from finconnect.payments.model import Answer, Payment, Status
from finconnect.payments.verify import UnsignedCallbacks
from tests.fakes.provider import TRANSACTION
from tests.fakes.signing import SIGNED_FIELDS, callback_fields
from tests.hostile.bodies import as_azampay, dump, signed_text
from tests.hostile.webhook import a_webhook, recorded

STATES: Final = (Status.CREATED, Status.UNKNOWN, Status.PENDING)
# A reference whose end could be the beginning of a transaction: the most that a shift can hope for.
REFERENCES: Final = ("order-1", "0123456789abcdef", "deadbeef")
WORDS: Final = ("success", "failure", "failed")
MAX_REFERENCE: Final = 128
OTHER_TRANSACTION: Final = "f" * 32

type Cuts = tuple[int, int, int]


def cut(text: str, cuts: Cuts) -> dict[str, str]:
    """The signed fields, if the text is cut here."""
    first, second, third = cuts
    parts = (text[:first], text[first:second], text[second:third], text[third:])
    return dict(zip(SIGNED_FIELDS, parts, strict=True))


def true_cuts(reference: str, word: str) -> Cuts:
    """Where the fields really end."""
    first = len(reference)
    return first, first + 32, first + 32 + len(word)


def shifts_of_one(reference: str, word: str) -> Iterator[Cuts]:
    """Every way to move one of the three boundaries, as far as its neighbours."""
    cuts = true_cuts(reference, word)
    ends = (0, *cuts, len(reference) + 32 + len(word) + len("Mpesa"))
    for which in range(3):
        for at in range(ends[which] + 1, ends[which + 2]):
            if at != cuts[which]:
                moved = [*cuts]
                moved[which] = at
                yield moved[0], moved[1], moved[2]


def shifted(reference: str, word: str, cuts: Cuts) -> bytes:
    """A callback with a valid signature whose fields are cut elsewhere."""
    genuine = callback_fields(utilityref=reference, transactionstatus=word)
    text = signed_text(genuine)
    fields = cut(text, cuts)
    ours = {"transid": fields["externalreference"], "reference": fields["externalreference"]}
    return dump(genuine | fields | ours | {"signature": as_azampay(text)})


def victim(status: Status, body: bytes) -> Payment:
    """A payment with the very reference that the callback names."""
    return recorded(
        status,
        external_id=json.loads(body)["utilityref"],
        transaction_id=OTHER_TRANSACTION if status is Status.PENDING else None,
    )


CASES: Final = [
    (reference, word, cuts)
    for reference in REFERENCES
    for word in WORDS
    for cuts in shifts_of_one(reference, word)
]


@pytest.mark.parametrize("status", STATES, ids=[status.value for status in STATES])
@pytest.mark.parametrize(
    ("reference", "word", "cuts"), CASES, ids=[f"{r}-{w}-{c}" for r, w, c in CASES]
)
def test_one_boundary_shifted_pays_for_nobody(
    reference: str, word: str, cuts: Cuts, status: Status
) -> None:
    body = shifted(reference, word, cuts)
    webhook = a_webhook(victim(status, body))

    reply = webhook.send(body)

    assert reply.status == 200
    assert reply.word in {Status.CREATED: {"held"}}.get(status, {"mismatch"})
    assert webhook.state is status
    assert webhook.keeps(body)
    if status is Status.CREATED:
        webhook.answer_checkout(Answer(Status.PENDING, OTHER_TRANSACTION))
        assert webhook.state is Status.PENDING
    assert webhook.ledger.types()[-1] == "payment.mismatch"


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("reference", REFERENCES)
def test_a_shift_before_a_checkout_of_unknown_outcome_settles_nothing(
    reference: str, word: str
) -> None:
    for cuts in shifts_of_one(reference, word):
        body = shifted(reference, word, cuts)
        webhook = a_webhook(victim(Status.CREATED, body))
        assert webhook.send(body).word == "held"
        webhook.answer_checkout(Answer(Status.UNKNOWN))
        assert webhook.state is Status.UNKNOWN


@pytest.mark.parametrize("accept", [False, True], ids=["signed", "and unsigned accepted"])
@pytest.mark.parametrize("word", WORDS)
def test_of_all_ways_to_cut_only_the_true_one_settles_anything(word: str, accept: bool) -> None:
    # The weakest record: the checkout never told its id, so there is none to compare with.
    reference = "beef"
    length = len(reference) + 32 + len(word) + len("Mpesa")
    mode = UnsignedCallbacks.ACCEPT if accept else UnsignedCallbacks.REJECT
    every_cut = list(itertools.combinations(range(1, length), 3))
    # All of them for one word; elsewhere those near the truth.
    near = [cuts for cuts in every_cut if _is_near(cuts, true_cuts(reference, word))]
    moved = []
    for cuts in every_cut if (word, accept) == ("failed", False) else near:
        body = shifted(reference, word, cuts)
        webhook = a_webhook(victim(Status.UNKNOWN, body), unsigned=mode)
        assert webhook.send(body).status in {200, 400}
        if webhook.state is not Status.UNKNOWN:
            moved.append(cuts)
    assert moved == [true_cuts(reference, word)]


def _is_near(cuts: Cuts, true: Cuts) -> bool:
    return all(abs(here - there) <= 3 for here, there in zip(cuts, true, strict=True))


def test_the_victims_are_real_ones() -> None:
    # The genuine callback, cut where it was signed, does settle such a payment in every state.
    for word, status in zip(WORDS, (Status.SUCCEEDED, Status.FAILED, Status.FAILED), strict=True):
        body = shifted("order-1", word, true_cuts("order-1", word))
        for state in (Status.UNKNOWN, Status.PENDING):
            known = TRANSACTION if state is Status.PENDING else None
            webhook = a_webhook(recorded(state, transaction_id=known))
            assert webhook.send(body).word == "applied"
            assert webhook.state is status
