"""`python -m local.run [--once] [--keep]`: the whole product on this machine.

The stand-in's page is shown, and one payment is sent whose life is printed event by event.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from local.browser import show_page
from local.environment import forget_aws_account
from local.errors import LocalStackError
from local.events import EventQueue
from local.function_logs import save_function_logs
from local.payments import WILLING_PAYER, example_payment
from local.progress import Console, Style, style_for
from local.running import Running, announced
from local.settings import LocalSettings, read_settings
from local.signals import StopRequested, stopping_in_order
from local.stack import LocalStack
from local.summary import StackFacts, format_answer, format_event, summary

EVENT_SECONDS = 60.0
SUCCEEDED = "payment.succeeded"
FINAL_TYPES = frozenset({SUCCEEDED, "payment.failed", "payment.rejected"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until told to stop, or with `--once` until the first payment is through.

    The exit code: 0 when all went well, 1 when not, 128 and the signal's number when `--once` was
    told to stop.
    """
    options = _options(arguments)
    style = style_for(sys.stdout)
    console = Console(sys.stdout, style)
    forget_aws_account(os.environ)
    try:
        with stopping_in_order():
            return _run(
                with_keep(read_settings(os.environ), is_kept=options.keep),
                console,
                style,
                once=options.once,
            )
    except StopRequested as request:
        console.print("Stopped; nothing is left running.")
        return 128 + request.number if options.once else 0
    except LocalStackError as error:
        console.print(f"\n{style.paint('The local stack did not start.', 'red')} {error}")
        return 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.run", description="Runs FinConnect on this machine."
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="exit after the first payment: 0 if it succeeded, else 1",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="keep the run's folder with logs and state (also: KEEP=1)",
    )
    return parser.parse_args(arguments)


def with_keep(settings: LocalSettings, *, is_kept: bool) -> LocalSettings:
    """The settings, keeping the folder if either the option or the variable says so."""
    return replace(settings, keep=settings.keep or is_kept)


def _run(settings: LocalSettings, console: Console, style: Style, *, once: bool) -> int:
    started = time.monotonic()
    console.print(style.paint("Starting FinConnect on this machine", "bold"))
    with (
        LocalStack(replace(settings, asks_phone=True), progress=console) as stack,
        announced(running_note(stack)),
    ):
        queue = stack.subscribe()
        console.print(f"  ready after {time.monotonic() - started:.1f} s\n")
        console.print(summary(facts_of(stack), style) + "\n")
        # Before the first payment, so that it can be watched there too.
        if not once and show_page(stack.simulator.base_url, sys.stdout):
            console.print("The page is open in your browser (OPEN=0 keeps it shut).\n")
        has_succeeded = send_one_payment(stack, queue, console, style)
        if once:
            return _end(stack, console, style, has_succeeded=has_succeeded)
        console.print("\nEvents as they come (Ctrl-C stops everything):")
        print_events(queue, console, style, started)
    return 0


def running_note(stack: LocalStack) -> Running:
    """Where `make trigger` and `make listen` find `stack`."""
    return Running(
        endpoint=stack.aws.endpoint,
        stack_name=stack.name,
        simulator_url=stack.simulator.base_url,
        pid=os.getpid(),
    )


def facts_of(stack: LocalStack) -> StackFacts:
    """What the summary tells about `stack`."""
    return StackFacts(
        stack_name=stack.name,
        endpoint=stack.aws.endpoint,
        payment_url=stack.payment_url,
        webhook_url=stack.webhook_url,
        api_key=stack.api_key,
        topic_arn=stack.outputs.event_topic_arn,
        table_name=stack.outputs.table_name,
        simulator_url=stack.simulator.base_url,
        logs=str(stack.folder.logs),
    )


def send_one_payment(stack: LocalStack, queue: EventQueue, console: Console, style: Style) -> bool:
    """Sends a payment, prints its life, and tells whether its success came within a minute."""
    external_id = f"ORDER-{int(time.time())}"
    console.print(f"{style.paint('The life of one payment', 'bold')} ({external_id})")
    sent = time.monotonic()
    with closing(stack.client()) as client:
        response = client.post(example_payment(external_id, WILLING_PAYER))
    is_json = "json" in response.headers.get("Content-Type", "")
    answer = response.json() if is_json else None
    console.print(format_answer(response.status_code, answer, time.monotonic() - sent))
    if response.is_error:
        console.print(f"  {response.text}")
        return False
    return _print_until_final(queue, console, style, external_id=external_id, sent=sent)


def _print_until_final(
    queue: EventQueue, console: Console, style: Style, *, external_id: str, sent: float
) -> bool:
    while (left := sent + EVENT_SECONDS - time.monotonic()) > 0:
        for event in queue.poll(max(1.0, left)):
            console.print(format_event(event, time.monotonic() - sent, style))
        types = {event.type for event in queue.of(external_id)}
        if types & FINAL_TYPES:
            return SUCCEEDED in types
    console.print(f"  nothing final within {EVENT_SECONDS:.0f} s")
    return False


def print_events(queue: EventQueue, console: Console, style: Style, started: float) -> None:
    """Prints every event that arrives, until a signal ends it."""
    while True:
        for event in queue.poll(20):
            console.print(format_event(event, time.monotonic() - started, style))


def _end(stack: LocalStack, console: Console, style: Style, *, has_succeeded: bool) -> int:
    if has_succeeded:
        console.print(
            f"\n{style.paint('The payment succeeded, and a subscriber was told.', 'green')}"
        )
        return 0
    save_function_logs(stack.aws, stack.folder.logs)
    stack.keep_logs()
    console.print(f"\n{style.paint(f'No {SUCCEEDED} event came.', 'red')}")
    console.print(
        "The logs of the functions, the emulator, the simulator and the deployment: "
        f"{stack.folder.logs}"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
