"""Many callers at the same moment."""

import base64
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx

from local.simulator import NO_CALLBACK_YET
from tests.e2e.support import World

CROWD = 50
STEP = 10
# A new worker of the emulator costs a second of processor time, and a crowd shares two cores.
PATIENCE_SECONDS = 90.0

type Call[T] = Callable[[], T]


def at_once[T](calls: Sequence[Call[T]]) -> list[T]:
    """Makes all calls at the same moment, each in a thread; returns their results in order."""
    start = threading.Barrier(len(calls))

    def wait_and_call(call: Call[T]) -> T:
        start.wait()
        return call()

    with ThreadPoolExecutor(max_workers=len(calls), thread_name_prefix="crowd") as pool:
        return list(pool.map(wait_and_call, calls))


def warm(call: Call[httpx.Response], count: int = CROWD) -> None:
    """Has the emulator start about `count` workers for one function, a few at a time.

    Started all at once on two cores, most would not be ready before API Gateway gives up. `call`
    makes the function do something harmless.
    """
    for crowd in (*range(STEP, count, STEP), count):
        at_once([call] * crowd)


def callback_body(world: World, external_id: str, **order: object) -> bytes:
    """The very bytes of a callback that the stand-in makes; it goes nowhere."""
    request = {"externalId": external_id, "url": NO_CALLBACK_YET, **order}
    (delivery,) = world.simulator.send_callback(request)["deliveries"]
    return base64.b64decode(delivery["request"]["bodyBase64"])


class Provider:
    """Posts callbacks to the webhook from many threads, as the provider's own machines might."""

    def __init__(self, world: World) -> None:
        self._url = world.stack.webhook_url
        self._client = httpx.Client(
            timeout=PATIENCE_SECONDS,
            trust_env=False,
            limits=httpx.Limits(max_connections=2 * CROWD),
        )

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()

    def post(self, body: bytes) -> httpx.Response:
        """Posts one callback, once."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return self._client.post(self._url, content=body, headers=headers)

    def post_at_once(self, bodies: Sequence[bytes]) -> list[httpx.Response]:
        """Posts all of them at the same moment; the answers are in the same order."""
        return at_once([partial(self.post, body) for body in bodies])
