"""A bad line between a merchant and the API: what it does to each request is told beforehand."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import httpx

from local.ports import LOOPBACK

TIMEOUT_SECONDS = 40.0


@dataclass(frozen=True)
class Says:
    """The API is not asked: this is answered in its place."""

    status: int
    body: bytes = b""
    retry_after: int | None = None
    is_cut: bool = False
    """The body ends before its announced length."""


@dataclass(frozen=True)
class Forward:
    """The API is asked. Its answer is passed on, or the line breaks before."""

    breaks: bool = False


type Move = Says | Forward


class BadLine:
    """A proxy before `url`, which only Forward asks.

    After the last of `moves` it does the last one again.
    """

    def __init__(self, url: str = "", moves: Iterable[Move] = ()) -> None:
        self._moves = list(moves)
        self._lock = threading.Lock()
        self.bodies: list[bytes] = []
        line = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                move = line.take_move(body)
                says = move if isinstance(move, Says) else line.ask(url, self.headers, body)
                if isinstance(move, Forward) and move.breaks:
                    self.close_connection = True
                    return
                self.send_response(says.status)
                if says.retry_after is not None:
                    self.send_header("Retry-After", str(says.retry_after))
                self.send_header("Content-Length", str(len(says.body) + 100 * says.is_cut))
                self.close_connection = says.is_cut
                self.end_headers()
                self.wfile.write(says.body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.url = f"http://{LOOPBACK}:{self._server.server_port}/payments/azampay"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take_move(self, body: bytes) -> Move:
        """What happens to this request."""
        with self._lock:
            self.bodies.append(body)
            return self._moves.pop(0) if len(self._moves) > 1 else self._moves[0]

    @staticmethod
    def ask(url: str, headers: Message, body: bytes) -> Says:
        """What the API says."""
        sent = {name: headers[name] for name in ("x-api-key", "Content-Type")}
        answer = httpx.post(
            url, content=body, headers=sent, timeout=TIMEOUT_SECONDS, trust_env=False
        )
        return Says(answer.status_code, answer.content)
