"""The commands for whoever answers for the payments, run on the deployed stack."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

from finconnect.clock import to_iso
from local.events import EventQueue
from tests.e2e.support import World, payment, wait_until

SUCCEEDED = "payment.succeeded"


def test_history_tells_all_that_happened_to_a_payment(world: World, events: EventQueue) -> None:
    paid = settled(world, events)
    told = world.ops("history", paid)

    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(f"azampay/{paid}: succeeded\n")
    for happened in ("recorded, before", "event payment.pending", "callback 'success'", SUCCEEDED):
        assert happened in told.stdout
    assert "255754000001" not in told.stdout
    assert "no payment" in world.ops("history", "nobody").stdout


def test_republish_tells_of_a_payment_again_with_the_same_ids(
    world: World, events: EventQueue
) -> None:
    paid = settled(world, events)
    before = ids_of(events, paid)
    assert set(before.values()) == {1}

    again = world.ops("republish", "--payment", paid)
    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines()[-1] == f"{len(before)} published"
    wait_until("each came twice", lambda: ids_of(events, paid) == dict.fromkeys(before, 2))


def test_republish_tells_of_a_time_again(world: World, events: EventQueue) -> None:
    start = to_iso(datetime.now(UTC))
    paid = settled(world, events)
    again = world.ops("republish", "--from", start)

    assert again.returncode == 0, again.stderr
    wait_until("each came twice", lambda: set(ids_of(events, paid).values()) == {2})
    nothing = world.ops("republish", "--from", start, "--to", start)
    assert nothing.stdout.splitlines() == ["0 published"]


def test_what_the_relay_gave_up_is_published_by_a_redrive(world: World, events: EventQueue) -> None:
    given_up = payment("never-answers")
    no_topic = f"{world.stack.outputs.event_topic_arn}-that-is-not-there"
    with world.environment("EventRelayFunction", EVENT_TOPIC_ARN=no_topic):
        world.merchant.post(given_up)
        wait_until(
            "the relay was refused",
            lambda: given_up["externalId"] in relay_failures(world),
        )
    # The emulator takes a partial failure for a success, which is here as if Lambda had given up;
    # so what Lambda would then have put into the queue is put there by hand.
    tell_that_the_relay_gave_up(world)
    redriven = world.ops("redrive", "relay")

    assert redriven.returncode == 0, redriven.stderr
    events.wait_for(given_up["externalId"], "payment.pending")
    assert world.messages_in("RelayFailureQueue") == 0


def test_failed_token_refreshes_are_done_with_once_one_works(
    world: World, events: EventQueue
) -> None:
    queue, token = "TokenRefreshDeadLetterQueue", world.stack.outputs.token_secret_name
    secrets = world.stack.aws.secretsmanager
    function = world.resource("TokenRefreshFunction")
    with world.without_provider():
        secrets.put_secret_value(SecretId=token, SecretString="{}")
        # As the schedule does.
        world.stack.aws.lambda_.invoke(FunctionName=function, InvocationType="Event", Payload=b"{}")
        wait_until("the run is a dead letter", lambda: world.messages_in(queue) == 1)
        refused = world.ops("redrive", "token-refresh")
        assert refused.returncode == 1
        assert "still fails" in refused.stderr
        assert world.messages_in(queue) == 1

    redriven = world.ops("redrive", "token-refresh")
    assert redriven.returncode == 0, redriven.stderr
    assert world.messages_in(queue) == 0
    settled(world, events)


def settled(world: World, events: EventQueue) -> str:
    """The externalId of a new payment that succeeded, with all its events received."""
    wanted = payment()
    assert world.merchant.post(wanted).status_code == 202
    events.wait_for(wanted["externalId"], "payment.pending")
    events.wait_for(wanted["externalId"], SUCCEEDED)
    return str(wanted["externalId"])


def ids_of(events: EventQueue, external_id: str) -> Counter[str]:
    """How often each event of a payment was received, with what arrived just now."""
    events.poll(0)
    return Counter(event.id for event in events.of(external_id))


def relay_failures(world: World) -> str:
    lines = world.log_of("EventRelayLogGroup").splitlines()
    return "\n".join(line for line in lines if "event_not_published" in line)


def tell_that_the_relay_gave_up(world: World) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    batch = {
        "approximateArrivalOfFirstRecord": to_iso(now - timedelta(seconds=10)),
        "approximateArrivalOfLastRecord": to_iso(now),
    }
    world.stack.aws.sqs.send_message(
        QueueUrl=world.resource("RelayFailureQueue"),
        MessageBody=json.dumps({"DDBStreamBatchInfo": batch}),
    )
