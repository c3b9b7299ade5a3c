"""The guard in DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import EndpointConnectionError

from finconnect.payments.aws.guard import DynamoDBGuard
from tests.fakes.guard_contract import GuardContract, assert_unavailable
from tests.fakes.table import all_items, one_call_at_a_time

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TestDynamoDBGuard(GuardContract):
    @pytest.fixture
    def client(self, dynamodb: DynamoDBClient, table: str) -> DynamoDBClient:
        return one_call_at_a_time(dynamodb)

    def test_it_is_one_item_that_is_no_payment(
        self, guard: DynamoDBGuard, client: DynamoDBClient
    ) -> None:
        self._take(guard, claim="mine")
        guard.note("mine", {"state": "done"})
        (item,) = all_items(client)
        assert (item["pk"]["S"], item["sk"]["S"]) == ("TOKEN#azampay", "REFRESH")
        assert item.keys() == {"pk", "sk", "taken_until", "taken_by", "state"}


def test_a_table_that_is_not_there_is_unavailable(dynamodb: DynamoDBClient) -> None:
    assert_unavailable(DynamoDBGuard(dynamodb, "no-such-table", pk="P", sk="S"))


def test_a_table_that_cannot_be_reached_is_unavailable(
    dynamodb: DynamoDBClient, table: str
) -> None:
    def refuse(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="nowhere")

    dynamodb.meta.events.register("before-call.dynamodb", refuse)
    assert_unavailable(DynamoDBGuard(dynamodb, table, pk="P", sk="S"))
