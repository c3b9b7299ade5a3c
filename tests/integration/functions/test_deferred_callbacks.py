"""A callback without a key to tell by: into SQS, out of it, and into the ledger, all for real."""

from __future__ import annotations

import json
from typing import Any

import pytest

from finconnect.payments.aws import clients
from tests.fakes.builders import a_payload
from tests.fakes.signing import azampay_key, callback_body, other_key, public_pem
from tests.integration.functions.deployment import URL_SECRET, Answer, Deployment, sqs_record
from tests.integration.functions.standin import Says, Seen, StandIn, accepted

NEXT = other_key(1)


@pytest.fixture
def keyless(stack: Deployment, provider: StandIn) -> Deployment:
    """A stack with a pending payment and no key, whose provider gives none."""
    provider.on_key = lambda _: Says(404)
    stack.post(a_payload())
    assert stack.key_ring() == {}
    return stack


def status_of(stack: Deployment) -> str:
    return str(stack.items("PAYMENT")[0]["status"]["S"])


def word(answer: Answer) -> tuple[int, Any]:
    return answer["statusCode"], json.loads(answer["body"]).get("status")


def test_without_a_key_it_is_200_deferred_and_recorded_once_there_is_one(
    keyless: Deployment,
) -> None:
    assert word(keyless.call_back()) == (200, "deferred")
    assert keyless.items("CALLBACK#") == []
    keyless.knows_key()
    keyless.restart("webhook")
    assert keyless.deliver_waiting() == {"batchItemFailures": []}
    assert status_of(keyless) == "succeeded"
    assert keyless.event_types() == ["payment.pending", "payment.succeeded"]
    assert word(keyless.call_back()) == (200, "duplicate")
    assert keyless.waiting() == []


def test_without_a_key_still_it_stays_in_the_queue(keyless: Deployment) -> None:
    keyless.call_back()
    answer = keyless.deliver_waiting()
    assert len(answer["batchItemFailures"]) == 1
    assert status_of(keyless) == "pending"
    # Postponed by nothing in this stack, so it is there again.
    assert len(keyless.waiting()) == 1


def test_what_waits_holds_no_secret(keyless: Deployment) -> None:
    body = callback_body(azampay_key(), password="canary-password", user="canary-user")
    keyless.call_back(body)
    (message,) = keyless.waiting()
    assert "canary" not in message["Body"]
    assert URL_SECRET not in str(message)


def test_one_that_no_key_proves_is_kept_to_the_end_and_never_dropped(
    keyless: Deployment, provider: StandIn
) -> None:
    body = callback_body(other_key())
    assert word(keyless.call_back(body)) == (200, "deferred")
    keyless.knows_key()
    keyless.restart("webhook")
    provider.on_key = lambda _: Says(200, public_pem(azampay_key()).encode())
    for _ in range(4):
        expire_guard(keyless)
        assert len(keyless.deliver_waiting()["batchItemFailures"]) == 1
    assert status_of(keyless) == "pending"
    assert keyless.items("CALLBACK#") == []
    assert len(keyless.waiting()) == 1


def test_one_whose_key_was_replaced_twice_is_settled_when_its_key_is_back(
    keyless: Deployment, provider: StandIn
) -> None:
    assert word(keyless.call_back()) == (200, "deferred")
    answers = [Says(200, public_pem(key).encode()) for key in (NEXT, other_key())]
    provider.on_key = lambda _: answers.pop(0)
    for _ in range(2):
        expire_guard(keyless)
        assert len(keyless.deliver_waiting()["batchItemFailures"]) == 1
    provider.on_key = lambda _: Says(200, public_pem(azampay_key()).encode())
    expire_guard(keyless)
    assert keyless.deliver_waiting() == {"batchItemFailures": []}
    assert status_of(keyless) == "succeeded"


def test_a_new_key_within_five_minutes_of_a_fetch_is_deferred_and_then_believed(
    stack: Deployment, provider: StandIn
) -> None:
    stack.post(a_payload())
    provider.on_key = lambda _: Says(200, public_pem(azampay_key()).encode())
    assert stack.call_back(callback_body(other_key()))["statusCode"] == 401  # after a fetch
    age_guard(stack, seconds=60)
    provider.on_key = lambda _: Says(200, public_pem(NEXT).encode())
    assert word(stack.call_back(callback_body(NEXT))) == (200, "deferred")
    expire_guard(stack)
    assert stack.deliver_waiting() == {"batchItemFailures": []}
    assert status_of(stack) == "succeeded"


def test_garbage_within_half_a_minute_of_a_fetch_is_refused_at_once(
    stack: Deployment, provider: StandIn
) -> None:
    stack.post(a_payload())
    provider.on_key = lambda _: Says(200, public_pem(azampay_key()).encode())
    assert stack.call_back(callback_body(other_key()))["statusCode"] == 401
    age_guard(stack, seconds=20)
    assert stack.call_back(callback_body(other_key(), mnoreference="x"))["statusCode"] == 401
    assert stack.waiting() == []


def test_a_rotation_while_the_provider_gives_no_key_is_deferred_and_not_refused(
    stack: Deployment, provider: StandIn
) -> None:
    stack.post(a_payload())
    stack.knows_key()
    provider.on_key = lambda _: Says(503)
    for number in range(3):
        body = callback_body(NEXT, mnoreference=str(number))
        assert word(stack.call_back(body)) == (200, "deferred")
    provider.on_key = lambda _: Says(200, public_pem(NEXT).encode())
    expire_guard(stack)
    assert stack.deliver_waiting() == {"batchItemFailures": []}
    assert status_of(stack) == "succeeded"
    assert len(stack.items("CALLBACK#")) == 3


def test_a_queue_that_cannot_be_written_is_503(keyless: Deployment) -> None:
    mend = keyless.break_store("sqs.SendMessage")
    answer = keyless.call_back()
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (503, "unavailable")
    mend()
    assert word(keyless.call_back()) == (200, "deferred")


def test_good_bad_good_keeps_the_bad_one(keyless: Deployment) -> None:
    keyless.call_back(callback_body(azampay_key(), transactionstatus="processing"))
    keyless.call_back()
    first, last = map(sqs_record, keyless.waiting())
    bad = first | {"messageId": "bad", "body": "not ours"}
    keyless.knows_key()
    keyless.restart("webhook")
    answer = keyless.handle("webhook", {"Records": [first, bad, last]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert status_of(keyless) == "succeeded"


def test_a_message_that_cannot_be_postponed_is_kept_all_the_same(keyless: Deployment) -> None:
    keyless.call_back()
    keyless.break_store("sqs.ChangeMessageVisibility")
    assert len(keyless.deliver_waiting()["batchItemFailures"]) == 1


def test_one_early_callback_too_many_waits_for_the_answer(
    stack: Deployment, provider: StandIn
) -> None:
    stack.knows_key()
    words: list[tuple[int, Any]] = []

    def meanwhile(_: Seen) -> Says:
        for number in range(21):
            body = callback_body(azampay_key(), mnoreference=str(number))
            words.append(word(stack.call_back(body)))
        return accepted()

    provider.on_checkout = meanwhile
    stack.post(a_payload())
    assert words == [(200, "held")] * 20 + [(200, "deferred")]
    assert stack.deliver_waiting() == {"batchItemFailures": []}
    assert len(stack.items("CALLBACK#")) == 21
    assert stack.event_types() == ["payment.pending", "payment.succeeded"]


def expire_guard(stack: Deployment) -> None:
    """As if five minutes had passed since the last fetch."""
    age_guard(stack, seconds=300)


def age_guard(stack: Deployment, *, seconds: int) -> None:
    """As if so many seconds had passed since the last fetch, and no more."""
    (guard,) = stack.items("REFETCH")
    older = {
        name: {"N": str(int(guard[name]["N"]) - seconds)} for name in ("taken_until", "fetched_at")
    }
    clients.dynamodb().put_item(TableName="payments", Item=guard | older)
