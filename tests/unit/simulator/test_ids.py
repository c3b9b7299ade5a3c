"""Identifiers have AzamPay's forms and can be repeated."""

import re
import uuid

from simulator.ids import Ids


def test_forms() -> None:
    ids = Ids(1)
    assert re.fullmatch("[0-9a-f]{32}", ids.transaction_id())
    assert uuid.UUID(ids.mno_reference()).version == 4
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", ids.traceparent())


def test_short_values_are_padded() -> None:
    ids = Ids(3)
    assert {len(ids.transaction_id()) for _ in range(200)} == {32}


def test_a_seed_repeats_and_no_seed_does_not() -> None:
    assert Ids(7).transaction_id() == Ids(7).transaction_id()
    assert Ids(7).transaction_id() != Ids(8).transaction_id()
    assert Ids().transaction_id() != Ids().transaction_id()
