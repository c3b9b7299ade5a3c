"""The AzamPay stand-in as a program beside the stack, and its control API."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from local.environment import server_environment
from local.ports import LOOPBACK
from local.processes import ManagedProcess, Supervisor
from local.run_folder import RunFolder
from simulator.settings import Settings

START_SECONDS = 30.0
NO_CALLBACK_YET = (
    f"http://{LOOPBACK}:9/"  # the discard port: replaced as soon as the stack has its own URL
)
_BASE_URL = re.compile(rf"http://{re.escape(LOOPBACK)}:\d+")


class SimulatorControl:
    """What the stand-in lets tests ask and tell, beside the provider's own API."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._client = httpx.Client(base_url=base_url, timeout=10.0, trust_env=False)

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()

    def send_callbacks_to(self, url: str) -> None:
        """The URL that is registered for the app. Raises httpx.HTTPStatusError."""
        self._client.put("/_simulator/callback-url", json={"url": url}).raise_for_status()

    def book(self, external_id: str) -> Any:  # noqa: ANN401 - JSON
        """All that the stand-in knows of one `externalId`. Raises httpx.HTTPStatusError."""
        return (
            self._client.get("/_simulator/book", params={"externalId": external_id})
            .raise_for_status()
            .json()
        )

    def whole_book(self) -> Any:  # noqa: ANN401 - JSON
        """All that the stand-in knows. Raises httpx.HTTPStatusError."""
        return self._client.get("/_simulator/book").raise_for_status().json()

    def expire_tokens(self) -> None:
        """From now on every token handed out so far is refused. Raises httpx.HTTPStatusError."""
        self._client.post("/_simulator/tokens/expire").raise_for_status()

    def rotate_key(self) -> None:
        """From now on callbacks are signed with a new key. Raises httpx.HTTPStatusError."""
        self._client.post("/_simulator/keys/rotate").raise_for_status()

    def send_callback(self, request: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Sends callbacks as `request` describes them, and returns the deliveries with answers.

        Raises httpx.HTTPStatusError.
        """
        return (
            self._client.post("/_simulator/callbacks", json=dict(request)).raise_for_status().json()
        )


def start_simulator(
    supervisor: Supervisor,
    folder: RunFolder,
    root: Path,
    *,
    port: int,
    callback_delay: float,
    asks_phone: bool,
) -> SimulatorControl:
    """Starts the stand-in on `port` (0: any) and returns its control API once it listens.

    `callback_delay` is in seconds. Raises StepFailed and StepTimedOut with its log.
    """
    log = folder.log("simulator")
    process = supervisor.start(
        "AzamPay simulator",
        simulator_command(port, callback_delay, asks_phone=asks_phone),
        log=log,
        environment=server_environment(os.environ, folder.temporary),
        folder=root,
    )
    return SimulatorControl(_base_url_once_listening(process, log))


def simulator_credentials() -> dict[str, str]:
    """The credentials secret's content with which the stand-in hands out tokens."""
    accepted = Settings()
    return {
        "appName": accepted.app_name,
        "clientId": accepted.client_id,
        "clientSecret": accepted.client_secret,
    }


def simulator_command(port: int, callback_delay: float, *, asks_phone: bool) -> list[str]:
    """The stand-in's own command line.

    With `asks_phone` the numbers outside its table wait for somebody on its page; without it they
    approve by themselves after `callback_delay` seconds.
    """
    arguments = [
        "--port",
        str(port),
        "--callback-url",
        NO_CALLBACK_YET,
        "--callback-delay",
        str(callback_delay),
        *([] if asks_phone else ["--auto-approve", str(callback_delay)]),
    ]
    return [sys.executable, "-m", "simulator", *arguments]


def _base_url_once_listening(process: ManagedProcess, log: Path) -> str:
    process.wait_until(
        lambda: printed_base_url(log.read_text(encoding="utf-8")) is not None, seconds=START_SECONDS
    )
    base_url = printed_base_url(log.read_text(encoding="utf-8"))
    assert base_url is not None  # noqa: S101 - what was just waited for
    return base_url


def printed_base_url(text: str) -> str | None:
    """The first loopback URL on a finished line of what the stand-in printed, or None."""
    for line in text.splitlines(keepends=True):
        match = _BASE_URL.search(line)
        if match and line.endswith("\n") and NO_CALLBACK_YET not in line:
            return match[0]
    return None
