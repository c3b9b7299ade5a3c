"""AzamPay's stand-in inside this process: it moves only when it is asked or waited for.

Its callbacks wait in a mailbox until the world delivers them, so that nothing happens by chance.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
from base64 import b64decode
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, override

import httpx

import finconnect.providers.http
import simulator.machine
from simulator.app import create_app
from simulator.callbacks import Callback
from simulator.keys import KeyRing
from simulator.machine import Machine
from simulator.settings import Settings
from tests.crash.network import Mailbox, Network
from tests.fakes.signing import azampay_key, other_key
from tests.integration.functions.deployment import CREDENTIALS, URL_SECRET

if TYPE_CHECKING:
    import pytest

URL: Final = "http://provider.test"
STATUS_PATH: Final = "/status"
TOKEN_LIFETIME: Final = 3600.0
_PATIENCE: Final = 10_000


class Stuck(BaseException):
    """The harness itself is wrong. No handler may take this for an error of its own."""


class _Keys(KeyRing):
    """Two keys that are made once for all scenarios: making them takes longer than a scenario."""

    def __init__(self) -> None:
        self._private = azampay_key()

    @override
    def rotate(self) -> None:
        self._private = other_key(1)

    def restore(self) -> None:
        """Sign with the first key again."""
        self._private = azampay_key()


@dataclass
class Provider:
    """The simulator, stepped by hand.

    ``keyless`` hides its public key. ``refuses`` is a path at which nobody listens.
    """

    deliver_next: Callable[[], bool]
    keyless: bool = False
    refuses: str = ""
    keys: _Keys = field(default_factory=_Keys)
    mailbox: Mailbox = field(default_factory=Mailbox)

    def install(self, monkeypatch: pytest.MonkeyPatch, network: Network) -> None:
        """Start, and let ``network`` be where httpx hands a request to the network."""
        self.loop = asyncio.new_event_loop()
        with monkeypatch.context() as patched:
            patched.setattr(httpx, "AsyncHTTPTransport", lambda: self.mailbox)
            patched.setattr(simulator.machine, "KeyRing", lambda *_: self.keys)
            self.machine = Machine(_settings())
        self._transport = httpx.ASGITransport(create_app(self.machine))
        monkeypatch.setattr(finconnect.providers.http, "DeadlineTransport", lambda **_: network)

    def close(self) -> None:
        """Stop; what was still to be sent is not."""
        for post in self.mailbox.posts:
            post.answer.cancel()
        self.loop.run_until_complete(self.machine.close())
        self.loop.close()

    def hand_over(self, post: Callable[[httpx.Request], int]) -> None:
        """Let ``post`` have the callback that waits longest, and take the status as its answer."""
        waiting = self.mailbox.posts.pop(0)
        self.mailbox.in_delivery += 1
        status = post(waiting.request)
        self.mailbox.in_delivery -= 1
        self.run(lambda: waiting.answer.set_result(httpx.Response(status)))

    def rest(self) -> None:
        """Let the provider do whatever it can do without an answer of ours."""
        self.loop.run_until_complete(self._rested(None))

    def run[T](self, work: Callable[[], T]) -> T:
        """Do something where the simulator's own code runs, then let it rest."""

        async def inside() -> T:
            return work()

        result = self.loop.run_until_complete(inside())
        self.rest()
        return result

    def starts(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Let the provider begin something of its own accord."""
        self.run(lambda: self.machine.background.spawn(work()))

    def send_again(self, acknowledged: set[str]) -> None:
        """Send each callback again that was given up without a 2xx: by then somebody complained."""
        given_up = {}
        for attempt in self.machine.book.view().callbacks:
            body = b64decode(attempt.request.body_base64)
            if hashlib.sha256(body).hexdigest() not in acknowledged:
                given_up[body] = Callback(
                    attempt.external_id or "",
                    attempt.transaction_id,
                    body,
                    attempt.signature_input,
                )
        for callback in given_up.values():
            self.starts(functools.partial(self.machine.courier.deliver, callback, retried=True))

    def exchange(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, as the real one would over the wire."""
        special = self._special(request)
        if special is not None:
            return special
        task = self.loop.create_task(self._ask(request))
        while not task.done():
            self.loop.run_until_complete(self._rested(task))
            # Not done yet: it answers only once its callback was answered.
            if not task.done() and not self.deliver_next():
                raise Stuck("the provider waits for nothing")
        return task.result()

    def _special(self, request: httpx.Request) -> httpx.Response | None:
        path = request.url.path
        if self.keyless and path.lower().replace("-", "").endswith("publickey"):
            return httpx.Response(404)
        if path == self.refuses:
            raise httpx.ConnectError("down")
        if path != STATUS_PATH:
            return None
        charged = self.machine.book.view().charges
        transaction = request.url.params["transactionId"]
        paid = any(charge.transaction_id == transaction for charge in charged)
        return httpx.Response(200, json={"data": "success" if paid else "pending"})

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        copy = httpx.Request(
            request.method, request.url, headers=request.headers, content=request.read()
        )
        response = await self._transport.handle_async_request(copy)
        content = await response.aread()
        return httpx.Response(response.status_code, headers=response.headers, content=content)

    async def _rested(self, task: asyncio.Task[httpx.Response] | None) -> None:
        for _ in range(_PATIENCE):
            busy = len(self.machine.background._tasks) + int(task is not None and not task.done())
            if busy == self.mailbox.unanswered:
                return
            await asyncio.sleep(0)
        raise Stuck("the provider does not come to rest")


def _settings() -> Settings:
    return Settings(
        callback_url=f"http://gateway.test/webhooks/azampay/{URL_SECRET}",
        callback_delay=0.0,
        slow_approval=0.0,
        retry_delays=(0.0,) * 4,
        callback_timeout=3600.0,
        seed=1,
        app_name=CREDENTIALS["appName"],
        client_id=CREDENTIALS["clientId"],
        client_secret=CREDENTIALS["clientSecret"],
        token_lifetime=TOKEN_LIFETIME,
    )
