"""A table, secrets and keys in AWS as moto imitates it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from tests.fakes.table import create_table
from tests.integration.moto_settings import KEEP_MODELS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    """No adapter here ever reaches a real account."""
    with mock_aws(config=KEEP_MODELS):
        yield


@pytest.fixture
def dynamodb() -> DynamoDBClient:
    return boto3.client("dynamodb")


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> str:
    """The ledger's table as the template describes it; its name."""
    return create_table(dynamodb)
