"""A total time-out for HTTP, which httpx does not have: every read and write ends by the deadline.

httpx bounds the wait for the *next* bytes. A server that sends one byte at a time, in the headers
or in chunk sizes, could hold a request for ever. So the deadline is put below, where the socket is.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx


@dataclass(slots=True)
class Exchange:
    """One request under way: until when it may last, and whether a byte of it may have left."""

    deadline: float
    monotonic: Callable[[], float]
    has_left: bool = False

    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - self.monotonic()


_exchange: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


@contextmanager
def exchange(seconds: float, monotonic: Callable[[], float] = time.monotonic) -> Iterator[Exchange]:
    """Let every read and write of this thread end after ``seconds`` from now."""
    current = Exchange(monotonic() + seconds, monotonic)
    token = _exchange.set(current)
    try:
        yield current
    finally:
        _exchange.reset(token)


class DeadlineTransport(httpx.HTTPTransport):
    """httpx's own transport, on connections that keep the deadline."""

    def __init__(self, *, max_connections: int, keepalive_expiry: float) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=max_connections,
            keepalive_expiry=keepalive_expiry,
            network_backend=_Backend(),
        )


class _Backend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._sockets.connect_tcp(
            host, port, _bounded(timeout, httpcore.ConnectTimeout), local_address, socket_options
        )
        return _Stream(stream)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _bounded(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        bounded = _bounded(timeout, httpcore.WriteTimeout)
        if current := _exchange.get():
            current.has_left = True
        self._stream.write(buffer, bounded)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        bounded = _bounded(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, bounded))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (httpcore's own signature)
        return self._stream.get_extra_info(info)


def _bounded(timeout: float | None, too_late: type[Exception]) -> float | None:
    current = _exchange.get()
    if current is None:
        return timeout
    seconds = current.left()
    if seconds <= 0:
        raise too_late
    return seconds if timeout is None else min(timeout, seconds)
