"""A local stack with some minutes of business on it: a quiet shop, a busy one, and trouble.

The mix is that of a working day, and not of a test: most payers pay, some do not, and some of what
AzamPay does is odd. The seed is fixed, so that two pictures show the same business.
"""

from __future__ import annotations

import math
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

from dashboard.forward import forwarding
from local.progress import Console, Stopwatch, style_for
from local.stack import LocalStack
from simulator.behaviours import BY_NUMBER

if TYPE_CHECKING:
    import httpx

SEED: Final = 20_261_125
CALLERS: Final = 6
MOST_MINUTES: Final = 180
PARAMETERS: Final = {"ReconcileAfterMinutes": "1", "CallbackRetryDelays": "5,10,20,30"}
CALLBACK_DELAY: Final = 2.0
"""Seconds that a payer takes, besides those of the test number."""

USUAL: Final = {
    "approve-at-once": 50,
    "approve-after-5s": 25,
    "decline": 6,
    "insufficient-funds": 6,
    "wrong-pin": 2,
    "never-answers": 2,
    "duplicate-callback": 3,
    "slow-answer": 2,
    "invalid-vendor": 1,
}
"""How often of a hundred a payer, or AzamPay, behaves like that."""

TROUBLE: Final = {
    **USUAL,
    "html-502": 25,
    "connection-reset": 15,
    "forged-signature": 4,
    "changed-amount": 2,
    "success-then-failure": 2,
}
"""The same while AzamPay has a bad quarter of the time."""

TROUBLED: Final = (0.5, 0.75)
NETWORKS: Final = ("Mpesa", "Tigo", "Airtel", "Halopesa", "Azampesa")
_NUMBERS: Final = {each.name: number for number, each in BY_NUMBER.items()}


@contextmanager
def stack_with_traffic(minutes: int) -> Iterator[LocalStack]:
    """A stack that has done business for so many minutes. Raises LocalStackError."""
    console = Console(sys.stdout, style_for(sys.stdout))
    with LocalStack(
        progress=console, parameters=PARAMETERS, callback_delay=CALLBACK_DELAY
    ) as stack:
        with (
            Stopwatch(console).step(f"{minutes} minutes of payments"),
            forwarding(stack.aws, f"/finconnect/{stack.name}/"),
        ):
            answers = _do_business(stack, minutes * 60)
        console.print(", ".join(f"{count} answered {code}" for code, count in answers.items()))
        yield stack


def rate(part: float) -> float:
    """Payments a second when this part (0 to 1) of the time is over: a morning, a noon, a lull."""
    return 0.35 + 0.55 * math.sin(math.pi * part) ** 2


def mix_at(part: float) -> dict[str, int]:
    """What payers and AzamPay do by then: trouble in the third quarter."""
    begins, ends = TROUBLED
    return TROUBLE if begins <= part < ends else USUAL


def payment_of(number: int, part: float, dice: random.Random) -> dict[str, Any]:
    """The payment with this number, made when this part of the time is over."""
    mix = mix_at(part)
    (behaviour,) = dice.choices(list(mix), weights=list(mix.values()))
    return {
        "accountNumber": _NUMBERS[behaviour],
        "amount": dice.choice((500, 1_000, "1500.50", 25_000)),
        "currency": "TZS",
        "externalId": f"SHOP-{number:05d}",
        "provider": dice.choice(NETWORKS),
    }


def _do_business(stack: LocalStack, seconds: float) -> Counter[int]:
    dice = random.Random(SEED)  # noqa: S311 (repeatable, and nothing secret)
    started, number = time.monotonic(), 0
    sent: list[Future[httpx.Response]] = []
    with closing(stack.client()) as client, ThreadPoolExecutor(CALLERS) as callers:
        while (gone := time.monotonic() - started) < seconds:
            number += 1
            sent.append(callers.submit(client.post, payment_of(number, gone / seconds, dice)))
            # The pace is what is wanted here, and no condition to wait for.
            time.sleep(dice.expovariate(rate(gone / seconds)))
    # Whatever was answered is what the dashboard shows; but each must have been.
    return Counter(each.result().status_code for each in sent)
