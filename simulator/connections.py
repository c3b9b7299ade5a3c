"""Answers below HTTP: a connection that is reset, and one on which nothing ever comes."""

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_DROP = "drop_connection"


class DroppableProtocol(H11Protocol):
    """Uvicorn's protocol, with a way for a request to break its own connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Offer ``drop_connection`` in the state of every request on this connection."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _DROP: lambda: _reset(transport)}


class BrokenResponse(Response):
    """Not an answer at all; ``note`` says for the book what the client sees instead."""

    note: ClassVar[str]


class DroppedConnection(BrokenResponse):
    """Resets the connection instead of answering."""

    note = "the connection was reset"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Break the connection."""
        await _break(scope, receive)


class HeldConnection(BrokenResponse):
    """Answers nothing until the client gives up, or the simulator stops."""

    note = "no answer was sent"

    def __init__(self, closing: asyncio.Event) -> None:
        super().__init__()
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Wait for the client to leave, or break the connection when the simulator stops."""
        gone = asyncio.ensure_future(_client_left(receive))
        stop = asyncio.ensure_future(self._closing.wait())
        await asyncio.wait({gone, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not gone.done():
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
            await _break(scope, receive)


async def _break(scope: Scope, receive: Receive) -> None:
    drop: Callable[[], None] = getattr(Request(scope).state, _DROP)
    drop()
    # Until the server has noticed, returning would make it send a 500.
    await _client_left(receive)


async def _client_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _reset(transport: asyncio.Transport) -> None:
    # Lingering for zero seconds makes close() send RST instead of FIN.
    transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    transport.abort()
