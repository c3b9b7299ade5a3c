"""What a guard does, whoever holds it: run against the table in memory and against DynamoDB."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from finconnect.payments.aws.guard import DynamoDBGuard
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
        guard.take(until=START + MINUTE, now=START, values={"state": "unsettled"})
        there = self._take(guard)
        assert there is not None
        assert there["state"] == "unsettled"
        guard.note({"state": "fetched"})
        there = self._take(guard)
        assert there is not None
        assert there["state"] == "fetched"

    def test_a_note_does_not_free_it(self, guard: DynamoDBGuard) -> None:
        self._take(guard)
        guard.note({"state": "fetched"})
        assert self._take(guard) is not None

    def test_it_is_free_again_when_its_time_is_over_and_not_before(
        self, guard: DynamoDBGuard
    ) -> None:
        self._take(guard)
        second = timedelta(seconds=1)
        assert self._take(guard, now=START + MINUTE - second) is not None
        assert self._take(guard, now=START + MINUTE) is None
        assert self._take(guard, now=START + MINUTE) is not None

    def test_a_released_guard_is_free_at_once(self, guard: DynamoDBGuard) -> None:
        self._take(guard)
        guard.release()
        assert self._take(guard) is None

    def test_a_guard_can_be_released_from_a_later_time_on(self, guard: DynamoDBGuard) -> None:
        self._take(guard)
        guard.release(until=START + timedelta(seconds=2))
        assert self._take(guard, now=START + timedelta(seconds=1)) is not None
        assert self._take(guard, now=START + timedelta(seconds=2)) is None

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

    def _take(self, guard: DynamoDBGuard, now: Any = START) -> dict[str, Any] | None:  # noqa: ANN401
        return guard.take(until=now + MINUTE, now=now, values={})


def assert_unavailable(guard: DynamoDBGuard) -> None:
    """Every call of a guard that cannot be written says so."""
    with pytest.raises(StoreUnavailable):
        guard.take(until=START + MINUTE, now=START, values={})
    with pytest.raises(StoreUnavailable):
        guard.note({"state": "fetched"})
    with pytest.raises(StoreUnavailable):
        guard.release()
