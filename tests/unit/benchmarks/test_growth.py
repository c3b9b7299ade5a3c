"""What counts as growth."""

from collections import Counter

import pytest

from benchmarks.finished import finished_payment
from benchmarks.growth import growth
from benchmarks.meter import Bill
from finconnect.payments.aws.items import read_payment
from finconnect.payments.model import Status
from tests.fakes.clock import START


def a_bill(**changes: int) -> Bill:
    bill = Bill(Counter({"GetItem": 1}), 1.0, 6.0)
    for name, value in changes.items():
        setattr(bill, name, value)
    return bill


def test_equal_bills_have_not_grown() -> None:
    assert list(growth({10: {"a payment": a_bill()}, 1000: {"a payment": a_bill()}})) == []


@pytest.mark.parametrize(
    "larger",
    [
        a_bill(read_units=2),
        a_bill(write_units=7),
        Bill(Counter({"GetItem": 2}), 1.0, 6.0),
        Bill(Counter({"GetItem": 1, "Scan": 1}), 1.0, 6.0),
    ],
)
def test_more_units_or_more_calls_are_growth(larger: Bill) -> None:
    (line,) = growth({10: {"a payment": a_bill()}, 1000: {"a payment": larger}})
    assert line == "a payment costs more at 1,000 payments than at 10"


def test_a_bill_knows_reads_from_writes() -> None:
    bill = Bill()
    bill.add("Query", 0.5)
    bill.add("TransactWriteItems", 4.0)
    assert (bill.read_units, bill.write_units) == (0.5, 4.0)


def test_a_finished_payment_is_a_settled_one_that_nobody_watches() -> None:
    payment, callback, *events = finished_payment("FINISHED-1", START)
    assert read_payment(payment).status is Status.SUCCEEDED
    assert not read_payment(payment).watched
    assert callback["sk"]["S"].startswith("CALLBACK#")
    assert [event["type"]["S"] for event in events] == ["payment.pending", "payment.succeeded"]
