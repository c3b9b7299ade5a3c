"""What reconciler and event_relay can no longer do without one of their rights."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.e2e.missing.grant import Grant, Proofs, Without
from tests.e2e.support import World, payment, wait_until

ROLE = "ReconcilerRole"
RELAY = "EventRelayRole"
UNRESOLVED = "payment.unresolved"


def find_a_silent_payment(world: World, without: Without) -> None:
    paid = world.prompted()["externalId"]
    world.make_silent(paid)
    with without():
        fails(world)
        assert UNRESOLVED not in world.event_types_of(paid)
    world.reconcile()
    assert UNRESOLVED in world.event_types_of(paid)


def settle_with_a_callback_that_was_held(world: World, without: Without) -> None:
    left = left_created(world)
    assert world.callback(left).json() == {"status": "held"}
    world.make_silent(left)
    with without():
        fails(world)
        assert world.state_of(left)["status"] == "created"
    world.reconcile()
    assert world.state_of(left)["status"] == "succeeded"


def publish_an_event(world: World, without: Without) -> None:
    wanted = payment("never-answers")
    with topic_policy_as_on_aws(world):
        with without():
            world.merchant.post(wanted)
            wait_until("SNS refused", lambda: wanted["externalId"] in refusals(world))
        # The emulator takes the relay's partial failure for a success; AWS would try it again.
        republished = world.ops("republish", "--payment", wanted["externalId"])
        assert republished.stdout.splitlines()[-1] == "1 published", republished.stderr
        other = payment("never-answers")
        world.merchant.post(other)
        wait_until("it is published", lambda: other["externalId"] in published(world))


@contextmanager
def topic_policy_as_on_aws(world: World) -> Iterator[None]:
    """Inside, the topic has the policy of the template, with a Deny that hits nobody here.

    Without TLS the template gives the topic none, and the one that the emulator gives to a topic of
    a template lets everybody publish: no right of a role would be asked for.
    """
    topic, sns = world.stack.outputs.event_topic_arn, world.stack.aws.sns
    before = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": topic,
        # On AWS it is "false". Here nobody has TLS, so nobody is refused.
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    try:
        yield
    finally:
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=before)


def left_created(world: World) -> str:
    """The id of a payment whose function was killed after its checkout had left."""
    wanted = payment("slow-answer")
    with world.time_out("PaymentsFunction", seconds=4):
        world.merchant.post(wanted)
    external_id = str(wanted["externalId"])
    wait_until("it was sent", lambda: bool(world.simulator.book(external_id)["prompts"]))
    return external_id


def fails(world: World) -> None:
    """Runs the reconciler; the run must fail, because DynamoDB refused something."""
    answer = world.stack.aws.lambda_.invoke(FunctionName=world.resource("ReconcilerFunction"))
    told = answer["Payload"].read().decode()
    assert "FunctionError" in answer, told
    assert "AccessDenied" in told or "could not be reconciled" in told, told


def refusals(world: World) -> str:
    return facts(world, "event_not_published")


def published(world: World) -> str:
    return facts(world, "event_published")


def facts(world: World, name: str) -> str:
    """All lines of event_relay's log that tell of a fact."""
    lines = [line for line in world.log_of("EventRelayLogGroup").splitlines() if line[:1] == "{"]
    told: list[Mapping[str, object]] = [json.loads(line) for line in lines]
    return "\n".join(str(line) for line in told if line.get("message") == name)


PROOFS: Proofs = {
    Grant(ROLE, "FindOpenPayments", "dynamodb:Query", "PaymentsTable"): find_a_silent_payment,
    Grant(ROLE, "KeepLedger", "dynamodb:GetItem", "PaymentsTable"): find_a_silent_payment,
    Grant(ROLE, "KeepLedger", "dynamodb:PutItem", "PaymentsTable"): find_a_silent_payment,
    Grant(ROLE, "KeepLedger", "dynamodb:UpdateItem", "PaymentsTable"): find_a_silent_payment,
    Grant(
        ROLE, "KeepLedger", "dynamodb:Query", "PaymentsTable"
    ): settle_with_a_callback_that_was_held,
    Grant(RELAY, "PublishEvents", "sns:Publish", "EventTopic"): publish_an_event,
}
