"""`python -m soak`: many payments under AWS faults, then the books are compared."""

import argparse
import os
import random
import sys
import time
from collections.abc import Mapping, Sequence

from local.environment import forget_aws_account
from local.errors import LocalStackError
from local.function_logs import save_function_logs
from local.progress import Console, Stopwatch, style_for
from local.signals import StopRequested, stopping_in_order
from local.stack import LocalStack
from soak import quiet
from soak.books import read_cases
from soak.compare import differences
from soak.faults import Faults, faults_between
from soak.merchant import post_all
from soak.plan import Planned, make_plan
from soak.stream import RelayPump
from soak.subscriber import Subscriber
from soak.tally import tally

PARAMETERS = {"CallbackRetryDelays": "1,2,4,8", "ThrottleRate": "10000", "ThrottleBurst": "5000"}
CALLBACK_DELAY = 0.5
PROVIDER_SECONDS = 180.0
QUEUE_SECONDS = 300.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 0 if the books agree, 1 if not or if the stack did not start."""
    options = _options(arguments)
    console = Console(sys.stdout, style_for(sys.stdout))
    forget_aws_account(os.environ)
    started = time.monotonic()
    console.print(f"{options.count} payments, seed {options.seed}")
    try:
        with (
            stopping_in_order(),
            LocalStack(
                progress=console, parameters=PARAMETERS, callback_delay=CALLBACK_DELAY
            ) as stack,
            faults_between(stack) as faults,
        ):
            agrees = Soak(stack, faults, console).run(make_plan(options.count, options.seed))
    except StopRequested as request:
        return 128 + request.number
    except LocalStackError as error:
        console.print(f"The local stack did not start. {error}")
        return 1
    console.print(f"{time.monotonic() - started:.0f} s in all")
    return 0 if agrees else 1


class Soak:
    """One run on a stack that has just been deployed."""

    def __init__(self, stack: LocalStack, faults: Faults, console: Console) -> None:
        self._stack = stack
        self._faults = faults
        self._console = console
        self._steps = Stopwatch(console)
        self._subscriber = Subscriber(stack.subscribe())
        self._pump = RelayPump(stack)

    def run(self, plan: Sequence[Planned]) -> bool:
        """Pay, come to rest, compare; prints the tally and returns whether the books agree."""
        self._pump.start()
        self._subscriber.start()
        try:
            with quiet.FasterClock(self._stack):
                self._faults.begin()
                answers, late = self._pay(plan)
                self._faults.end()
                notes = {"sent late": late, **self._come_to_rest(plan)}
        finally:
            self._pump.abandon()
            self._subscriber.abandon()
        with self._steps.step("comparing the books"):
            cases = read_cases(self._stack, plan, self._subscriber.received)
            found = differences(cases)
        for line in tally(cases, found, self._faults.tally(), answers, notes):
            self._console.print(line)
        if found:
            save_function_logs(self._stack.aws, self._stack.folder.logs)
            self._stack.keep_logs()
            self._console.print(f"The logs: {self._stack.folder.logs}")
        return not found

    def _pay(self, plan: Sequence[Planned]) -> tuple[Mapping[str, int], int]:
        with self._steps.step("payments, under faults"):
            answers = post_all(self._stack, plan)
        with self._steps.step("the payers and their callbacks, under faults"):
            self._await_provider()
        with self._steps.step("late callbacks, under faults"):
            late = quiet.send_late(self._stack, plan)
        return answers, late

    def _come_to_rest(self, plan: Sequence[Planned]) -> Mapping[str, object]:
        with self._steps.step("the queue of callbacks without a key"):
            self._await_queue()
            redriven = quiet.redrive_callbacks(self._stack)
            self._await_queue()
        with self._steps.step("what the provider sends again on request"):
            resent = quiet.resend(self._stack, plan)
            self._await_queue()
        with self._steps.step("the reconciler"):
            silent = quiet.reconcile(self._stack)
        with self._steps.step("the events"):
            self._pump.drain_and_stop()
            self._subscriber.drain_and_stop()
        return {
            "dead letters": f"{redriven} by ops redrive callbacks",
            "resent": f"{resent} callbacks that the ledger did not have",
            "silent": f"{silent} payments looked at by the reconciler",
            "given again": f"{self._pump.given_again} stream records, after failures of the relay",
        }

    def _await_provider(self) -> None:
        quiet.wait_until(
            "the provider has ended",
            lambda: quiet.provider_is_done(self._stack.simulator.whole_book()),
            seconds=PROVIDER_SECONDS,
        )

    def _await_queue(self) -> None:
        quiet.wait_until(
            "the queue is empty",
            lambda: quiet.messages_in(self._stack, "CallbackQueue") == 0,
            seconds=QUEUE_SECONDS,
        )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    add = parser.add_argument
    add("--count", type=_count, default=500, help="payments (default %(default)s)")
    seed = random.SystemRandom().randrange(10_000)
    add("--seed", type=int, default=seed, help="repeats a mix of payments (default: a new one)")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError("at least one")
    return count


if __name__ == "__main__":
    sys.exit(main())
