"""Letting everything come to an end: what AWS, the provider and the schedules do by themselves."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from finconnect.clock import to_iso
from local.environment import local_credentials
from local.paths import PROJECT
from local.stack import LocalStack
from simulator.behaviours import BY_NUMBER
from soak.books import ledger_cases
from soak.plan import Planned

LAST_ATTEMPT = 5
LONG_AGO = timedelta(hours=1)
STEPS = {each.name: sum(step.times for step in each.turns[-1].steps) for each in BY_NUMBER.values()}
RESENT = {"success": "success", "failure": "failure"}


def wait_until(what: str, holds: Callable[[], bool], *, seconds: float) -> None:
    """Returns once ``holds()``; TimeoutError, naming ``what``, after so many seconds."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {seconds:.0f} s it still does not hold that {what}")
        pause.wait(1.0)


def provider_is_done(book: Mapping[str, Any]) -> bool:
    """Whether every payer has ended, and every callback is acknowledged or given up."""
    attempts: dict[str, list[Mapping[str, Any]]] = {}
    for each in book["callbacks"]:
        attempts.setdefault(each["externalId"], []).append(each)
    behaviours = {each["externalId"]: each["behaviour"] for each in book["checkouts"]}
    return all(
        _is_done(attempts.get(prompt["externalId"], []), behaviours[prompt["externalId"]])
        for prompt in book["prompts"]
    )


def _is_done(attempts: Sequence[Mapping[str, Any]], behaviour: str) -> bool:
    own = [each for each in attempts if each["origin"] == "payment"]
    if sum(1 for each in own if each["attempt"] == 1) < STEPS.get(behaviour, 1):
        return False
    if any(each["answer"] is None and each["error"] is None for each in own):
        return False
    if behaviour == "forged-signature":  # nobody sends a forgery again
        return True
    last = {each["request"]["bodyBase64"]: each for each in own}
    return all(_is_settled(each) for each in last.values())


def _is_settled(attempt: Mapping[str, Any]) -> bool:
    is_2xx = attempt["answer"] is not None and attempt["answer"]["status"] in range(200, 300)
    return is_2xx or attempt["attempt"] >= LAST_ATTEMPT


def send_late(stack: LocalStack, plan: Iterable[Planned]) -> int:
    """Callbacks that come when nobody expects any, some of them contradicting; returns how many."""
    prompted = {each["externalId"] for each in stack.simulator.whole_book()["prompts"]}
    late = [each for each in plan if each.late_event and each.external_id in prompted]
    for each in late:
        _order_callback(stack, each.external_id, str(each.late_event))
    return len(late)


def resend(stack: LocalStack, plan: Sequence[Planned]) -> int:
    """The provider's people send again what the ledger does not have; returns how many.

    That is what was never acknowledged, and what is given up because its key is not to be had.
    """
    count = 0
    for case in ledger_cases(stack, plan).values():
        kept = {each.callback.digest for each in case.kept}
        heard = {each.outcome for each in case.told if each.digest in kept}
        lost = {each.outcome for each in case.told if each.is_genuine and each.is_true} - heard
        for outcome in sorted(lost & set(RESENT)):
            _order_callback(stack, case.external_id, RESENT[outcome])
            count += 1
    return count


def _order_callback(stack: LocalStack, external_id: str, event: str) -> None:
    # The stand-in's answer waits for the webhook's, which may be slow under faults.
    url = f"{stack.simulator.base_url}/_simulator/callbacks"
    order = {"externalId": external_id, "event": event}
    httpx.post(url, json=order, timeout=60, trust_env=False).raise_for_status()


def messages_in(stack: LocalStack, queue: str) -> int:
    """How many messages a queue holds, in whatever state."""
    attributes = stack.aws.sqs.get_queue_attributes(
        QueueUrl=stack.physical_id(queue), AttributeNames=["All"]
    )["Attributes"]
    return sum(
        int(number)
        for name, number in attributes.items()
        if name.startswith("ApproximateNumberOfMessages")
    )


def redrive_callbacks(stack: LocalStack) -> str:
    """Runs the command that a person runs; returns its last line. Raises CalledProcessError."""
    command = [sys.executable, "-m", "ops", "--stack", stack.name, "redrive", "callbacks"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROJECT.root / "layers" / "provider"),
        **local_credentials(stack.aws.endpoint),
    }
    done = subprocess.run(
        command, cwd=PROJECT.root, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1]


def reconcile(stack: LocalStack) -> int:
    """Lets an hour pass for all open payments, and runs the reconciler; returns how many."""
    table, client = stack.outputs.table_name, stack.aws.dynamodb
    pages = client.get_paginator("scan").paginate(
        TableName=table, FilterExpression="attribute_exists(open_since)", ConsistentRead=True
    )
    since = to_iso(datetime.now(UTC) - LONG_AGO)
    watched = [item for page in pages for item in page["Items"]]
    for item in watched:
        client.update_item(
            TableName=table,
            Key={"pk": item["pk"], "sk": item["sk"]},
            UpdateExpression="SET open_since = :since",
            ExpressionAttributeValues={":since": {"S": since}},
        )
    answer = stack.aws.lambda_.invoke(FunctionName=stack.physical_id("ReconcilerFunction"))
    if answer.get("FunctionError"):
        raise RuntimeError(answer["Payload"].read().decode())
    return len(watched)


class FasterClock:
    """Lets the five minutes between two fetches of the public key pass in a few seconds."""

    def __init__(self, stack: LocalStack, seconds: float = 3.0) -> None:
        self._stack = stack
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="faster-clock", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            self._stack.aws.dynamodb.delete_item(
                TableName=self._stack.outputs.table_name,
                Key={"pk": {"S": "PUBLIC_KEY#azampay"}, "sk": {"S": "REFETCH"}},
            )
