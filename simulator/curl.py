"""Requests of the book as commands for a shell."""

import base64
import shlex

from simulator.entries import HttpRequest

# curl sends these by itself, and a copied length would be wrong once the body is edited.
_LEFT_OUT = frozenset(
    ("host", "content-length", "connection", "accept", "accept-encoding", "user-agent")
)


def curl_command(request: HttpRequest, base_url: str = "") -> str:
    """A command that sends ``request`` again, to the byte; what the book masks stays masked.

    ``base_url`` goes before a URL that is only a path. A body that is not text goes through base64.
    """
    url = request.url if "://" in request.url else base_url + request.url
    parts = [f"curl -i -X {request.method} {shlex.quote(url)}"]
    parts += [
        f"-H {shlex.quote(f'{name}: {value}')}"
        for name, value in request.headers
        if name.lower() not in _LEFT_OUT
    ]
    if _is_text(request):
        return " \\\n  ".join([*parts, f"--data-binary {shlex.quote(request.body)}"])
    feed = f"printf %s {shlex.quote(request.body_base64)} | base64 -d | \\\n"
    return feed + " \\\n  ".join([*parts, "--data-binary @-"])


def _is_text(request: HttpRequest) -> bool:
    # A shell's argument cannot hold a zero byte, and curl reads a file where it begins with @.
    text = request.body
    is_whole = text.encode() == base64.b64decode(request.body_base64)
    return is_whole and "\0" not in text and not text.startswith("@")
