"""Serves the simulator: in the foreground, or in a thread of a test."""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn

from simulator.app import create_app
from simulator.book import Book
from simulator.connections import DroppableProtocol
from simulator.control import PREFIX
from simulator.machine import Machine
from simulator.settings import Settings

_STOP_SECONDS = 15


class SimulatorServer:
    """A simulator on a port of its own; as a context manager it runs in a thread.

    The port is bound when the object is made, so ``base_url`` is known at once; OSError if it is
    taken. Inside the ``with`` block requests are answered. On leaving it, held connections are
    dropped, and callbacks that were still due are written into the book as not sent.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        settings = settings or Settings()
        self._machine = Machine(settings)
        self._socket = _bind(settings.host, settings.port)
        self.base_url = _base_url(settings.host, self._socket.getsockname()[1])
        self._ready = threading.Event()
        self._server = _Uvicorn(self._machine, self._ready.set)
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)
        self._failure: BaseException | None = None

    @property
    def book(self) -> Book:
        """The book; it stays readable after the server has stopped."""
        return self._machine.book

    @property
    def public_key_pem(self) -> str:
        """The current public key as PEM."""
        return self._machine.keys.public_pem

    def set_callback_url(self, url: str | None) -> None:
        """Send callbacks to ``url`` from now on; None stops them."""
        self._control("PUT", "/callback-url", {"url": url})

    def expire_tokens(self) -> None:
        """Refuse all tokens issued so far."""
        self._control("POST", "/tokens/expire")

    def rotate_key(self) -> None:
        """Sign with a new key pair from now on, and publish it."""
        self._control("POST", "/keys/rotate")

    def reset(self) -> None:
        """Empty the book and disarm faults."""
        self._control("DELETE", "/book")

    def send_callbacks(self, **order: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
        """Post callbacks made by hand; ``order`` is the body of ``POST /_simulator/callbacks``.

        Returns its ``deliveries``. httpx.HTTPStatusError if the order is refused.
        """
        deliveries: list[dict[str, Any]] = self._control("POST", "/callbacks", order)["deliveries"]
        return deliveries

    def run(self, on_ready: Callable[[str], None]) -> None:
        """Serve in the foreground until SIGINT or SIGTERM; ``on_ready`` gets the base URL."""
        self._server.on_ready = lambda: on_ready(self.base_url)
        asyncio.run(self._serve_until_signal())

    def start(self) -> Self:
        """Serve in a thread; returns when requests are answered, raises what prevents it."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def stop(self) -> None:
        """End the thread in order; TimeoutError if that takes more than 15 seconds."""
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
        if self._thread.is_alive():
            raise TimeoutError("the simulator did not stop")
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._server.serve(sockets=[self._socket]))
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            self._failure = error
        finally:
            self._ready.set()

    async def _serve_until_signal(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._ask_to_stop)
        await self._server.serve(sockets=[self._socket])

    def _ask_to_stop(self) -> None:
        self._server.should_exit = True

    def _control(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        url = f"{self.base_url}{PREFIX}{path}"
        response = httpx.request(method, url, json=body, timeout=60, trust_env=False)
        response.raise_for_status()
        return response.json() if response.content else None


class _Uvicorn(uvicorn.Server):
    """Uvicorn that tells when it listens, and lets go of held connections before it waits."""

    def __init__(self, machine: Machine, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(machine),
                http=DroppableProtocol,
                ws="none",
                loop="asyncio",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=10,
            )
        )
        self._closing = machine.background.closing
        self.on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell."""
        await super().startup(sockets)
        self.on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and end what would otherwise keep its connection open."""
        self._closing.set()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever runs the simulator."""
        yield


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def _base_url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
