"""What stands in the logs of the deployed stack: who can be found by which id."""

import json
from typing import Any

from local.events import EventQueue
from tests.e2e.support import World, payment, wait_until


def test_a_payment_can_be_followed_through_the_logs(world: World, events: EventQueue) -> None:
    paid = payment("approve-at-once")
    world.merchant.post(paid)
    events.wait_for(paid["externalId"], "payment.succeeded")

    def about(log_group: str) -> list[dict[str, Any]]:
        texts = world.log_of(log_group).splitlines()
        lines = [json.loads(text) for text in texts if text.startswith('{"level"')]
        return [line for line in lines if line.get("payment") == f"azampay/{paid['externalId']}"]

    def facts(log_group: str) -> set[str]:
        return {line["message"] for line in about(log_group)}

    wait_until("it was published", lambda: len(facts("EventRelayLogGroup")) == 1)
    assert facts("PaymentsLogGroup") >= {"payment_recorded", "provider_called", "payment_accepted"}
    assert facts("WebhookLogGroup") >= {"callback_recorded", "payment_succeeded"}
    for log_group in ("PaymentsLogGroup", "WebhookLogGroup"):
        requests = {line.get("api_request_id") for line in about(log_group)}
        assert len(requests) == 1, requests
        assert None not in requests
