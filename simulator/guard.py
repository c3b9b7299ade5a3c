"""Keeps web pages from elsewhere away from the simulator's own pages and levers.

Anything that runs on this machine may use them. A website that happens to be open in a browser of
this machine may not: it must neither approve payments nor read the book, whether it sends a request
across origins or makes a name of its own point at the loopback address.
"""

from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.settings import is_loopback

OWN_PATHS = ("/_simulator",)
_PAGE = "/"
# Everything the page needs comes from here, and nothing may frame it: a click on Approve counts.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Middleware: refuses strangers with 403, and gives own answers their security headers.

    AzamPay's endpoints are left alone: they demand a token, and answer as AzamPay does.
    """

    def __init__(self, app: ASGIApp, *, allow_remote: bool) -> None:
        self._app = app
        self._allow_remote = allow_remote

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not _is_own(scope["path"]):
            await self._app(scope, receive, send)
            return
        if not is_welcome(Headers(scope=scope), allow_remote=self._allow_remote):
            refusal = Response("This page is only for itself.\n", HTTPStatus.FORBIDDEN)
            await refusal(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, send_guarded)


def is_welcome(headers: Headers, *, allow_remote: bool) -> bool:
    """Whether a request comes from this page, from an address bar, or from no browser at all."""
    host = headers.get("host", "")
    if not allow_remote and not is_loopback(_name(host)):
        return False
    origin = headers.get("origin")
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        return False
    site = headers.get("sec-fetch-site", "none")
    is_visit = headers.get("sec-fetch-mode") == "navigate"
    return site in ("same-origin", "none") or is_visit


def _is_own(path: str) -> bool:
    return path == _PAGE or path.startswith(OWN_PATHS)


def _name(host: str) -> str:
    """The host without its port and, for IPv6, without its brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host
