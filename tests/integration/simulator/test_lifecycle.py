"""Starting and stopping, in a thread and as a program."""

import contextlib
import logging
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.entries import CallbackAttempt
from simulator.server import SimulatorServer
from simulator.settings import Settings
from tests.integration.simulator.harness import (
    PATH_SECRET,
    Merchant,
    Webhook,
    number,
    quick_settings,
)

ROOT = Path(__file__).parents[3]


@contextlib.contextmanager
def program(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program and the base URL that it prints; it does not outlive the block."""
    command = [sys.executable, "-m", "simulator", *arguments]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            pattern = r"AzamPay simulator listening on (http://127\.0\.0\.1:\d+)\n"
            match = re.fullmatch(pattern, line)
            assert match, line
            yield process, match[1]
        finally:
            process.kill()


def test_two_simulators_have_a_port_each() -> None:
    with SimulatorServer() as one, SimulatorServer() as other:
        assert one.base_url != other.base_url
        for server in (one, other):
            assert httpx.get(f"{server.base_url}/_simulator/book").status_code == 200


def test_after_the_block_nothing_listens() -> None:
    with SimulatorServer() as server:
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.base_url}/_simulator/book")


def test_a_taken_port_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            SimulatorServer(Settings(port=port))


def test_callbacks_that_are_due_are_not_lost_silently(webhook: Webhook) -> None:
    settings = quick_settings(callback_url=webhook.url, callback_delay=60)
    started = time.monotonic()
    with SimulatorServer(settings) as server:
        merchant = Merchant(server)
        with merchant.http:
            merchant.checkout()
            merchant.checkout(number(21), externalId="order-2")
    assert time.monotonic() - started < 10
    attempts = server.book.entries(CallbackAttempt)
    assert {a.external_id: a.error for a in attempts} == {
        "order-1": "not sent: the simulator stopped",
        "order-2": "not sent: the simulator stopped",
    }
    assert webhook.received == []
    assert server.book.view().totals["charges"] == 0


def test_retries_that_are_due_are_written_down(webhook: Webhook) -> None:
    webhook.statuses = [500]
    with SimulatorServer(quick_settings(callback_url=webhook.url, retry_delays=(60,))) as server:
        merchant = Merchant(server)
        with merchant.http:
            merchant.checkout()
        server.book.wait_for(lambda b: any(a.answer for a in b.entries(CallbackAttempt)))
    errors = [(a.attempt, a.error) for a in server.book.entries(CallbackAttempt)]
    assert errors == [(1, None), (2, "not sent: the simulator stopped")]


def test_a_post_under_way_may_end(webhook: Webhook) -> None:
    webhook.gate.clear()
    answer_later = threading.Timer(0.8, webhook.gate.set)
    with SimulatorServer(quick_settings(callback_url=webhook.url)) as server:
        merchant = Merchant(server)
        with merchant.http:
            merchant.checkout()
        webhook.wait_for(1)
        answer_later.start()
    answer_later.join()
    (attempt,) = server.book.entries(CallbackAttempt)
    assert attempt.answer is not None
    assert attempt.answer.status == 200


def test_a_post_under_way_is_written_down(webhook: Webhook) -> None:
    webhook.gate.clear()
    with SimulatorServer(quick_settings(callback_url=webhook.url)) as server:
        merchant = Merchant(server)
        with merchant.http:
            merchant.checkout()
        webhook.wait_for(1)
    (attempt,) = server.book.entries(CallbackAttempt)
    assert attempt.error == "no answer yet when the simulator stopped"


def test_a_held_connection_does_not_hold_the_end() -> None:
    server = SimulatorServer(quick_settings(callback_delay=60)).start()
    merchant = Merchant(server)
    with merchant.http:
        token = merchant.token()
        host, port = server.base_url.removeprefix("http://").split(":")
        body = (
            f'{{"accountNumber":"{number(22)}","amount":1,"currency":"TZS",'
            '"externalId":"order-1","provider":"Mpesa"}'
        )
        with socket.create_connection((host, int(port))) as client:
            client.sendall(
                (
                    f"POST /azampay/mno/checkout HTTP/1.1\r\nHost: x\r\n"
                    f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n{body}"
                ).encode()
            )
            server.book.wait_for(lambda b: b.view().totals["prompts"] == 1)
            started = time.monotonic()
            server.stop()
            assert time.monotonic() - started < 5
            with pytest.raises(ConnectionResetError):
                client.recv(1)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_program_prints_one_line_and_ends_on_a_signal(
    webhook: Webhook, stop: signal.Signals
) -> None:
    with program(
        "--callback-url", webhook.url, "--auto-approve", "0.05", "--client-secret", "canary"
    ) as (process, base_url):
        with httpx.Client(base_url=base_url, trust_env=False) as client:
            credentials = {
                "appName": "finconnect-local",
                "clientId": "finconnect-local-client",
                "clientSecret": "canary",
            }
            answer = client.post("/AppRegistration/GenerateToken", json=credentials)
            token = answer.json()["data"]["accessToken"]
            payment = {
                "accountNumber": "0712345678",
                "amount": 1,
                "currency": "TZS",
                "externalId": "order-1",
                "provider": "Mpesa",
            }
            headers = {"Authorization": f"Bearer {token}"}
            assert client.post("/azampay/mno/checkout", json=payment, headers=headers).is_success
            webhook.wait_for(1)
        process.send_signal(stop)
        rest, _ = process.communicate(timeout=10)
    assert rest == ""
    assert process.returncode == 0


def test_the_program_says_when_its_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "simulator", "--port", port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert done.returncode == 1
    assert port in done.stderr
    assert "Traceback" not in done.stderr


def test_the_log_has_no_secret(webhook: Webhook, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    webhook.statuses = [500]
    with SimulatorServer(quick_settings(callback_url=webhook.url)) as server:
        merchant = Merchant(server)
        with merchant.http:
            token = merchant.token()
            merchant.checkout(token=token)
        webhook.wait_for(2)
    assert caplog.records
    assert PATH_SECRET not in caplog.text
    assert token not in caplog.text
