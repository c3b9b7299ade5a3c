"""A payment's story, read from the book's lines."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulator.behaviours import APPROVED, CLAIMED, DECLINED, PENDING, Outcome, Tamper
from simulator.book import Book
from simulator.callbacks import build_callback
from simulator.cases import Case, State, build_case, case_key
from simulator.entries import (
    CallbackAttempt,
    Charge,
    Checkout,
    Entry,
    KeyRequest,
    Payment,
    PhoneAnswer,
    Prompt,
)
from simulator.exchange import http_answer, http_request
from simulator.keys import KeyRing
from simulator.signatures import signature_of

BODY = (
    b'{"accountNumber":"0712345678","amount":60000,"currency":"TZS",'
    b'"externalId":"A-1","provider":"Mpesa"}'
)
PAYMENT = Payment(
    external_id="A-1",
    transaction_id="f" * 32,
    reference="f" * 32,
    mno_reference="m",
    network="Mpesa",
    msisdn="255712345678",
    amount="60000",
)
ACCEPTED = http_answer(200, "application/json", b'{"success":true,"message":"On its way."}')
RECORDED = http_answer(200, "application/json", b'{"status":"recorded"}')


class Story:
    """A book in which something happens every second."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        self.book = Book(self._tick)
        self.keys = KeyRing(1)

    def _tick(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    def checkout(self, answer: Any = ACCEPTED, body: bytes = BODY) -> "Story":  # noqa: ANN401
        request = http_request("POST", "/azampay/mno/checkout", [], body)
        entry = self.book.add(Checkout(external_id="A-1", request=request, token_fingerprint="x"))
        if answer is not None:
            self.book.amend(entry, answer=answer)
        return self

    def prompt(self, answer: PhoneAnswer | None = None, asks_phone: bool = True) -> "Story":
        entry = self.book.add(Prompt(external_id="A-1", payment=PAYMENT, asks_phone=asks_phone))
        if answer is not None:
            self.book.amend(entry, answer=answer)
        return self

    def charge(self) -> "Story":
        self.book.add(
            Charge(
                external_id="A-1", transaction_id="f" * 32, msisdn="255712345678", amount="60000"
            )
        )
        return self

    def callback(
        self,
        outcome: Outcome,
        answer: Any = RECORDED,  # noqa: ANN401
        tamper: Tamper | None = None,
        error: str | None = None,
    ) -> "Story":
        made = build_callback(PAYMENT, outcome, self.keys, tamper=tamper)
        entry = self.book.add(
            CallbackAttempt(
                external_id="A-1",
                transaction_id="f" * 32,
                origin="payment",
                attempt=1,
                request=http_request("POST", "http://h/***", [], made.body),
                signature_input=made.signature_input,
            )
        )
        if answer is not None or error is not None:
            self.book.amend(entry, answer=answer, error=error)
        return self

    @property
    def case(self) -> Case:
        return build_case(self.book.entries(Entry))


@pytest.mark.parametrize(
    ("story", "state"),
    [
        (Story().checkout(None), State.UNDER_WAY),
        (Story().checkout(http_answer(400, None, b"")), State.REFUSED),
        (Story().checkout().prompt(), State.WAITING),
        (Story().checkout().prompt(asks_phone=False), State.UNDER_WAY),
        (Story().checkout().prompt(PhoneAnswer.IGNORE), State.IGNORED),
        (Story().checkout().prompt(PhoneAnswer.APPROVE).charge(), State.PAID),
        (Story().checkout().prompt(PhoneAnswer.DECLINE).callback(DECLINED), State.FAILED),
        (Story().checkout().prompt(asks_phone=False).callback(CLAIMED), State.CLAIMED),
        (Story().checkout().prompt(asks_phone=False).callback(PENDING), State.UNDER_WAY),
        (Story().checkout().prompt().charge().callback(APPROVED).prompt(), State.WAITING),
    ],
)
def test_states(story: Story, state: State) -> None:
    assert story.case.state is state


@pytest.mark.parametrize(
    ("story", "is_delivered"),
    [
        (Story().checkout(), None),
        (Story().checkout().callback(APPROVED, None), None),
        (Story().checkout().callback(APPROVED), True),
        (Story().checkout().callback(APPROVED, http_answer(500, None, b"")), False),
        (Story().checkout().callback(APPROVED, None, error="ConnectError"), False),
        (Story().checkout().callback(APPROVED, None, error="X").callback(APPROVED), True),
    ],
)
def test_whether_the_webhook_took_it(story: Story, is_delivered: bool | None) -> None:
    assert story.case.is_delivered is is_delivered


def test_what_is_paid_by_whom() -> None:
    refused = Story().checkout(http_answer(200, None, b'{"success":false}')).case
    prompted = Story().checkout().prompt().case
    for case in (refused, prompted):
        assert (case.msisdn, case.network, case.amount) == ("255712345678", "Mpesa", "60000")
    unreadable = Story().checkout(http_answer(400, None, b""), b"{").case
    assert (unreadable.msisdn, unreadable.network, unreadable.amount) == (None, None, None)


def test_a_search_looks_into_ids_and_numbers() -> None:
    words = Story().checkout().prompt().case.words
    for word in ("a-1", "255712345678", "mpesa", "60000", "waiting", "f" * 32):
        assert word in words


def test_moments_are_in_the_order_of_time() -> None:
    story = Story()
    entry = story.book.add(
        Checkout(
            external_id="A-1",
            request=http_request("POST", "/", [], BODY),
            token_fingerprint=None,
        )
    )
    story.prompt(PhoneAnswer.APPROVE).charge().callback(APPROVED)
    # Answered last, as by the number whose callback comes first.
    story.book.amend(entry, answer=ACCEPTED)
    assert [moment.title for moment in story.case.moments] == [
        "Checkout received",
        "Prompt on 255712345678",
        "The payer approved",
        "Payer charged TZS 60,000",
        "Callback sent: success",
        "The webhook answered 200",
        "Answered 200",
    ]
    assert story.case.moments[-1].detail == "On its way."


def test_the_headline_is_what_is_waited_for() -> None:
    assert Story().checkout().prompt().case.headline.title == "Prompt on 255712345678"
    assert Story().checkout().case.headline.title == "Answered 200"


def test_entries_without_a_reference() -> None:
    request = http_request("POST", "/", [], b"{")
    checkout = Checkout(seq=7, at="2026-01-02T03:04:05Z", request=request, token_fingerprint=None)
    assert case_key(checkout) == "case-7"
    assert build_case([checkout]).reference is None
    assert case_key(KeyRequest(path="/", status=200)) is None


def test_the_key_of_a_reference_is_safe_in_a_page() -> None:
    key = case_key(KeyRequest(external_id='"><script>', path="/", status=200))
    assert key is not None
    assert key.removeprefix("case-").isalnum()


@pytest.mark.parametrize(
    ("tamper", "is_over_fields", "holds"),
    [(None, True, True), (Tamper.STATUS, False, False), (Tamper.SIGNATURE, True, False)],
)
def test_signatures_are_taken_apart(
    tamper: Tamper | None, is_over_fields: bool, holds: bool
) -> None:
    story = Story().callback(CLAIMED, tamper=tamper)
    (attempt,) = story.book.entries(CallbackAttempt)
    signature = signature_of(attempt, story.keys)
    assert signature is not None
    assert signature.source == f"A-1{'f' * 32}successMpesa"
    assert (signature.is_over_fields, signature.holds) == (is_over_fields, holds)
    assert (signature.joined == signature.source) == is_over_fields


def test_an_unsigned_callback_has_no_signature() -> None:
    story = Story().callback(CLAIMED, tamper=Tamper.UNSIGNED)
    (attempt,) = story.book.entries(CallbackAttempt)
    assert signature_of(attempt, story.keys) is None
