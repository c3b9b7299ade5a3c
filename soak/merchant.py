"""The merchants: they post what is planned, and post again what was not answered well."""

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx

from local.payments import PaymentsClient
from local.stack import LocalStack
from soak.plan import Planned

MERCHANTS = 12
TRIES = 12
PAUSE_SECONDS = 1.0
SETTLED = frozenset({200, 202, 422})
"""What ends a merchant's patience: taken, replayed, or refused for good."""


def post_all(stack: LocalStack, plan: Sequence[Planned]) -> Counter[str]:
    """Posts every planned payment, twelve at a time; counts all answers by their status."""
    answers = Counter[str]()
    with (
        ThreadPoolExecutor(MERCHANTS, thread_name_prefix="merchant") as pool,
        closing(stack.client()) as client,
    ):
        for each in pool.map(lambda planned: _post(client, planned), plan):
            answers += each
    return answers


def _post(client: PaymentsClient, planned: Planned) -> Counter[str]:
    answers = _post_until_settled(client, planned)
    return answers + _post_until_settled(client, planned) if planned.is_repeated else answers


def _post_until_settled(client: PaymentsClient, planned: Planned) -> Counter[str]:
    answers = Counter[str]()
    pause = threading.Event()
    for _ in range(TRIES):
        try:
            status = client.post(planned.payload).status_code
        except httpx.HTTPError as error:
            answers[type(error).__name__] += 1
        else:
            answers[str(status)] += 1
            if status in SETTLED:
                break
        pause.wait(PAUSE_SECONDS)
    return answers
