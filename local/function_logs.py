"""The functions' logs, out of the emulator before it ends: its memory is the only place of them."""

from pathlib import Path

from local.aws import LocalAws


def save_function_logs(aws: LocalAws, folder: Path) -> None:
    """Writes each log group that holds anything into a file of `folder`, named after the group."""
    groups = aws.logs.get_paginator("describe_log_groups")
    for page in groups.paginate():
        for group in page["logGroups"]:
            lines = read_log_group(aws, group["logGroupName"])
            if lines:
                target = folder / log_file_name(group["logGroupName"])
                target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_log_group(aws: LocalAws, name: str) -> list[str]:
    """All lines of one log group, in order."""
    pages = aws.logs.get_paginator("filter_log_events").paginate(logGroupName=name)
    return [event["message"].rstrip("\n") for page in pages for event in page["events"]]


def log_file_name(group: str) -> str:
    """`/finconnect/finconnect-local/payments` → `finconnect-finconnect-local-payments.log`."""
    return group.strip("/").replace("/", "-") + ".log"
