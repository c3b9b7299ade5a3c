"""What a guard does, whoever holds it: run against the table in memory and against DynamoDB."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from finconnect.payments.aws.guard import DynamoDBGuard, new_claim
from finconnect.payments.errors import StoreUnavailable
from tests.fakes.clock import START
from tests.fakes.ledger_contract import in_threads

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MINUTE = timedelta(minutes=1)


class GuardContract:
    """A subclass has a fixture ``client`` whose table ``payments`` is there and empty."""

    @pytest.fixture
    def guard(self, client: DynamoDBClient) -> DynamoDBGuard:
        return DynamoDBGuard(client, "payments", pk="TOKEN#azampay", sk="REFRESH")

    def test_a_free_guard_is_taken_once(self, guard: DynamoDBGuard) -> None:
        assert self._take(guard) is None
        assert self._take(guard) is not None

    def test_who_comes_too_late_sees_what_the_holder_noted(self, guard: DynamoDBGuard) -> None:
        guard.take(until=START + MINUTE, now=START, values={"state": "begun"}, claim="mine")
        there = self._take(guard)
        assert there is not None
        assert there["state"] == "begun"
        assert guard.note("mine", {"state": "done", "at": 7}) is True
        there = self._take(guard)
        assert there is not None
        assert (there["state"], there["at"]) == ("done", 7)

    def test_a_note_does_not_free_it(self, guard: DynamoDBGuard) -> None:
        self._take(guard, claim="mine")
        guard.note("mine", {"state": "done"})
        assert self._take(guard) is not None

    def test_it_is_free_again_when_its_time_is_over_and_not_before(
        self, guard: DynamoDBGuard
    ) -> None:
        self._take(guard)
        second = timedelta(seconds=1)
        assert self._take(guard, now=START + MINUTE - second) is not None
        assert self._take(guard, now=START + MINUTE) is None
        assert self._take(guard, now=START + MINUTE) is not None

    def test_it_can_be_looked_at_without_being_taken(self, guard: DynamoDBGuard) -> None:
        assert guard.is_taken(START) is False
        self._take(guard, claim="mine")
        second = timedelta(seconds=1)
        assert guard.is_taken(START + MINUTE - second) is True
        assert guard.is_taken(START + MINUTE) is False
        guard.release("mine")
        assert guard.is_taken(START) is False

    def test_a_released_guard_is_free_at_once(self, guard: DynamoDBGuard) -> None:
        self._take(guard, claim="mine")
        assert guard.release("mine") is True
        assert self._take(guard) is None

    def test_a_guard_can_be_released_from_a_later_time_on(self, guard: DynamoDBGuard) -> None:
        self._take(guard, claim="mine")
        guard.release("mine", until=START + timedelta(seconds=2), values={"state": "failed"})
        there = self._take(guard, now=START + timedelta(seconds=1))
        assert there is not None
        assert there["state"] == "failed"
        assert self._take(guard, now=START + timedelta(seconds=2)) is None

    def test_who_comes_back_after_his_time_leaves_the_next_ones_alone(
        self, guard: DynamoDBGuard
    ) -> None:
        self._take(guard, claim="slow")
        assert self._take(guard, now=START + MINUTE, claim="next") is None
        assert guard.note("slow", {"state": "done"}) is False
        assert guard.release("slow") is False
        there = self._take(guard, now=START + MINUTE)
        assert there is not None
        assert (there["taken_by"], "state" in there) == ("next", False)

    def test_who_repeats_a_write_whose_answer_was_lost_has_it(self, guard: DynamoDBGuard) -> None:
        assert self._take(guard, claim="mine") is None
        assert self._take(guard, claim="mine") is None
        assert self._take(guard, claim="another") is not None

    def test_a_guard_that_nobody_has_taken_can_be_noted_by_nobody(
        self, guard: DynamoDBGuard
    ) -> None:
        assert guard.note("mine", {"state": "done"}) is False
        assert guard.release("mine") is False
        assert self._take(guard) is None

    def test_two_guards_do_not_know_each_other(
        self, guard: DynamoDBGuard, client: DynamoDBClient
    ) -> None:
        other = DynamoDBGuard(client, "payments", pk="PUBLIC_KEY#azampay", sk="REFETCH")
        assert self._take(guard) is None
        assert self._take(other) is None

    def test_of_a_hundred_at_once_one_has_it(self, guard: DynamoDBGuard) -> None:
        told: list[dict[str, Any] | None] = []
        in_threads([lambda: told.append(self._take(guard))] * 100)
        assert len(told) == 100
        assert told.count(None) == 1

    def _take(
        self, guard: DynamoDBGuard, *, now: datetime = START, claim: str | None = None
    ) -> dict[str, Any] | None:
        return guard.take(until=now + MINUTE, now=now, values={}, claim=claim or new_claim())


def assert_unavailable(guard: DynamoDBGuard) -> None:
    """Every call of a guard that cannot be written says so."""
    with pytest.raises(StoreUnavailable):
        guard.take(until=START + MINUTE, now=START, values={}, claim="mine")
    with pytest.raises(StoreUnavailable):
        guard.is_taken(START)
    with pytest.raises(StoreUnavailable):
        guard.note("mine", {"state": "done"})
    with pytest.raises(StoreUnavailable):
        guard.release("mine")
