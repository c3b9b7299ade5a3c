"""Sends callbacks to the webhook and writes down how it answered."""

import asyncio
import functools
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx

from simulator.background import Background
from simulator.book import Book
from simulator.callbacks import Callback
from simulator.entries import CallbackAttempt, HttpAnswer
from simulator.exchange import http_answer, http_request
from simulator.ids import Ids
from simulator.wire import JSON_TYPE

_KEPT_ANSWER_BYTES = 65_536
STOPPED = "not sent: the simulator stopped"
NO_URL = "not sent: no callback URL is set"


class Courier:
    """Posts callbacks to ``url``; retries, where asked to, after each of ``retry_delays`` seconds.

    The URL is a secret. It is sent to its own host, and appears masked everywhere else.
    """

    def __init__(
        self,
        book: Book,
        background: Background,
        ids: Ids,
        *,
        url: str | None,
        retry_delays: Sequence[float],
        timeout: float,
    ) -> None:
        self.url = url
        self._book = book
        self._background = background
        self._ids = ids
        self._retry_delays = tuple(retry_delays)
        self._timeout = timeout
        # The bare transport: httpx's client would log each URL, follow redirects and use proxies.
        self._transport = httpx.AsyncHTTPTransport()

    async def close(self) -> None:
        """Close the connections to the webhook."""
        await self._transport.aclose()

    async def deliver(self, callback: Callback, *, retried: bool) -> None:
        """Send once and return; if not answered 2xx and ``retried``, go on in the background.

        Whether AzamPay retries is not known (DOC for Rwanda only: back-off on non-200).
        """
        first = await self.send(callback)
        if retried and self._retry_delays and not is_acknowledged(first):
            self._background.spawn(self._retry(callback))

    async def send(
        self,
        callback: Callback,
        *,
        url: str | None = None,
        attempt: int = 1,
        origin: str = "payment",
    ) -> CallbackAttempt:
        """Send ``callback`` once, to ``url`` or the callback URL; returns the completed entry."""
        target = url or self.url
        headers = self._headers()
        entry = self._enter(callback, target, headers, attempt, origin)
        if target is None:
            return self._book.amend(entry, error=NO_URL)
        request = httpx.Request("POST", target, headers=headers, content=callback.body)
        try:
            answer = await self._post(request)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
            # The name only: the text of an error may quote the URL.
            return self._book.amend(entry, error=type(error).__name__)
        except asyncio.CancelledError:
            self._book.amend(entry, error="no answer yet when the simulator stopped")
            raise
        return self._book.amend(entry, answer=answer)

    def abandon(self, callback: Callback, attempt: int = 1) -> None:
        """Write down that ``callback`` was due but is not sent, since the simulator stops."""
        entry = self._enter(callback, self.url, self._headers(), attempt, "payment")
        self._book.amend(entry, error=STOPPED)

    async def _retry(self, callback: Callback) -> None:
        for attempt, delay in enumerate(self._retry_delays, start=2):
            if not await self._background.pause(delay):
                self.abandon(callback, attempt)
                return
            if is_acknowledged(await self.send(callback, attempt=attempt)):
                return

    async def _post(self, request: httpx.Request) -> HttpAnswer:
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout)
        request.extensions["timeout"] = limits
        async with asyncio.timeout(self._timeout):
            response = await self._transport.handle_async_request(request)
            try:
                content = await response.aread()
            finally:
                await response.aclose()
        body = _without_path(content[:_KEPT_ANSWER_BYTES], str(request.url))
        return http_answer(response.status_code, response.headers.get("content-type"), body)

    def _enter(
        self,
        callback: Callback,
        url: str | None,
        headers: Sequence[tuple[str, str]],
        attempt: int,
        origin: str,
    ) -> CallbackAttempt:
        return self._book.add(
            CallbackAttempt(
                external_id=callback.external_id,
                transaction_id=callback.transaction_id,
                origin=origin,
                attempt=attempt,
                request=http_request("POST", masked_url(url), headers, callback.body),
                signature_input=callback.signature_input,
            )
        )

    def _headers(self) -> list[tuple[str, str]]:
        """The headers logged with callbacks (LOG); no authorization among them."""
        return [
            ("Content-Type", JSON_TYPE),
            ("Accept-Encoding", "gzip"),
            ("Traceparent", self._ids.traceparent()),
        ]


def is_acknowledged(attempt: CallbackAttempt) -> bool:
    """Whether the webhook answered with a 2xx."""
    status = attempt.answer.status if attempt.answer else None
    return status is not None and httpx.codes.is_success(status)


def masked_url(url: str | None) -> str:
    """The scheme and host of ``url``; its path may be a secret."""
    if url is None:
        return ""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/***"


def _without_path(body: bytes, url: str) -> bytes:
    # Some servers quote the path in their 404 pages.
    path = urlsplit(url).path.encode()
    secrets = [path, *re.findall(rb"[^/]{16,}", path)] if len(path) > 1 else []
    return functools.reduce(lambda rest, secret: rest.replace(secret, b"***"), secrets, body)
