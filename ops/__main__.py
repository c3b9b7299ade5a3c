"""Operate a stack: print a payment's history, publish again, redrive a queue, rotate a secret."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from finconnect.clock import from_iso
from finconnect.errors import FinConnectError
from finconnect.payments.model import Event
from ops.history import history
from ops.redrive import REDRIVES
from ops.republish import republish_between, republish_payment
from ops.rotate import add_rotate, rotate
from ops.stack import Stack, StackError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        for line in _lines(Stack(options.stack), options):
            print(line)
    except (StackError, FinConnectError, ClientError, BotoCoreError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _lines(stack: Stack, options: argparse.Namespace) -> Iterator[str]:
    if options.command == "history":
        yield from history(stack, options.external_id)
    elif options.command == "redrive":
        yield from REDRIVES[options.queue](stack)
    elif options.command == "rotate":
        yield from rotate(stack, options)
    elif options.payment:
        yield from _counted(map(_shown, republish_payment(stack, options.payment)), "published")
    else:
        events = republish_between(stack, options.start, options.end)
        yield from _counted(map(_shown, events), "published")


def _shown(event: Event) -> str:
    return f"{event.id}  {event.type}  {event.key.external_id}"


def _counted(lines: Iterator[str], what: str) -> Iterator[str]:
    count = 0
    for line in lines:
        count += 1
        yield line
    yield f"{count} {what}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops", description=__doc__)
    parser.add_argument(
        "--stack", default="finconnect-sandbox", help="the stack's name (%(default)s)"
    )
    commands = parser.add_subparsers(dest="command", required=True)

    shown = commands.add_parser("history", help="print all that happened to one payment")
    shown.add_argument("external_id", help="the payment's externalId")

    again = commands.add_parser("republish", help="publish events again, with the same ids")
    which = again.add_mutually_exclusive_group(required=True)
    which.add_argument("--payment", metavar="EXTERNAL_ID", help="all events of one payment")
    which.add_argument(
        "--from", dest="start", type=_time, help="from this time on (ISO-8601, zone)"
    )
    again.add_argument(
        "--to", dest="end", type=_time, default=datetime.now(UTC), help="before this time (now)"
    )

    redrive = commands.add_parser("redrive", help="give a dead-letter queue another chance")
    redrive.add_argument("queue", choices=sorted(REDRIVES))
    add_rotate(commands)
    return parser


def _time(text: str) -> datetime:
    try:
        return from_iso(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r}: write it like 2026-04-27T22:00:00Z, with a zone"
        ) from error


if __name__ == "__main__":
    sys.exit(main())
