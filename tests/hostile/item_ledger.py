"""The ledger in memory, and its queue, each write of which must also be possible in AWS."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from finconnect.payments.aws import items
from finconnect.payments.deferred import Deferred
from finconnect.payments.model import Change
from finconnect.providers.azampay.callback import AzampayCallbacks
from tests.fakes.ledger import InMemoryLedger
from tests.fakes.stores import FakeQueue

MAX_KEY_BYTES: Final = {"pk": 2048, "sk": 1024}
MAX_ITEM_BYTES: Final = 400 * 1024
MAX_MESSAGE_BYTES: Final = 256 * 1024
"""The limits of DynamoDB, SNS and SQS: what is beyond them would be refused for ever."""


@dataclass(slots=True)
class ItemLedger(InMemoryLedger):
    """Turns everything into DynamoDB's items and back, and holds it against DynamoDB's limits."""

    def commit(self, change: Change) -> None:
        """Write a change whole or not at all."""
        for kept in filter(None, (change.received, *change.resolved)):
            assert items.read_callback(checked(items.callback_item(kept))) == kept
        if change.after is not None:
            assert items.read_payment(checked(items.payment_item(change.after))).key == (
                change.after.key
            )
        for event in change.events:
            assert items.read_event(checked(items.event_item(event))) == event
            assert len(event.envelope.encode()) <= MAX_MESSAGE_BYTES
            assert all((event.network, event.status, event.type)), "SNS takes no empty attribute"
        InMemoryLedger.commit(self, change)


@dataclass(slots=True)
class CheckedQueue(FakeQueue):
    """Takes only what SQS would take and what can be read again."""

    def put(self, deferred: Deferred) -> None:
        """Keep a callback for a later try."""
        text = deferred.to_json()
        assert len(text.encode()) <= MAX_MESSAGE_BYTES
        assert Deferred.from_json(text) == deferred
        AzampayCallbacks().parse_callback(deferred.body.encode())
        FakeQueue.put(self, deferred)


def checked(item: dict[str, Any]) -> dict[str, Any]:
    """The item, if DynamoDB can hold it."""
    for name, limit in MAX_KEY_BYTES.items():
        assert 0 < len(item[name]["S"].encode("utf-8")) <= limit
    assert len(json.dumps(item, ensure_ascii=False).encode("utf-8")) <= MAX_ITEM_BYTES
    return item
