"""A ledger in the emulator, and the finished payments that fill it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from benchmarks.finished import finished_payment
from finconnect.payments.aws.items import partition
from finconnect.payments.model import PaymentKey
from local.aws import LocalAws
from local.environment import forget_aws_account
from local.ministack import start_ministack
from local.paths import PROJECT
from local.ports import choose_port
from local.processes import Supervisor
from local.run_folder import RunFolder

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "growth"
WRITERS = 4
BATCH = 25
PART = 400
_KEPT = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


@contextmanager
def empty_ledger() -> Iterator[DynamoDBClient]:
    """A client of an emulator that has the template's table, and nothing else.

    Raises StepFailed and StepTimedOut with the emulator's log.
    """
    forget_aws_account(os.environ)
    supervisor, folder = Supervisor(), RunFolder.create(PROJECT.local)
    try:
        aws = LocalAws(start_ministack(supervisor, folder, choose_port("unused")))
        aws.dynamodb.create_table(TableName=TABLE, **_table_of(PROJECT.template))
        yield aws.dynamodb
        aws.close()
    finally:
        supervisor.stop_all()
        folder.remove()


def fill(client: DynamoDBClient, numbers: range) -> None:
    """Writes the finished payments with these numbers: each with its callback and its events."""
    model = finished_payment("MODEL", datetime.now(UTC))
    items = (_as_another(item, number) for number in numbers for item in model)
    with ThreadPoolExecutor(WRITERS, thread_name_prefix="fill") as pool:
        # The pool takes all that it is given at once: a part at a time, so that memory suffices.
        for part in batched(batched(items, BATCH, strict=False), PART, strict=False):
            list(pool.map(lambda batch: _write(client, batch), part))


def _write(client: DynamoDBClient, batch: tuple[dict[str, Any], ...]) -> None:
    requests: Any = [{"PutRequest": {"Item": item}} for item in batch]
    while requests:
        answer = client.batch_write_item(RequestItems={TABLE: requests})
        requests = answer["UnprocessedItems"].get(TABLE, [])


def _as_another(item: dict[str, Any], number: int) -> dict[str, Any]:
    external_id = f"FINISHED-{number:07d}"
    own = {"pk": {"S": partition(PaymentKey("azampay", external_id))}}
    if "external_id" in item:
        own["external_id"] = {"S": external_id}
    return {**item, **own}


def _table_of(template: Path) -> dict[str, Any]:
    """The keys and the index as the template has them."""

    class _Loader(yaml.SafeLoader):
        """Takes CloudFormation's own tags for nothing: none is in what is read."""

    _Loader.add_multi_constructor("!", lambda *_: None)
    text = template.read_text(encoding="utf-8")
    resources = yaml.load(text, _Loader)["Resources"]  # noqa: S506 - a safe loader
    properties = resources["PaymentsTable"]["Properties"]
    return {name: properties[name] for name in _KEPT}
