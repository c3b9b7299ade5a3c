"""New metrics of a local stack's logs, put into the emulator's CloudWatch: each of them once.

AWS reads metrics out of the logs by itself; the emulator does not (see ``local.metrics``). How far
that was done already is noted in the emulator, so that two pictures of one stack count nothing
twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import batched
from typing import Final

from local.aws import LocalAws
from local.metrics import BATCH, metric_data

NOTE: Final = "/finconnect-dashboard/metrics-until"
SETTLED_SECONDS: Final = 2.0
"""Younger lines may still be joined by others of the same time: they are left for the next look."""
EVERY_SECONDS: Final = 10.0


def forward_new(aws: LocalAws, prefix: str) -> int:
    """Put in what is new in the log groups whose names begin so; returns how many metrics."""
    until = int((time.time() - SETTLED_SECONDS) * 1000)
    lines = list(_lines(aws, prefix, _noted(aws), until))
    aws.client("ssm").put_parameter(Name=NOTE, Value=str(until), Type="String", Overwrite=True)
    count = 0
    for batch in batched(sorted(metric_data(lines), key=lambda each: each[0]), BATCH, strict=False):
        for namespace in sorted({name for name, _ in batch}):
            mine = [datum for name, datum in batch if name == namespace]
            aws.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=mine)
            count += len(mine)
    return count


@contextmanager
def forwarding(aws: LocalAws, prefix: str) -> Iterator[None]:
    """Inside, metrics arrive every few seconds, so that alarms ring when they would on AWS."""
    is_over = threading.Event()

    def run() -> None:
        while not is_over.wait(EVERY_SECONDS):
            forward_new(aws, prefix)

    thread = threading.Thread(target=run, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _noted(aws: LocalAws) -> int:
    client = aws.client("ssm")
    try:
        return int(client.get_parameter(Name=NOTE)["Parameter"]["Value"])
    except client.exceptions.ParameterNotFound:
        return 0


def _lines(aws: LocalAws, prefix: str, start: int, until: int) -> Iterator[str]:
    """What was logged from ``start`` to before ``until``, in milliseconds since 1970."""
    groups = aws.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    for group in (group for page in groups for group in page["logGroups"]):
        pages = aws.logs.get_paginator("filter_log_events").paginate(
            logGroupName=group["logGroupName"], startTime=start, endTime=until - 1
        )
        yield from (event["message"] for page in pages for event in page["events"])
