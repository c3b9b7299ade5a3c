"""An alarm on the deployed stack: from what a function writes to who is told."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from local.events import EventQueue, queue_policy
from local.metrics import forward_metrics
from tests.e2e.support import World, payment, wait_until

LAMBDA = "AWS/Lambda"


def test_a_mismatch_rings_its_alarm_and_the_right_pager(world: World, events: EventQueue) -> None:
    by_day, by_night = pager(world, "Soon: "), pager(world, "Now: ")
    paid = payment("changed-amount")
    world.merchant.post(paid)
    events.wait_for(paid["externalId"], "payment.mismatch")

    alarm = alarm_of(world, "PaymentMismatchAlarm")
    wait_until("webhook has logged it", lambda: paid["externalId"] in mismatches(world))
    forward_metrics(world.stack.aws, world.resource("WebhookLogGroup"))

    assert max(read(world, alarm)) >= alarm["Threshold"]
    wait_until("it rings", lambda: state_of(world, "PaymentMismatchAlarm") == "ALARM")
    # The emulator's alarms look at a metric's name alone, so those of other functions ring as well.
    # That the dimensions are right is what has been read above.
    told: dict[str, str] = {}
    wait_until("the day's pager rings", lambda: alarm["AlarmName"] in collect(world, by_day, told))
    assert "First: " in told[alarm["AlarmName"]]
    assert told[alarm["AlarmName"]].endswith("docs/runbook.md#paymentmismatchalarm")
    assert alarm["AlarmName"] not in collect(world, by_night, {})


def test_the_age_of_the_token_arrives_as_its_alarm_reads_it(world: World) -> None:
    world.stack.aws.lambda_.invoke(FunctionName=world.resource("TokenRefreshFunction"))
    forward_metrics(world.stack.aws, world.resource("TokenRefreshLogGroup"))
    alarm = alarm_of(world, "TokenExpiresSoonAlarm")
    assert min(read(world, alarm)) > alarm["Threshold"]
    assert state_of(world, "TokenExpiresSoonAlarm") == "OK"


def test_alarms_on_functions_read_metrics_that_are_there(world: World) -> None:
    watched = {
        world.resource(f"{function}Function")
        for function in ("Payments", "Webhook", "TokenRefresh", "Reconciler", "EventRelay")
    }
    for name in watched:
        # The emulator counts what is invoked by name, not what its API and its streams invoke.
        world.stack.aws.lambda_.invoke(FunctionName=name, Payload=b'{"Records": []}')
    pages = world.stack.aws.client("cloudwatch").get_paginator("describe_alarms").paginate()
    alarms = [
        alarm
        for page in pages
        for alarm in page["MetricAlarms"]
        if alarm["Namespace"] == LAMBDA and alarm["MetricName"] != "IteratorAge"
    ]
    assert len(alarms) >= 2 * len(watched)
    assert {alarm["Dimensions"][0]["Value"] for alarm in alarms} == watched
    assert [alarm["AlarmName"] for alarm in alarms if not read(world, alarm)] == []


def alarm_of(world: World, logical_id: str) -> Any:  # noqa: ANN401 - as CloudWatch describes it
    answer = world.stack.aws.client("cloudwatch").describe_alarms(
        AlarmNames=[world.resource(logical_id)]
    )
    (alarm,) = answer["MetricAlarms"]
    return alarm


def state_of(world: World, logical_id: str) -> str:
    return str(alarm_of(world, logical_id)["StateValue"])


def read(world: World, alarm: Any) -> list[float]:  # noqa: ANN401 - as CloudWatch describes it
    """The metric's values, asked for with the alarm's own name, dimensions and statistic."""
    now = datetime.now(UTC)
    answer = world.stack.aws.client("cloudwatch").get_metric_statistics(
        Namespace=alarm["Namespace"],
        MetricName=alarm["MetricName"],
        Dimensions=alarm["Dimensions"],
        Statistics=[alarm["Statistic"]],
        Period=alarm["Period"],
        StartTime=now - timedelta(hours=2),
        EndTime=now + timedelta(minutes=1),
    )
    return [point[alarm["Statistic"]] for point in answer["Datapoints"]]


def mismatches(world: World) -> str:
    log = world.log_of("WebhookLogGroup")
    return "\n".join(line for line in log.splitlines() if "callback_mismatch" in line)


def pager(world: World, urgency: str) -> str:
    """A queue that gets the alarms whose text begins so, as the runbook says; returns its URL."""
    aws, topic = world.stack.aws, world.resource("AlarmTopic")
    url = aws.sqs.create_queue(QueueName=f"pager-{urgency.strip(': ').lower()}")["QueueUrl"]
    attributes = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = attributes["Attributes"]["QueueArn"]
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": queue_policy(arn, topic)})
    aws.sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn,
        Attributes={
            "FilterPolicyScope": "MessageBody",
            "FilterPolicy": json.dumps({"AlarmDescription": [{"prefix": urgency}]}),
        },
    )
    return url


def collect(world: World, url: str, told: dict[str, str]) -> dict[str, str]:
    """Adds the alarms that have come to a queue, each with its text, and returns all of them."""
    answer = world.stack.aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    for message in answer.get("Messages", []):
        alarm = json.loads(json.loads(message["Body"])["Message"])
        told[alarm["AlarmName"]] = alarm["AlarmDescription"]
    return told
