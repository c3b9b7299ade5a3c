"""Requests as commands: what a shell makes of them is what was sent."""

import shutil
import subprocess

import pytest

from simulator.curl import curl_command
from simulator.exchange import http_request

HEADERS = [
    ("Host", "127.0.0.1:1"),
    ("Content-Type", "application/json"),
    ("Authorization", "Bearer token"),
    ("X-API-Key", "key"),
    ("Content-Length", "2"),
]


def run(command: str) -> list[str]:
    """The arguments that curl would get, or what would be piped into it."""
    shell = shutil.which("sh")
    assert shell is not None
    # In the place of curl, a function that shows its arguments and its input.
    show = 'curl() { printf "%s\\n" "$@"; case "$*" in *@-) cat;; esac; }\n'
    done = subprocess.run([shell, "-c", show + command], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace").splitlines()


@pytest.mark.parametrize("body", ["{}", "it's", '$HOME `x` "y" \\', "é*"])
def test_the_body_reaches_curl_as_it_was(body: str) -> None:
    request = http_request("POST", "/azampay/mno/checkout", HEADERS, body.encode())
    arguments = run(curl_command(request, "http://127.0.0.1:5"))
    assert "http://127.0.0.1:5/azampay/mno/checkout" in arguments
    assert arguments[-2:] == ["--data-binary", body]


def test_secrets_stay_masked_and_curls_own_headers_are_left_out() -> None:
    arguments = run(curl_command(http_request("POST", "http://h/***", HEADERS, b"{}")))
    assert "http://h/***" in arguments
    assert [a for a in arguments if ": " in a] == [
        "Content-Type: application/json",
        "Authorization: Bearer ***",
        "X-API-Key: ***",
    ]


@pytest.mark.parametrize("body", [b"\xff\x00{}", b"a\x00b", b"@/etc/passwd"])
def test_what_no_argument_can_hold_is_piped(body: bytes) -> None:
    command = curl_command(http_request("POST", "/x", [], body), "http://h")
    assert "--data-binary @-" in command
    assert "\n".join(run(command)).endswith(body.decode("utf-8", "replace").replace("\n", ""))
