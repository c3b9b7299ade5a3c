"""What the tests hold against the simulator: a merchant, and a webhook that remembers."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, override

import httpx

from simulator.server import SimulatorServer
from simulator.settings import Settings

PATH_SECRET = "canary-0123456789-abcdefghij-path-secret"
CREDENTIALS = {
    "appName": "Shop",
    "clientId": "6d1f0000-client",
    "clientSecret": "canary-client-secret==",
}


def quick_settings(**changes: Any) -> Settings:  # noqa: ANN401 - any field
    """Settings under which everything happens within a fraction of a second.

    Numbers outside the table approve by themselves, as the scripts' payers do.
    """
    quick: dict[str, Any] = {
        "callback_delay": 0.05,
        "retry_delays": (0.05, 0.1),
        "slow_approval": 0.4,
        "slow_answer": 0.4,
        "seed": 1,
        "app_name": CREDENTIALS["appName"],
        "client_id": CREDENTIALS["clientId"],
        "client_secret": CREDENTIALS["clientSecret"],
    }
    delay = changes.get("callback_delay", quick["callback_delay"])
    return Settings(**(quick | {"auto_approve": delay} | changes))


def number(nn: int) -> str:
    """The payer's number of a test number."""
    return f"2557000000{nn:02d}"


@dataclass(frozen=True, slots=True)
class Received:
    """A callback as it arrived."""

    body: bytes
    headers: dict[str, str]
    path: str

    @property
    def fields(self) -> dict[str, Any]:
        """The body's fields."""
        fields: dict[str, Any] = json.loads(self.body)
        return fields


@dataclass
class Webhook:
    """A merchant's webhook: remembers what came, answers with ``statuses`` in turn, then 200.

    While ``gate`` is not set it does not answer; with ``drips`` it answers header after header.
    """

    statuses: list[int] = field(default_factory=list)
    answer: bytes = b'{"status":"recorded"}'
    received: list[Received] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    drips: bool = False

    def __post_init__(self) -> None:
        self.gate.set()
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """Where callbacks go; the path ends in a secret."""
        return f"http://127.0.0.1:{self._server.server_port}/webhooks/azampay/{PATH_SECRET}"

    def wait_for(self, count: int, timeout: float = 5.0) -> list[Received]:
        """What came, as soon as there are ``count``; TimeoutError after ``timeout`` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.received) >= count, timeout):
                raise TimeoutError(f"{len(self.received)} of {count} callbacks came")
            return list(self.received)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.gate.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _remember(self, callback: Received) -> int:
        with self._changed:
            self.received.append(callback)
            self._changed.notify_all()
            return self.statuses.pop(0) if self.statuses else 200

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = webhook._remember(Received(body, dict(self.headers), self.path))
                self._drip() if webhook.drips else webhook.gate.wait(10)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(webhook.answer)))
                self.end_headers()
                self.wfile.write(webhook.answer)

            def _drip(self) -> None:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                with contextlib.suppress(OSError):
                    while not webhook.gate.wait(0.05):
                        self.wfile.write(b"X-Drip: 1\r\n")

            @override
            def log_message(self, *_: object) -> None:
                pass

        return Handler


class Merchant:
    """A merchant's calls, by the documentation and not by the simulator's code."""

    def __init__(
        self,
        server: SimulatorServer,
        api_key: str | None = None,
        app_name: str = CREDENTIALS["appName"],
    ) -> None:
        self.server = server
        self._credentials = CREDENTIALS | {"appName": app_name}
        headers = {"X-API-Key": api_key} if api_key else {}
        self.http = httpx.Client(
            base_url=server.base_url, headers=headers, timeout=10, trust_env=False
        )

    @contextlib.contextmanager
    def patience(self, seconds: float) -> Iterator[None]:
        """Give up on answers that take longer, inside the block."""
        usual, self.http.timeout = self.http.timeout, httpx.Timeout(seconds)
        try:
            yield
        finally:
            self.http.timeout = usual

    def token(self) -> str:
        """A fresh token."""
        answer = self.http.post("/AppRegistration/GenerateToken", json=self._credentials)
        return str(answer.raise_for_status().json()["data"]["accessToken"])

    def authorization(self, token: str | None = None) -> dict[str, str]:
        """The header of a call; with a fresh token if none is given."""
        return {"Authorization": f"Bearer {token or self.token()}"}

    def checkout(
        self, account: str = "255712345678", *, token: str | None = None, **changes: object
    ) -> httpx.Response:
        """A checkout, sound but for ``changes``."""
        body: dict[str, object] = {
            "accountNumber": account,
            "amount": "60000",
            "currency": "TZS",
            "externalId": "order-1",
            "provider": "Mpesa",
        }
        return self.http.post(
            "/azampay/mno/checkout", json=body | changes, headers=self.authorization(token)
        )

    def documented_key(self, token: str | None = None) -> httpx.Response:
        """The public key where the documentation says it is."""
        path = "/azampay/v1/public-key?format=Pem"
        return self.http.get(path, headers=self.authorization(token))

    def probed_key(self, token: str | None = None) -> httpx.Response:
        """The public key where a probe found it."""
        return self.http.get("/api/Token/PublicKey", headers=self.authorization(token))

    def book(self, external_id: str | None = None) -> dict[str, Any]:
        """The book over HTTP."""
        params = {"externalId": external_id} if external_id else None
        book: dict[str, Any] = self.http.get("/_simulator/book", params=params).json()
        return book
