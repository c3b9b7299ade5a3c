"""AzamPay's stand-in inside this process: it moves only when it is asked or waited for.

Its callbacks wait in ``posts`` until the world delivers them, so that nothing happens by chance.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
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
from tests.crash.containers import Containers
from tests.crash.faults import Call, Injector, Ways
from tests.fakes.signing import azampay_key, other_key
from tests.integration.functions.deployment import CREDENTIALS, URL_SECRET

if TYPE_CHECKING:
    import pytest

URL: Final = "http://provider.test"
CHECKOUT_PATH: Final = "/azampay/mno/checkout"
CHECKOUT: Final = f"provider.POST {CHECKOUT_PATH}"
STATUS_PATH: Final = "/status"
TOKEN_LIFETIME: Final = 3600.0
_PATIENCE: Final = 10_000
_CLEAR: Final = (200, 400, 401, 403)


@dataclass(slots=True)
class Post:
    """A callback that the provider is sending, and is waiting for an answer to."""

    request: httpx.Request
    answer: asyncio.Future[httpx.Response]


class Stuck(BaseException):
    """The harness itself is wrong. No handler may take this for an error of its own."""


@dataclass(frozen=True, slots=True)
class CheckoutTry:
    """One try of a checkout; it is clear if it never left, or was answered as the provider does."""

    reference: str
    is_clear: bool


@dataclass
class Provider:
    """The simulator, stepped by hand."""

    injector: Injector
    containers: Containers
    deliver_next: Callable[[], bool]
    keyless: bool = False
    posts: list[Post] = field(default_factory=list)
    refuses: str = ""
    checkouts: list[CheckoutTry] = field(default_factory=list)
    _answers: int = 0
    _in_delivery: int = 0

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Start, and stand where httpx hands a request to the network."""
        monkeypatch.setattr(simulator.machine, "KeyRing", lambda *_: _Keys())
        self.loop = asyncio.new_event_loop()
        settings = Settings(
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
        with monkeypatch.context() as patched:
            patched.setattr(httpx, "AsyncHTTPTransport", lambda: _Mailbox(self))
            self.machine = Machine(settings)
        self._transport = httpx.ASGITransport(create_app(self.machine))
        monkeypatch.setattr(
            finconnect.providers.http, "DeadlineTransport", functools.partial(_Network, self)
        )

    def close(self) -> None:
        """Stop; what was still to be sent is not."""
        for post in self.posts:
            post.answer.cancel()
        self.loop.run_until_complete(self.machine.close())
        self.loop.close()

    def hand_over(self, post: Callable[[httpx.Request], int]) -> None:
        """Let ``post`` have the callback that waits longest, and take the status as its answer."""
        waiting = self.posts.pop(0)
        self._in_delivery += 1
        status = post(waiting.request)
        self._in_delivery -= 1
        self.run(lambda: waiting.answer.set_result(httpx.Response(status)))

    def rest(self) -> None:
        """Let the provider do whatever it can do without an answer of ours."""
        self.loop.run_until_complete(self._rested(None))

    def send(self, request: httpx.Request) -> httpx.Response:
        """One try of a call of ours, with the planned fault."""
        call = Call(self.containers.running[-1], f"provider.{request.method} {request.url.path}")
        # A request that never left is sent again by ours: that is still the same call.
        identity = (request.url, request.headers.get("Authorization"), self._answers)
        ways = Ways(
            refuse=lambda: httpx.ConnectError("refused"),
            lose=lambda: httpx.ReadTimeout("lost"),
            throttle=lambda: httpx.Response(429),
            contend=lambda: httpx.Response(429),
        )
        is_clear = False
        try:
            response = self.injector.around(call, identity, lambda: self._exchange(request), ways)
            self._answers += 1
            is_clear = response.status_code in _CLEAR
        except httpx.ConnectError:
            is_clear = True
            raise
        finally:
            if call.name == CHECKOUT:
                reference = json.loads(request.read())["externalId"]
                self.checkouts.append(CheckoutTry(reference, is_clear))
        return response

    def run[T](self, work: Callable[[], T]) -> T:
        """Do something where the simulator's own code runs, then let it rest."""

        async def inside() -> T:
            return work()

        result = self.loop.run_until_complete(inside())
        self.rest()
        return result

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

    def starts(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Let the provider begin something of its own accord."""
        self.run(lambda: self.machine.background.spawn(work()))

    def _exchange(self, request: httpx.Request) -> httpx.Response:
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
            if busy == len(self.posts) + self._in_delivery:
                return
            await asyncio.sleep(0)
        raise Stuck("the provider does not come to rest")


class _Keys(KeyRing):
    """Two keys that are made once for all scenarios: making them takes longer than a scenario."""

    def __init__(self) -> None:
        self._private = azampay_key()

    @override
    def rotate(self) -> None:
        self._private = other_key(1)


class _Network(httpx.BaseTransport):
    """Where finconnect's HTTP client ends."""

    def __init__(self, provider: Provider, **_: object) -> None:
        self._provider = provider

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._provider.send(request)


class _Mailbox(httpx.AsyncBaseTransport):
    """Where the simulator's callbacks wait to be delivered."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        post = Post(request, asyncio.get_running_loop().create_future())
        self._provider.posts.append(post)
        return await post.answer
