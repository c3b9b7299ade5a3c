"""The book: what is written stays, in order, and doubles are named."""

import threading
from datetime import UTC, datetime

import msgspec
import pytest

from simulator.book import Book
from simulator.entries import Charge, KeyRequest, Payment, Prompt
from simulator.exchange import http_request


def payment(external_id: str, transaction_id: str = "t1") -> Payment:
    return Payment(
        external_id=external_id,
        transaction_id=transaction_id,
        reference=transaction_id,
        mno_reference="m",
        network="Mpesa",
        msisdn="255712345678",
        amount="1000",
    )


def prompt(external_id: str, transaction_id: str = "t1") -> Prompt:
    return Prompt(external_id=external_id, payment=payment(external_id, transaction_id))


def charge(external_id: str) -> Charge:
    return Charge(
        external_id=external_id, transaction_id="t1", msisdn="255712345678", amount="1000"
    )


@pytest.fixture
def book() -> Book:
    return Book(lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


def test_entries_are_numbered_and_dated(book: Book) -> None:
    entries = [book.add(prompt("a")), book.add(charge("a"))]
    assert [e.seq for e in entries] == [1, 2]
    assert {e.at for e in entries} == {"2026-01-02T03:04:05Z"}


def test_a_reference_is_filtered(book: Book) -> None:
    for reference in ("a", "b"):
        book.add(prompt(reference))
        book.add(charge(reference))
    book.add(KeyRequest(path="/", status=200))
    view = book.view("b")
    assert [p.external_id for p in view.prompts] == ["b"]
    assert [c.external_id for c in view.charges] == ["b"]
    assert view.key_requests == []
    assert view.totals["prompts"] == view.totals["charges"] == 1
    assert book.view().totals == {
        "prompts": 2,
        "charges": 2,
        "checkouts": 0,
        "callbacks": 0,
        "tokenRequests": 0,
        "keyRequests": 1,
    }
    assert book.view("unknown").totals["prompts"] == 0


def test_an_entry_is_amended_in_its_place(book: Book) -> None:
    first = book.add(charge("a"))
    book.add(charge("a"))
    book.amend(first, amount="7")
    assert [c.amount for c in book.entries(Charge)] == ["7", "1000"]
    assert [c.amount for c in book.entries(Charge, "a")] == ["7", "1000"]


def test_doubles_are_named(book: Book) -> None:
    for reference in ("once", "twice", "twice", "prompted"):
        book.add(prompt(reference))
        book.add(charge(reference))
    book.add(prompt("prompted"))
    assert [(d.external_id, d.prompts, d.charges) for d in book.view().doubled] == [
        ("prompted", 2, 1),
        ("twice", 2, 2),
    ]
    assert book.view("once").doubled == []


def test_the_latest_payment_of_a_reference(book: Book) -> None:
    assert book.payment("a") is None
    book.add(prompt("a", "t1"))
    book.add(prompt("a", "t2"))
    found = book.payment("a")
    assert found is not None
    assert found.transaction_id == "t2"


def test_a_cleared_book_is_empty_and_late_amendments_do_not_return(book: Book) -> None:
    entry = book.add(prompt("a"))
    book.clear()
    book.amend(entry, external_id="a")
    assert book.view().totals["prompts"] == 0
    assert book.payment("a") is None
    assert book.add(prompt("a")).seq == 2


def test_names_in_json_are_camel_case(book: Book) -> None:
    book.add(prompt("a"))
    text = msgspec.json.encode(book.view()).decode()
    assert '"externalId":"a"' in text
    assert '"transactionId":"t1"' in text
    assert "_" not in text


def test_waiting_ends_when_another_thread_writes(book: Book) -> None:
    writer = threading.Timer(0.05, lambda: book.add(charge("a")))
    writer.start()
    book.wait_for(lambda b: bool(b.entries(Charge, "a")), 5)
    writer.join()


def test_waiting_in_vain_says_what_is_there(book: Book) -> None:
    with pytest.raises(TimeoutError, match="'prompts': 0"):
        book.wait_for(lambda b: bool(b.entries(Charge)), 0.01)


def test_requests_are_kept_to_the_byte_with_secrets_masked() -> None:
    kept = http_request(
        "POST", "/x", [("authorization", "Bearer abc"), ("X-API-Key", "k"), ("A", "b")], b"\xff{}"
    )
    assert kept.headers == [("authorization", "Bearer ***"), ("X-API-Key", "***"), ("A", "b")]
    assert kept.body_base64 == "/3t9"
    assert kept.body == "\ufffd{}"


def test_changes_are_told_once_each_as_they_are_now(book: Book) -> None:
    first = book.add(prompt("a"))
    book.add(prompt("b"))
    seen = book.version
    assert [e.external_id for e in book.changes_after(0).entries] == ["a", "b"]
    assert book.changes_after(seen).entries == []
    book.add(prompt("c"))
    amended = book.amend(first, asks_phone=True)
    changes = book.changes_after(seen)
    assert [e.external_id for e in changes.entries] == ["c", "a"]
    assert changes.entries[1] == amended
    assert (changes.version, changes.is_cleared) == (book.version, False)


def test_a_cleared_book_says_so_to_whoever_knew_it_before(book: Book) -> None:
    book.add(prompt("a"))
    before = book.version
    book.clear()
    book.add(prompt("b"))
    assert book.changes_after(before).is_cleared
    assert [e.external_id for e in book.changes_after(before).entries] == ["b"]
    assert not book.changes_after(before + 1).is_cleared


def test_a_completed_entry_says_when(book: Book) -> None:
    entry = book.add(prompt("a"))
    assert entry.updated_at is None
    assert book.amend(entry, asks_phone=True).updated_at == "2026-01-02T03:04:05Z"


def test_a_listener_hears_of_every_change_while_it_listens(book: Book) -> None:
    heard: list[int] = []
    with book.watched(lambda: heard.append(1)):
        book.amend(book.add(prompt("a")), asks_phone=True)
        book.clear()
    book.add(prompt("b"))
    assert len(heard) == 3
