"""The deployed stack, once for all end-to-end tests."""

import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from local.events import EventQueue
from local.progress import Console, style_for
from local.signals import stopping_in_order
from local.stack import LocalStack
from tests.e2e.support import World

SUCCEEDED = "payment.succeeded"
CALLBACK_DELAY = 0.3
PARAMETERS = {
    # Seconds instead of minutes, so that the queue's last try can be waited for.
    "CallbackRetryDelays": "1,2,2,2",
    # A crowd of callers must not be turned away at the gateway: it is what lies behind that counts.
    "ThrottleRate": "10000",
    "ThrottleBurst": "5000",
}


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """The real template, built and deployed; IAM is enforced. Its steps show with -s."""
    progress = Console(sys.stdout, style_for(sys.stdout))
    # Also when the test run is told to end, nothing is left behind.
    with (
        stopping_in_order(),
        LocalStack(
            progress=progress, callback_delay=CALLBACK_DELAY, parameters=PARAMETERS
        ) as running,
    ):
        yield running


@pytest.fixture(scope="session")
def events(stack: LocalStack) -> EventQueue:
    """A subscriber who wants every event."""
    return stack.subscribe()


@pytest.fixture(scope="session")
def successes(stack: LocalStack) -> EventQueue:
    """A subscriber whose filter policy lets only successes through."""
    return stack.subscribe((SUCCEEDED,))


@pytest.fixture
def world(stack: LocalStack, events: EventQueue, successes: EventQueue) -> Iterator[World]:
    """The stack with its subscribers in place, and a merchant."""
    _ = events, successes
    with closing(World(stack)) as made:
        yield made
