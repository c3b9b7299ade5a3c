"""The defects once more, through the webhook as it is built, into DynamoDB as moto imitates it."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import pytest
from moto import mock_aws

from finconnect.clock import to_iso, utc_now
from finconnect.payments.aws import clients
from finconnect.payments.aws.dynamodb_ledger import DynamoDBLedger
from finconnect.payments.settings import WebhookSettings, read_settings
from tests.fakes.table import TABLE, all_items, create_table
from tests.hostile.bodies import PEM, genuine
from tests.hostile.container import ENVIRONMENT, URL_SECRET, Reply, container, post
from tests.hostile.defects.catalogue import DEFECTS
from tests.hostile.defects.defect import Defect
from tests.hostile.webhook import recorded

if TYPE_CHECKING:
    from finconnect.composition.webhook import WebhookApp

KEY: Final = {"current": PEM, "fetched_at": "2026-03-01T09:30:00Z"}
GUARD: Final = "PUBLIC_KEY#"


@dataclass(frozen=True, slots=True)
class Stack:
    """The real use cases over one table, in which there is one pending payment at a time."""

    app: WebhookApp

    def send(self, body: bytes) -> Reply:
        return container().handle(post(body, encoded=True), self.app)

    def renew(self) -> None:
        """Leave nothing there but one pending payment."""
        # A new table, since moto's transactions copy all that a table has ever seen.
        client = clients.dynamodb()
        client.delete_table(TableName=TABLE)
        create_table(client)
        DynamoDBLedger(client, TABLE).open(recorded())

    def items(self) -> dict[str, dict[str, Any]]:
        """The items by sort key, without the guard of the key fetching."""
        found = all_items(clients.dynamodb())
        return {each["sk"]["S"]: each for each in found if not each["pk"]["S"].startswith(GUARD)}


@pytest.fixture(scope="module")
def deployed() -> Iterator[Stack]:
    with mock_aws(), patch.dict(os.environ, ENVIRONMENT):
        container()
        clients._client.cache_clear()
        create_table(clients.dynamodb())
        clients.secretsmanager().create_secret(
            Name="url-secret", SecretString=json.dumps({"current": URL_SECRET})
        )
        clients.ssm().put_parameter(Name="/key", Value=json.dumps(KEY), Type="String")
        clients.lambda_().meta.events.register("before-call.lambda.Invoke", _fetched)  # type: ignore[arg-type]
        from finconnect.composition.webhook import build  # noqa: PLC0415 (after the environment)

        yield Stack(build(read_settings(WebhookSettings), telemetry=container().built.telemetry))
    clients._client.cache_clear()


@pytest.fixture
def stack(deployed: Stack) -> Stack:
    deployed.renew()
    return deployed


def _fetched(**_: object) -> tuple[Any, dict[str, Any]]:
    """As token_refresh: the same key again, and that it was fetched just now."""
    fresh = json.dumps(KEY | {"fetched_at": to_iso(utc_now())})
    clients.ssm().put_parameter(Name="/key", Value=fresh, Type="String", Overwrite=True)
    body = io.BytesIO(json.dumps({"public_key": "refreshed"}).encode())
    return SimpleNamespace(status_code=200), {"StatusCode": 200, "Payload": body}


# What is refused never comes to the table: of that, a few of each group are enough here.
TRIED: Final = {
    name: defect
    for group, defects in DEFECTS.items()
    for number, (name, defect) in enumerate(
        (f"{group}: {name}", defect) for name, defect in defects.items()
    )
    if defect.status == 200 or number % 10 == 0
}


@pytest.mark.parametrize("defect", TRIED.values(), ids=TRIED.keys())
def test_a_defect_leaves_the_payments_item_as_it_is(stack: Stack, defect: Defect) -> None:
    before = stack.items()

    reply = stack.send(defect.body)

    after = stack.items()
    assert (reply.status, reply.word) == (defect.status, defect.word)
    assert after["PAYMENT"] == before["PAYMENT"]
    new = sorted(key.partition("#")[0] for key in after.keys() - before.keys())
    events = 1 if defect.word in {"mismatch", "unmatched"} else 0
    assert new == (["CALLBACK"] + ["EVENT"] * events if defect.status == 200 else [])


def test_the_genuine_callback_is_written(stack: Stack) -> None:
    assert stack.send(genuine()).word == "applied"
    assert stack.items()["PAYMENT"]["status"] == {"S": "succeeded"}
