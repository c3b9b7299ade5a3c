"""Measure what one payment's life costs, on the deployed local stack, by the real functions.

Each function runs in a process of its own with the environment of the deployed one, against the
emulator's services, with the stand-in for AzamPay. Durations are this machine's, and labelled so.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from local.environment import local_credentials
from local.paths import PROJECT
from local.payments import example_payment
from local.stack import LocalStack
from simulator.behaviours import BY_NUMBER
from tools.api_events import proxy_event

SAMPLES = 20
BATCH = 10
NOWHERE = "http://127.0.0.1:9/callback"

type Cost = dict[str, Any]


class Container:
    """A function's process; each event is answered with what it cost."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def handle(self, event: Mapping[str, Any]) -> tuple[Any, Cost]:
        """Handle one event. Raises RuntimeError if the function fails."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the function's process has no pipes")
        stdin.write(json.dumps(event) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise RuntimeError("the function failed; its error is above")
        told = json.loads(line)
        return told["answer"], told["cost"]


def measure() -> dict[str, Any]:
    """Deploy, send payments through each function, and return what was seen."""
    with LocalStack() as stack:
        found = _Life(stack).measure()
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        **found,
    }


class _Life:
    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._ids: list[str] = []

    def measure(self) -> dict[str, Any]:
        with self._container("TokenRefreshFunction", "token_refresh") as refresh:
            # The first fetches token and key; what it counts belongs to an idle stack's metrics.
            scheduled = [refresh.handle({})[1] for _ in range(1 + SAMPLES)]
        with self._container("PaymentsFunction", "payments") as payments:
            posted = [self._post(payments) for _ in range(1 + SAMPLES)]
            lookups = [self._look_up(payments, each) for each in self._ids[:5]]
        with self._container("WebhookFunction", "webhook") as webhook:
            called = [self._call_back(webhook, each) for each in self._ids]
        events = self._items(self._ids[-1], "EVENT#")
        with self._container("EventRelayFunction", "event_relay") as relay:
            relay.handle(_batch(events[:1]))
            single = [relay.handle(_batch(events[:1]))[1] for _ in range(SAMPLES)]
            full = [relay.handle(_batch((events * BATCH)[:BATCH]))[1] for _ in range(SAMPLES)]
        with self._container("ReconcilerFunction", "reconciler") as reconciler:
            idle = [reconciler.handle({})[1] for _ in range(1 + SAMPLES)]
        return {
            "functions": {
                "payments": _summary(posted[1:], cold=posted[0]),
                "look-up": _summary(lookups),
                "webhook": _summary(called[1:], cold=called[0]),
                "event_relay": _summary(single),
                f"event_relay, {BATCH} events": _summary(full),
                "token_refresh": _summary(scheduled[1:], counted=scheduled),
                "reconciler": _summary(idle[1:], counted=idle),
            },
            "events": len(events),
            "stored_bytes": sum(map(_size, self._items(self._ids[-1], ""))),
            "answer_bytes": self._answer_bytes,
        }

    def _post(self, payments: Container) -> Cost:
        silent = next(number for number, each in BY_NUMBER.items() if each.name == "never-answers")
        self._ids.append(f"COST-{uuid.uuid4().hex}")
        body = json.dumps(example_payment(self._ids[-1], silent))
        event = proxy_event("POST", "/payments/azampay", body=(body, False))
        answer, cost = payments.handle(event)
        _expect(answer["statusCode"] == HTTPStatus.ACCEPTED, answer)
        self._answer_bytes = len(answer["body"].encode())
        return cost

    def _look_up(self, payments: Container, external_id: str) -> Cost:
        path = "/payments/azampay/{externalId}"
        answer, cost = payments.handle(proxy_event("GET", path, {"externalId": external_id}))
        _expect(answer["statusCode"] == HTTPStatus.OK, answer)
        return cost

    def _call_back(self, webhook: Container, external_id: str) -> Cost:
        order = {"externalId": external_id, "url": NOWHERE}
        (delivery,) = self._stack.simulator.send_callback(order)["deliveries"]
        path, secret = "/webhooks/azampay/{secret}", self._stack.webhook_secret
        body = (str(delivery["request"]["body"]), False)
        answer, cost = webhook.handle(proxy_event("POST", path, {"secret": secret}, body=body))
        _expect(json.loads(answer["body"]) == {"status": "applied"}, answer)
        return cost

    def _items(self, external_id: str, prefix: str) -> list[dict[str, Any]]:
        answer = self._stack.aws.dynamodb.query(
            TableName=self._stack.outputs.table_name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"PAYMENT#azampay#{external_id}"}},
        )
        found = [dict(item) for item in answer["Items"]]
        return [item for item in found if item["sk"]["S"].startswith(prefix)]

    @contextmanager
    def _container(self, logical_id: str, function: str) -> Iterator[Container]:
        deployed = self._stack.aws.lambda_.get_function_configuration(
            FunctionName=self._stack.physical_id(logical_id)
        )
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{PROJECT.root}:{PROJECT.root / 'layers' / 'provider'}",
            **local_credentials(self._stack.aws.endpoint),
            **deployed["Environment"]["Variables"],
        }
        with subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", function],
            cwd=PROJECT.root,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            yield Container(process)
            process.communicate()


def _batch(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the stream gives the relay."""
    return {
        "Records": [
            {
                "eventID": f"{number:032x}",
                "eventName": "INSERT",
                "eventSource": "aws:dynamodb",
                "dynamodb": {
                    "Keys": {"pk": item["pk"], "sk": item["sk"]},
                    "NewImage": item,
                    "SequenceNumber": f"{number:021d}",
                    "StreamViewType": "NEW_IMAGE",
                },
            }
            for number, item in enumerate(events, 1)
        ]
    }


def _summary(
    costs: Sequence[Cost], *, cold: Cost | None = None, counted: Sequence[Cost] | None = None
) -> Cost:
    """One cost for many: medians of what varies, the largest of what must not.

    ``counted`` are those whose metrics are named, if they are others.
    """
    metrics: set[str] = set().union(*(each["metrics"] for each in counted or costs))
    found: Cost = {
        "ms": round(statistics.median(each["ms"] for each in costs), 1),
        "calls": max((each["calls"] for each in costs), key=lambda calls: sum(calls.values())),
        "read_units": max(each["read_units"] for each in costs),
        "write_units": max(each["write_units"] for each in costs),
        "log_bytes": round(statistics.mean(each["log_bytes"] for each in costs)),
        "log_lines": max(each["log_lines"] for each in costs),
        "metrics": sorted(metrics),
    }
    if cold is not None:
        found["cold"] = {name: cold[name] for name in ("ms", "import_ms", "calls")}
    return found


def _size(item: Mapping[str, Any]) -> int:
    """An item in bytes, as DynamoDB reckons what it stores: names, values, and 100 bytes."""
    return 100 + sum(len(name) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "M":
        return 3 + sum(1 + len(name) + _value_size(each) for name, each in content.items())
    if kind == "L":
        return 3 + sum(1 + _value_size(each) for each in content)
    if kind == "N":
        return len(content) // 2 + 2
    return len(content.encode()) if kind == "S" else 1


def _expect(holds: bool, answer: object) -> None:  # noqa: FBT001 - an assertion
    if not holds:
        raise RuntimeError(f"it did not go as it goes for every payment: {answer}")
