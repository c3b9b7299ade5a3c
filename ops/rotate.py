"""The commands that replace a secret: AzamPay's credentials, the webhook's URL, the API key."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ops.api_key import ApiKeys
from ops.credentials import replace_credentials, restore_credentials
from ops.overlap import DEFAULT_HOURS
from ops.stack import Stack
from ops.webhook_secret import WebhookSecret

if TYPE_CHECKING:
    # The only name that the standard library has for it.
    type Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001

STEPS: Final = {
    "begin": "make a new one; old and new are then valid",
    "status": "say how it stands, and which is in use",
    "finish": "end the old one",
    "cancel": "end the new one",
}


def add_rotate(commands: Commands) -> None:
    """Add ``rotate`` and all that belongs to it to a command line."""
    rotate = commands.add_parser("rotate", help="replace a secret without losing a callback")
    secrets = rotate.add_subparsers(dest="secret", required=True)

    credentials = secrets.add_parser("credentials", help="AzamPay's, from a file with JSON")
    which = credentials.add_mutually_exclusive_group(required=True)
    which.add_argument("file", nargs="?", help="a file, or - for standard input")
    which.add_argument("--back", action="store_true", help="those of before the last replacement")

    _add_steps(secrets.add_parser("webhook-secret", help="the callback URL's last part"), "url")
    _add_steps(secrets.add_parser("api-key", help="of the payment routes"), "key")


def rotate(stack: Stack, options: argparse.Namespace) -> Iterator[str]:
    """Do what the command line says, and tell what was done. Raises StackError."""
    if options.secret == "credentials":  # noqa: S105 - which secret, not a secret
        back, file = options.back, options.file
        yield from restore_credentials(stack) if back else replace_credentials(stack, file)
        return
    is_of_the_webhook = options.secret == "webhook-secret"  # noqa: S105 - which secret, not a secret
    one = WebhookSecret(stack) if is_of_the_webhook else ApiKeys(stack)
    if options.step == "begin":
        yield from one.begin(timedelta(hours=options.overlap_hours))
    elif options.step == "finish":
        yield from one.finish(force=options.force)
    elif options.step == "cancel":
        yield from one.cancel(force=options.force)
    else:
        yield from one.status()
    if getattr(options, "show", False):
        yield from one.url() if isinstance(one, WebhookSecret) else one.value()


def _add_steps(parser: argparse.ArgumentParser, shown: str) -> None:
    steps = parser.add_subparsers(dest="step", required=True)
    for name, text in STEPS.items():
        step = steps.add_parser(name, help=text)
        if name in ("begin", "status"):
            step.add_argument(
                f"--show-{shown}", dest="show", action="store_true", help=f"print the new {shown}"
            )
        else:
            step.add_argument("--force", action="store_true", help="also while it is in use")
        if name == "begin":
            step.add_argument(
                "--overlap-hours",
                type=_hours,
                default=DEFAULT_HOURS,
                help="for so long the old one stays, at least (%(default)s)",
            )


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 <= hours <= 24 * 90:
        raise argparse.ArgumentTypeError("must be between 0 and 2160")
    return hours
