"""A provider on loopback that says exactly what a test wants said."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, override

from tests.fakes.provider import TRANSACTION
from tests.fakes.signing import azampay_key, public_pem

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Says:
    """An answer; ``body`` is JSON, or bytes as they are. None closes the connection without one."""

    status: int | None
    body: object = b""


def accepted() -> Says:
    """What AzamPay says when the prompt is on its way."""
    return Says(200, {"transactionId": TRANSACTION, "message": "Sent", "success": True})


@dataclass
class StandIn:
    """Answers tokens, checkouts and keys; each may be replaced, also by what happens meanwhile."""

    on_checkout: Callable[[Seen], Says] = lambda _: accepted()
    on_token: Callable[[Seen], Says] | None = None
    on_key: Callable[[Seen], Says] = lambda _: Says(200, public_pem(azampay_key()).encode())
    token: str = "token-of-the-stand-in"
    seen: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def requests(self, path: str) -> list[Seen]:
        """The requests to a path."""
        return [seen for seen in self.seen if seen.path.split("?")[0] == path]

    @property
    def checkouts(self) -> list[Seen]:
        """The checkouts that arrived."""
        return self.requests("/azampay/mno/checkout")

    @property
    def logins(self) -> list[Seen]:
        """The requests for a token that arrived."""
        return self.requests("/AppRegistration/GenerateToken")

    def _answer(self, seen: Seen) -> Says:
        self.seen.append(seen)
        if seen.path == "/AppRegistration/GenerateToken":
            return self.on_token(seen) if self.on_token else self._token()
        if seen.path == "/azampay/mno/checkout":
            return self.on_checkout(seen)
        return self.on_key(seen)

    def _token(self) -> Says:
        data = {"accessToken": self.token, "expire": "2099-01-01T00:00:00Z"}
        return Says(200, {"data": data, "success": True, "statusCode": 200})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(size)
                self._say(Seen(self.command, self.path, dict(self.headers), body))

            do_GET = do_POST  # noqa: N815 (the server's own naming)

            def _say(self, seen: Seen) -> None:
                says = stand_in._answer(seen)
                if says.status is None:
                    self.close_connection = True
                    return
                raw = says.body if isinstance(says.body, bytes) else json.dumps(says.body).encode()
                self.send_response(says.status)
                self.send_header("Content-Length", str(len(raw)))
                self.send_header("Traceparent", TRACE)
                self.end_headers()
                self.wfile.write(raw)

            @override
            def log_message(self, *_: Any) -> None:
                pass

        return Handler
