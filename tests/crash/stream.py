"""The table's stream as Lambda's mapping gives it to the relay, and what a subscriber got."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from tests.crash.containers import Containers, FunctionFailed
from tests.crash.ledger_view import REGION, raw_items
from tests.integration.functions.deployment import stream_record

_BATCH: Final = 10
_TRIES: Final = 5


@dataclass(slots=True)
class Stream:
    """New items of the outbox in their order; a batch that failed is given again from there."""

    containers: Containers
    topic: str
    tries_left: int = _TRIES
    _done: set[str] = field(default_factory=set)

    def pump(self) -> bool:
        """Give the relay one batch; False if there is none, or the tries are used up."""
        waiting = self.waiting()[:_BATCH]
        if not waiting or self.tries_left <= 0:
            return False
        records = {
            f"{number:021d}": stream_record(image, number)
            for number, image in enumerate(waiting, 1)
        }
        try:
            answer = self.containers.invoke("event_relay", {"Records": [*records.values()]})
        except FunctionFailed:
            self.tries_left -= 1
            return True
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        self._advance(records, failed)
        return True

    def waiting(self) -> list[dict[str, Any]]:
        """The outbox items that the stream has not got rid of yet."""
        events = [item for item in raw_items() if item["sk"]["S"].startswith("EVENT#")]
        new = [item for item in events if item["sk"]["S"] not in self._done]
        return sorted(new, key=lambda item: str(item["sk"]["S"]))

    def takes_heart(self) -> None:
        """The outage is over, and the mapping has not given up yet."""
        self.tries_left = _TRIES

    def published(self) -> list[dict[str, Any]]:
        """What subscribers were sent, in order."""
        topic = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[self.topic]
        return [json.loads(notification[1]) for notification in topic.sent_notifications]

    def _advance(self, records: dict[str, dict[str, Any]], failed: set[str]) -> None:
        # The mapping goes on from the first record that failed, also past those that did not.
        for number, record in records.items():
            if number in failed:
                self.tries_left -= 1
                return
            self._done.add(record["dynamodb"]["Keys"]["sk"]["S"])
