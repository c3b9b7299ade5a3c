"""One HTTP client for all, which tells apart what matters for money: did the request leave?"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http.cookiejar import DefaultCookiePolicy
from typing import Final

import httpx

from finconnect.providers.deadline import DeadlineTransport, Exchange, exchange

_BEFORE_SENDING: Final = (
    httpx.ConnectError,  # DNS, refused, unreachable, TLS
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.LocalProtocolError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    UnicodeError,  # a host that is no name
)
"""What httpx raises before the first byte of a request has left."""

MAX_ANSWER_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait: to connect, for the next bytes, and for the whole answer."""

    connect: float = 2.0
    read: float = 15.0
    total: float = 18.0

    def within(self, seconds: float) -> Timeouts:
        """The same, but no longer than ``seconds`` each."""
        return Timeouts(*(min(each, seconds) for each in (self.connect, self.read, self.total)))


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer that arrived whole. ``body`` is decoded from gzip and the like, at most 1 MiB."""

    status: int
    body: bytes
    trace_id: str | None


class Operation(StrEnum):
    """What a request to a provider is for."""

    CHECKOUT = "checkout"
    TOKEN = "token"  # noqa: S105 (the name of a call, no secret)
    PUBLIC_KEY = "public_key"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One request as an observer sees it: nothing of what was sent, and nothing of the body.

    ``seconds`` is until the whole answer was here, or until it was given up. ``outcome`` is
    ``answered``, ``never_sent`` or ``no_answer``; only an answered one has a status.
    """

    operation: Operation
    seconds: float
    outcome: str
    status: int | None = None
    trace_id: str | None = None


type Observer = Callable[[HttpCall], None]


class NeverSent(Exception):
    """No byte of the request left: the name was not found, or no connection came about."""


class NoAnswer(Exception):
    """The request may have left, and no whole answer came back."""


class HttpClient:
    """A reused HTTP client that sends a request once and never follows a redirect.

    Built once per container, with its certificates loaded once; but no connection is kept for the
    next request. A container that wakes up after minutes would send a payment into a connection
    that is dead without knowing it, and the payment would be unknown though nothing had left.
    """

    def __init__(
        self,
        *,
        transport: httpx.BaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        observe: Observer | None = None,
    ) -> None:
        """``observe`` is told of every request that says what it is for, and must not raise."""
        self._monotonic = monotonic
        self._observe = observe
        self._client = httpx.Client(
            transport=transport or DeadlineTransport(max_connections=10, keepalive_expiry=0.0),
            follow_redirects=False,  # a redirected POST is a second POST
            trust_env=False,  # a stray .netrc would replace the Authorization header
            event_hooks={"response": [_forget_location]},
        )
        # A provider has no reason to set cookies, and none is sent back.
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def send(  # noqa: PLR0913 (a request has these parts)
        self,
        method: str,
        url: str,
        *,
        timeouts: Timeouts,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        operation: Operation | None = None,
    ) -> HttpAnswer:
        """Send one request, once. Raises NeverSent or NoAnswer; any status is an answer."""

        def perform() -> HttpAnswer:
            return self._perform(method, url, timeouts, headers, params, content)

        if self._observe is None or operation is None:
            return perform()
        return self._observed(operation, perform, self._observe)

    def _observed(
        self, operation: Operation, perform: Callable[[], HttpAnswer], observe: Observer
    ) -> HttpAnswer:
        started = self._monotonic()

        def tell(outcome: str, answer: HttpAnswer | None = None) -> None:
            seconds = self._monotonic() - started
            status, trace = (answer.status, answer.trace_id) if answer else (None, None)
            observe(HttpCall(operation, seconds, outcome, status, trace))

        try:
            answer = perform()
        except NeverSent:
            tell("never_sent")
            raise
        except NoAnswer:
            tell("no_answer")
            raise
        tell("answered", answer)
        return answer

    def _perform(
        self,
        method: str,
        url: str,
        timeouts: Timeouts,
        headers: Mapping[str, str] | None,
        params: Mapping[str, str] | None,
        content: bytes | None,
    ) -> HttpAnswer:
        _check(headers or {})
        timeout = httpx.Timeout(timeouts.read, connect=timeouts.connect)
        with exchange(timeouts.total, self._monotonic) as current:
            try:
                with self._client.stream(
                    method, url, headers=headers, params=params, content=content, timeout=timeout
                ) as response:
                    body = self._read(response, current)
                    return HttpAnswer(response.status_code, body, _trace_id(response.headers))
            except _BEFORE_SENDING as error:
                if current.has_left:
                    raise NoAnswer(_describe(error)) from None
                raise NeverSent(_describe(error)) from None
            except httpx.HTTPError as error:
                raise NoAnswer(_describe(error)) from None

    def _read(self, response: httpx.Response, current: Exchange) -> bytes:
        # The deadline once more, for a transport that knows none.
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise NoAnswer("the answer is larger than 1 MiB")
            if current.left() < 0:
                raise NoAnswer("the whole answer took too long")
        return bytes(body)


def _forget_location(response: httpx.Response) -> None:
    # Even where redirects are not followed, httpx reads where one would lead, and raises for an odd
    # address as if the request had never left. It has.
    response.headers.pop("location", None)


def _check(headers: Mapping[str, str]) -> None:
    # A token pasted with a newline is no header. Left to httpx, its error would quote the token.
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise NeverSent(f"the value of {name} holds characters that no header can carry")


def _trace_id(headers: httpx.Headers) -> str | None:
    for name in ("traceparent", "request-id", "x-request-id", "x-correlation-id"):
        if name in headers:
            return headers[name][:128]
    return None


def _describe(error: Exception) -> str:
    # The class says what happened. Its text can quote a URL or a header, and these a secret: so it
    # is not chained either.
    return type(error).__name__
