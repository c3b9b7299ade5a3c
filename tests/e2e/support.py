"""What the end-to-end tests say and ask, in their own words."""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from local.function_logs import read_log_group
from local.stack import LocalStack
from simulator.behaviours import BY_NUMBER
from tests.e2e.levers import Levers

CHECK_SECONDS = 0.1
ORDINARY_NUMBER = "255754000001"


def number_of(behaviour: str) -> str:
    """The stand-in's test number that behaves as named."""
    return next(number for number, each in BY_NUMBER.items() if each.name == behaviour)


def payment(behaviour: str | None = None, **changes: object) -> dict[str, Any]:
    """A valid payment under a new externalId, to an ordinary payer or to a test number."""
    return {
        "accountNumber": ORDINARY_NUMBER if behaviour is None else number_of(behaviour),
        "amount": 1500,
        "currency": "TZS",
        "externalId": f"E2E-{uuid.uuid4().hex}",
        "provider": "Mpesa",
        **changes,
    }


def wait_until(what: str, holds: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Returns as soon as `holds()`, asking ten times a second; TimeoutError, naming `what`."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {seconds:.0f} s it still does not hold that {what}")
        pause.wait(CHECK_SECONDS)


class World(Levers):
    """A deployed stack as its tests see it: a merchant, the provider's stand-in, the ledger."""

    def __init__(self, stack: LocalStack) -> None:
        super().__init__(stack)
        self.simulator = stack.simulator
        self.merchant = stack.client()

    def close(self) -> None:
        self.merchant.close()

    def prompted(self) -> dict[str, Any]:
        """A payment that waits for a payer who never answers: callbacks come from the test."""
        paid = payment("never-answers")
        response = self.merchant.post(paid)
        assert response.status_code == 202, response.text
        return paid

    def state_of(self, external_id: str) -> dict[str, Any]:
        response = self.merchant.get(external_id)
        assert response.status_code == 200, response.text
        state: dict[str, Any] = response.json()
        return state

    def await_status(self, external_id: str, status: str) -> None:
        wait_until(
            f"{external_id} is {status}", lambda: self.state_of(external_id)["status"] == status
        )

    def items_of(self, external_id: str, prefix: str) -> list[dict[str, Any]]:
        """The ledger's items of one payment whose sort key begins with `prefix`."""
        answer = self.stack.aws.dynamodb.query(
            TableName=self.stack.outputs.table_name,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={
                ":pk": {"S": f"PAYMENT#azampay#{external_id}"},
                ":prefix": {"S": prefix},
            },
            ConsistentRead=True,
        )
        return list(answer["Items"])

    def event_types_of(self, external_id: str) -> list[str]:
        """The types of all events that the ledger holds for one payment, sorted."""
        return sorted(item["type"]["S"] for item in self.items_of(external_id, "EVENT#"))

    def callback(self, external_id: str, **order: object) -> httpx.Response:
        """Has the stand-in send one callback, and returns what the webhook answered."""
        return self.callbacks({"externalId": external_id, **order})[0]

    def callbacks(self, order: Mapping[str, object]) -> list[httpx.Response]:
        deliveries = self.simulator.send_callback(order)["deliveries"]
        return [
            httpx.Response(delivery["answer"]["status"], text=delivery["answer"]["body"])
            for delivery in deliveries
        ]

    def log_of(self, log_group: str) -> str:
        """All that one log group holds."""
        return "\n".join(read_log_group(self.stack.aws, self.resource(log_group)))
