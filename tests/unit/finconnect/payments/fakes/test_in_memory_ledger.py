"""The fake ledger keeps the contract of every ledger."""

from __future__ import annotations

import pytest

from finconnect.payments.errors import LedgerUnavailable
from tests.fakes.builders import KEY, a_payment
from tests.fakes.faults import When
from tests.fakes.ledger import InMemoryLedger
from tests.fakes.ledger_contract import LedgerContract, Opened


@pytest.fixture
def ledger() -> InMemoryLedger:
    return InMemoryLedger()


class TestInMemoryLedger(LedgerContract):
    @pytest.fixture
    def opened(self, ledger: InMemoryLedger) -> Opened:
        return lambda: dict(ledger.open_since)


def test_a_call_that_is_refused_has_no_effect(ledger: InMemoryLedger) -> None:
    ledger.faults.fail(LedgerUnavailable("no"), "ledger.open")
    with pytest.raises(LedgerUnavailable):
        ledger.open(a_payment())
    assert ledger.load(KEY) is None


def test_a_call_whose_answer_is_lost_has_its_effect(ledger: InMemoryLedger) -> None:
    ledger.faults.fail(LedgerUnavailable("no"), "ledger.open", when=When.AFTER)
    with pytest.raises(LedgerUnavailable):
        ledger.open(a_payment())
    assert ledger.load(KEY) == a_payment()
