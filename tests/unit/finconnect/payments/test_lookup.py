"""Looking a payment up, with what happened to it."""

from __future__ import annotations

import pytest

from finconnect.payments.correlation import correlated, forget
from finconnect.payments.errors import PaymentNotFound
from finconnect.payments.lookup import LookUpPayment
from finconnect.payments.model import PaymentKey, Status
from tests.fakes.builders import KEY, MSISDN, a_move, a_payment, an_event
from tests.fakes.ledger import InMemoryLedger

ENCODED = [
    f"%2B{MSISDN}",
    f"%2b{MSISDN}",
    f"%252B{MSISDN}",  # encoded twice, by a client and by its library
    f"%25252B{MSISDN}",
    f"{MSISDN[:3]}%20{MSISDN[3:]}",
    "".join(f"%{ord(digit):02X}" for digit in MSISDN),
]


@pytest.fixture
def ledger() -> InMemoryLedger:
    return InMemoryLedger()


def test_a_payment_is_shown_with_its_history_from_its_creation_on(ledger: InMemoryLedger) -> None:
    opened = ledger.open(a_payment())
    ledger.commit(a_move(opened, Status.PENDING, an_event()))
    shown = LookUpPayment(ledger)(KEY)
    at = "2026-03-01T09:30:00.000000Z"
    assert shown["status"] == "pending"
    assert shown["history"] == [
        {"at": at, "type": "payment.created", "status": "created"},
        {"at": at, "type": "payment.pending", "status": "pending"},
    ]


def test_a_number_is_shown_masked(ledger: InMemoryLedger) -> None:
    ledger.open(a_payment())
    shown = LookUpPayment(ledger)(KEY)
    assert shown["accountNumber"] == "2557*****678"
    assert MSISDN not in str(shown)


def test_what_is_inside_is_not_shown(ledger: InMemoryLedger) -> None:
    ledger.open(a_payment())
    shown = LookUpPayment(ledger)(KEY)
    assert not {"fingerprint", "attemptId", "version", "held", "watched"} & shown.keys()


def test_an_unknown_reference_is_not_found(ledger: InMemoryLedger) -> None:
    with pytest.raises(PaymentNotFound):
        LookUpPayment(ledger)(PaymentKey("azampay", "order-2"))


def test_a_reference_that_no_key_could_hold_is_not_found() -> None:
    nobody_asked = LookUpPayment(InMemoryLedger())
    with pytest.raises(PaymentNotFound, match="longer"):
        nobody_asked(PaymentKey("azampay", "%41" * 129))


def test_the_longest_reference_is_found_percent_encoded(ledger: InMemoryLedger) -> None:
    ledger.open(a_payment(external_id="A" * 128))
    shown = LookUpPayment(ledger)(PaymentKey("azampay", "%41" * 128))
    assert shown["externalId"] == "A" * 128


@pytest.mark.parametrize("external_id", ENCODED)
def test_a_number_that_somebody_asks_for_is_masked_however_it_is_encoded(external_id: str) -> None:
    forget()
    with pytest.raises(PaymentNotFound) as told:
        LookUpPayment(InMemoryLedger())(PaymentKey("azampay", external_id))
    for shown in (str(told.value), correlated()["payment"]):
        assert "2557*****678" in shown
        assert MSISDN[-8:] not in shown


def test_the_lines_about_a_payment_have_the_id_that_it_was_stored_with(
    ledger: InMemoryLedger,
) -> None:
    forget()
    ledger.open(a_payment(external_id="50%25-off"))  # as it came: this is its id, letter by letter
    LookUpPayment(ledger)(PaymentKey("azampay", "50%25-off"))
    assert correlated()["payment"] == "azampay/50%25-off"


def test_what_is_looked_for_is_decoded_once_at_most(ledger: InMemoryLedger) -> None:
    ledger.open(a_payment(external_id="A"))
    with pytest.raises(PaymentNotFound):
        LookUpPayment(ledger)(PaymentKey("azampay", "%2541"))
