"""A server that misbehaves as it is told to, and counts the requests that it really got."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

ACCEPTED: Final = b'{"transactionId":"0f1e2d3c4b5a69788796a5b4c3d2e1f0","success":true}'


def answer(body: bytes = ACCEPTED, status: str = "200 OK", *headers: str) -> bytes:
    """An HTTP answer, whole."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class Connection:
    """One connection, after a request was read from it."""

    def __init__(self, sock: socket.socket, stopped: threading.Event) -> None:
        self._sock = sock
        self._stopped = stopped
        self.is_open = True

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._sock.sendall(data)

    def trickle(self, data: bytes, seconds: float) -> None:
        """Send a byte every so many seconds, until the other side or the test has had enough."""
        for byte in data:
            if self._stopped.wait(seconds):
                return
            self.send(bytes([byte]))

    def hang(self) -> None:
        """Say nothing until the test is over."""
        self._stopped.wait(30)

    def close(self) -> None:
        """Close the connection in good order."""
        self.is_open = False
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def reset(self) -> None:
        """Break the connection off: the other side sees a reset."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.is_open = False
        self._sock.close()


type Script = Callable[[Connection, int], None]


class RawServer:
    """Runs a script with each request's connection and its number, which begins at 1."""

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._script = script
        self._tls = tls
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def url(self) -> str:
        """The base URL."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(10)

    def _start(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                self._start(lambda sock=sock: self._serve(sock))  # type: ignore[misc]

    def _serve(self, sock: socket.socket) -> None:
        sock.settimeout(10)
        self._sockets.append(sock)
        # The other side may go away at any moment: that is what most of the tests are about.
        with contextlib.suppress(OSError), sock:
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            connection = Connection(sock, self._stopped)
            while connection.is_open and (request := _read_request(sock)):
                with self._lock:
                    self.requests.append(request)
                    number = len(self.requests)
                self._script(connection, number)


def _read_request(sock: socket.socket) -> bytes:
    """Read one request whole; b"" if the other side closed instead."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = sock.recv(65536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    expected = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < expected:
        body += sock.recv(65536)
    return head + b"\r\n\r\n" + body
