"""The guard's contract, held by the table in memory that other tests rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.guard_contract import GuardContract
from tests.fakes.guard_table import InMemoryGuardTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TestInMemoryGuardTable(GuardContract):
    @pytest.fixture
    def client(self) -> DynamoDBClient:
        return InMemoryGuardTable().client
