"""The two ends of the provider's network: where our requests arrive, and its callbacks leave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, override

import httpx

from tests.crash.containers import Containers
from tests.crash.faults import Call, Injector, Ways

CHECKOUT_PATH: Final = "/azampay/mno/checkout"
CHECKOUT: Final = f"provider.POST {CHECKOUT_PATH}"
_CLEAR: Final = (200, 400, 401, 403)


@dataclass(frozen=True, slots=True)
class CheckoutTry:
    """One try of a checkout; it is clear if it never left, or was answered as the provider does."""

    reference: str
    is_clear: bool


@dataclass
class Network(httpx.BaseTransport):
    """Where finconnect's HTTP client ends: each try of each call passes the injector here."""

    injector: Injector
    containers: Containers
    exchange: Callable[[httpx.Request], httpx.Response]
    checkouts: list[CheckoutTry] = field(default_factory=list)
    _answers: int = 0

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        call = Call(self.containers.running[-1], f"provider.{request.method} {request.url.path}")
        if call.name != CHECKOUT:
            return self._send(call, request)
        reference, is_clear = json.loads(request.read())["externalId"], False
        try:
            response = self._send(call, request)
            is_clear = response.status_code in _CLEAR
        except httpx.ConnectError:
            is_clear = True
            raise
        finally:
            self.checkouts.append(CheckoutTry(reference, is_clear))
        return response

    def _send(self, call: Call, request: httpx.Request) -> httpx.Response:
        # A request that never left is sent again by ours: that is still the same call.
        identity = (request.url, request.headers.get("Authorization"), self._answers)
        ways = Ways(
            refuse=lambda: httpx.ConnectError("refused"),
            lose=lambda: httpx.ReadTimeout("lost"),
            throttle=lambda: httpx.Response(429),
            contend=lambda: httpx.Response(429),
        )
        response = self.injector.around(call, identity, lambda: self.exchange(request), ways)
        self._answers += 1
        return response


@dataclass(frozen=True, slots=True)
class Post:
    """A callback that the provider is sending, and is waiting for an answer to."""

    request: httpx.Request
    answer: asyncio.Future[httpx.Response]


@dataclass
class Mailbox(httpx.AsyncBaseTransport):
    """Where the simulator's callbacks wait to be delivered, until somebody takes them."""

    posts: list[Post] = field(default_factory=list)
    in_delivery: int = 0

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        post = Post(request, asyncio.get_running_loop().create_future())
        self.posts.append(post)
        return await post.answer

    @property
    def unanswered(self) -> int:
        """How many senders are waiting."""
        return len(self.posts) + self.in_delivery
