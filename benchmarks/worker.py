"""`python -m benchmarks.worker FUNCTION`: a function in a process of its own, as in a container.

It reads events from standard input, one JSON document a line, and writes for each what its handling
cost: calls to AWS by operation, DynamoDB's units as DynamoDB itself reckons them, bytes logged,
metrics counted, milliseconds.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
import time
import uuid
from collections import Counter
from types import SimpleNamespace
from typing import Any

import boto3

from benchmarks.meter import READS, ask_for_the_bill


class Tally:
    """Counts every call of every client of this process."""

    def __init__(self) -> None:
        self.reset()
        session = boto3.Session()
        session.events.register("provide-client-params.dynamodb", ask_for_the_bill)
        session.events.register("after-call", self._count)
        boto3.DEFAULT_SESSION = session

    def reset(self) -> None:
        """Begin anew."""
        self.calls: Counter[str] = Counter()
        self.reads = self.writes = 0.0

    def _count(self, model: Any, parsed: dict[str, Any], **_: object) -> None:  # noqa: ANN401
        service = model.service_model.service_name
        self.calls[f"{service}.{model.name}"] += 1
        consumed = parsed.get("ConsumedCapacity", [])
        for entry in consumed if isinstance(consumed, list) else [consumed]:
            if model.name in READS:
                self.reads += entry["CapacityUnits"]
            else:
                self.writes += entry["CapacityUnits"]


def main(function: str) -> None:
    """Handle events until there are no more."""
    tally, out, log = Tally(), sys.stdout, io.StringIO()
    sys.stdout = log
    began = time.perf_counter()
    handler = importlib.import_module(f"functions.{function}.app").handler
    import_ms = 1000 * (time.perf_counter() - began)
    for line in sys.stdin:
        tally.reset()
        log.seek(0)
        log.truncate()
        context = _context(function)
        began = time.perf_counter()
        answer = handler(json.loads(line), context)
        took = 1000 * (time.perf_counter() - began)
        lines = log.getvalue().splitlines(keepends=True)
        lines += _of_the_platform(context.aws_request_id)
        cost = {
            "ms": round(took, 1),
            "import_ms": round(import_ms),
            "calls": dict(sorted(tally.calls.items())),
            "read_units": tally.reads,
            "write_units": tally.writes,
            "log_lines": len(lines),
            "log_bytes": sum(len(each.encode()) for each in lines),
            "metrics": sorted(_metrics(lines)),
        }
        print(json.dumps({"answer": answer, "cost": cost}), file=out, flush=True)


def _metrics(lines: list[str]) -> set[str]:
    """Each name with its dimensions, which CloudWatch charges as one metric."""
    found = set()
    for line in lines:
        values = json.loads(line) if '"_aws"' in line else {"_aws": {"CloudWatchMetrics": []}}
        for group in values["_aws"]["CloudWatchMetrics"]:
            for names in group["Dimensions"]:
                by = ",".join(f"{name}={values[name]}" for name in names)
                found |= {f"{metric['Name']}[{by}]" for metric in group["Metrics"]}
    return found


def _of_the_platform(request: str) -> list[str]:
    """What Lambda adds to the log of each invocation, in its length."""
    return [
        f"START RequestId: {request} Version: $LATEST\n",
        f"END RequestId: {request}\n",
        (
            f"REPORT RequestId: {request}\tDuration: 123.45 ms\tBilled Duration: 124 ms\t"
            "Memory Size: 512 MB\tMax Memory Used: 123 MB\t\n"
        ),
    ]


def _context(function: str) -> Any:  # noqa: ANN401 - what Lambda gives
    return SimpleNamespace(
        function_name=function,
        function_version="$LATEST",
        invoked_function_arn=f"arn:aws:lambda:us-east-1:000000000000:function:{function}",
        memory_limit_in_mb=512,
        aws_request_id=str(uuid.uuid4()),
        log_group_name=f"/finconnect/{function}",
        log_stream_name="stream",
        get_remaining_time_in_millis=lambda: 28_000,
    )


if __name__ == "__main__":
    main(sys.argv[1])
