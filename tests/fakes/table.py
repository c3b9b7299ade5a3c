"""The ledger's table, and what its index of open payments shows."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any

from finconnect.clock import from_iso
from finconnect.payments.aws.items import key_of
from finconnect.payments.model import PaymentKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "payments"
INDEX = "open-payments"


def create_table(client: DynamoDBClient, name: str = TABLE) -> str:
    """Create the table with the keys, the index and the stream of the template."""
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "S"}
            for attribute in ("pk", "sk", "open_shard", "open_since")
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": INDEX,
                "KeySchema": [
                    {"AttributeName": "open_shard", "KeyType": "HASH"},
                    {"AttributeName": "open_since", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    return name


def open_index(client: DynamoDBClient, name: str = TABLE) -> dict[PaymentKey, datetime]:
    """The payments in the index, and since when each is open."""
    rows = client.scan(TableName=name, IndexName=INDEX)["Items"]
    return {key_of(row["pk"]["S"]): from_iso(row["open_since"]["S"]) for row in rows}


def all_items(client: DynamoDBClient, name: str = TABLE) -> list[dict[str, Any]]:
    """Every item of the table, as DynamoDB holds it."""
    return [dict(item) for item in client.scan(TableName=name, ConsistentRead=True)["Items"]]


def one_call_at_a_time(client: DynamoDBClient) -> DynamoDBClient:
    """Let calls of threads through one by one: moto's transactions are not isolated."""
    lock = threading.RLock()

    def enter(**_: object) -> None:
        lock.acquire()

    def leave(**_: object) -> None:
        lock.release()

    client.meta.events.register_last("before-call.dynamodb", enter)
    client.meta.events.register_first("after-call.dynamodb", leave)
    client.meta.events.register_first("after-call-error.dynamodb", leave)
    return client
