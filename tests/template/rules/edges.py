"""No asynchronous edge loses anything in silence."""

import itertools

from tests.template.nodes import Json
from tests.template.rules.permissions import allows
from tests.template.rules.resources import (
    Problems,
    Resource,
    Template,
    function_of,
    logical_id,
    of_type,
)

STREAM_MEMORY_SECONDS = 86_400
QUEUE_PATIENCE = 6
KEY_FETCH_INTERVAL_SECONDS = 300
READING = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
NEW_OUTBOX_ITEMS = (
    '{"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "EVENT#"}]}}}}'
)


def batches_report_their_failures(template: Template) -> Problems:
    """Else the failures that a function returns are ignored, and their records lost."""
    return [
        f"{name} does not take ReportBatchItemFailures"
        for name, mapping in of_type(template, "AWS::Lambda::EventSourceMapping").items()
        if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", [])
    ]


def streams_give_up_in_time_and_report_it(template: Template) -> Problems:
    """A poisoned record must end in the queue, while the stream still knows it."""
    problems = []
    for name, mapping in _stream_mappings(template).items():
        if not mapping.get("BisectBatchOnFunctionError"):
            problems.append(f"{name} does not bisect a failing batch")
        # How fast a stream's batch is tried again AWS does not say: a number of tries is no time.
        if mapping.get("MaximumRetryAttempts", -1) != -1:
            problems.append(f"{name} may give up before its time")
        if not 0 < mapping.get("MaximumRecordAgeInSeconds", -1) < STREAM_MEMORY_SECONDS:
            problems.append(f"{name} outlives the stream's memory")
        if mapping.get("StartingPosition") != "TRIM_HORIZON":
            problems.append(f"{name} skips what was written before it existed")
        problems += _undelivered(template, name, mapping, mapping["FunctionName"])
    return problems


def relay_sees_new_outbox_items_only(template: Template) -> Problems:
    """Anything else would cost an invocation for each write to the ledger."""
    wanted = [{"Pattern": NEW_OUTBOX_ITEMS}]
    return [
        f"{name} does not filter for new outbox items"
        for name, mapping in _stream_mappings(template).items()
        if mapping.get("FilterCriteria", {}).get("Filters") != wanted
    ]


def queues_with_readers_redrive(template: Template) -> Problems:
    """A queue that a function reads needs a queue for what the function cannot do."""
    queues = of_type(template, "AWS::SQS::Queue")
    problems = []
    for name, mapping in _queue_mappings(template).items():
        source = logical_id(mapping["EventSourceArn"])
        aim = logical_id(queues[source].get("RedrivePolicy", {}).get("deadLetterTargetArn"))
        if aim not in queues:
            problems.append(f"{source} is read by {name} and has no dead-letter queue")
        elif aim == source or "RedrivePolicy" in queues[aim]:
            problems.append(f"{source} never lets go of a message")
    return problems


def readers_of_queues_may_read_and_have_time(template: Template) -> Problems:
    """Lambda reads in the function's name, and asks for six times the function's time-out."""
    queues = of_type(template, "AWS::SQS::Queue")
    functions = of_type(template, "AWS::Lambda::Function")
    problems = []
    for name, mapping in _queue_mappings(template).items():
        source = logical_id(mapping["EventSourceArn"])
        reader = function_of(template, mapping["FunctionName"])
        role, enough = functions[reader]["Role"], QUEUE_PATIENCE * functions[reader]["Timeout"]
        problems += [
            f"{reader} may not {action} on {source}"
            for action in READING
            if not allows(template, role, action, mapping["EventSourceArn"])
        ]
        if queues[source].get("VisibilityTimeout", 30) < enough:
            problems.append(f"{source} gives a message out again before {enough} seconds")
        if "MaximumConcurrency" not in mapping.get("ScalingConfig", {}):
            problems.append(f"{name} may take all the concurrency that payments need")
    return problems


def callbacks_have_receives_to_spare(template: Template) -> Problems:
    """A receive whose invocation died or was throttled counts, and is no try.

    With as many to spare as there are delays, no try is lost to those; with more, a callback that
    cannot be verified would only come later into the dead-letter queue. One at a time, so that an
    invocation that dies takes one receive of one callback with it.
    """
    delays = template["Parameters"]["CallbackRetryDelays"]["Default"].split(",")
    queue = of_type(template, "AWS::SQS::Queue")["CallbackQueue"]
    receives = queue.get("RedrivePolicy", {}).get("maxReceiveCount")
    problems = []
    if receives != 2 * len(delays):
        problems.append(f"{receives} receives have {len(delays)} delays, and not as many to spare")
    problems += [
        f"{name} takes more than one callback at a time"
        for name, mapping in _queue_mappings(template).items()
        if logical_id(mapping["EventSourceArn"]) == "CallbackQueue" and mapping["BatchSize"] != 1
    ]
    return problems


def a_key_can_be_fetched_before_the_last_tries(template: Template) -> Problems:
    """A callback by a new key may come right after a fetch: a try must fall behind the next one.

    One more is left for the case that this fetch fails.
    """
    delays = [*map(int, template["Parameters"]["CallbackRetryDelays"]["Default"].split(","))]
    behind = [due for due in itertools.accumulate(delays) if due > KEY_FETCH_INTERVAL_SECONDS]
    return [] if len(behind) > 1 else [f"only {len(behind)} tries come after the next fetch"]


def schedules_have_dead_letter_queues(template: Template) -> Problems:
    """The run that could not be started, and the one that started and failed."""
    problems = []
    invoked = {
        logical_id(config["FunctionName"]): config
        for config in of_type(template, "AWS::Lambda::EventInvokeConfig").values()
    }
    for name, schedule in of_type(template, "AWS::Scheduler::Schedule").items():
        aim = schedule["Target"]
        dead_letters = aim.get("DeadLetterConfig", {}).get("Arn")
        if not dead_letters:
            problems.append(f"{name} has no dead-letter queue")
        elif not allows(template, aim["RoleArn"], "sqs:SendMessage", dead_letters):
            problems.append(f"{name} may not write to its dead-letter queue")
        if not allows(template, aim["RoleArn"], "lambda:InvokeFunction", aim["Arn"]):
            problems.append(f"{name} may not start its function")
        function = logical_id(aim["Arn"])
        if function not in invoked:
            problems.append(f"{function} is invoked asynchronously and reports no failure")
        else:
            problems += _undelivered(template, function, invoked[function], aim["Arn"])
    return problems


def subscriptions_have_dead_letter_queues(template: Template) -> Problems:
    """Of our own to our own; a person's mailbox has none."""
    return [
        f"{name} has no dead-letter queue"
        for name, subscription in of_type(template, "AWS::SNS::Subscription").items()
        if subscription["Protocol"] != "email"
        and "deadLetterTargetArn" not in subscription.get("RedrivePolicy", {})
    ]


def _stream_mappings(template: Template) -> dict[str, Resource]:
    return {
        name: mapping
        for name, mapping in of_type(template, "AWS::Lambda::EventSourceMapping").items()
        if logical_id(mapping["EventSourceArn"]) in of_type(template, "AWS::DynamoDB::Table")
    }


def _queue_mappings(template: Template) -> dict[str, Resource]:
    return {
        name: mapping
        for name, mapping in of_type(template, "AWS::Lambda::EventSourceMapping").items()
        if logical_id(mapping["EventSourceArn"]) in of_type(template, "AWS::SQS::Queue")
    }


def _undelivered(template: Template, name: str, config: Resource, function: Json) -> Problems:
    destination = config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if not destination:
        return [f"{name} has no on-failure queue"]
    role = of_type(template, "AWS::Lambda::Function")[logical_id(function)]["Role"]
    if not allows(template, role, "sqs:SendMessage", destination):
        return [f"{name} may not write to its on-failure queue"]
    return []
