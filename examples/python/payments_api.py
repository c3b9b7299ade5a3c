"""Asking a payer for money through FinConnect. Python 3.12 or newer, nothing to install.

The rule is in `PaymentsApi.pay`: while it is not known what became of a payment, the very same
bytes are posted again, and never another externalId: that would be another prompt and a second
charge.
"""

from __future__ import annotations

import http.client
import json
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any

# The API answers within 29 seconds.
TIMEOUT_SECONDS = 35.0
LONGEST_WAIT_SECONDS = 30.0
FIRST_WAIT_SECONDS = 1.0
# After these nobody knows whether the payer was asked: other answers say so by their code.
IN_DOUBT = {"internal_error", "unavailable", "in_progress"}
COME_AGAIN = IN_DOUBT | {"too_many_requests", "provider_unavailable"}
REFUSALS = 4  # hundred
# An error of the server counts for what it says only if it is the API's own word.
SERVER_CODES = {"internal_error", "unavailable", "provider_unavailable"}


class PaymentError(Exception):
    """The payment was not accepted. `code` is the API's stable word for the reason."""

    def __init__(self, code: str, problem: dict[str, Any]) -> None:
        """`problem` is the API's answer, with `detail` and perhaps `errors` or `payment`."""
        super().__init__(f"{code}: {problem.get('detail', '')}")
        self.code = code
        self.problem = problem


class Refused(PaymentError):
    """The provider said no, for good. Another attempt is a new payment with a new externalId."""


class Faulty(PaymentError):
    """The request is wrong, or its key: a person must mend the program. Nobody was asked."""


class NotSent(PaymentError):
    """Nobody was asked so far. Call `pay` again, later, with the same payment."""


class Unknown(PaymentError):
    """Nobody knows. Call `pay` again, later, with the same payment; never with a new externalId."""


@dataclass(frozen=True)
class Answer:
    """One answer of the API; status 0 stands for none at all."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    retry_after: float | None = None

    @property
    def code(self) -> str:
        """The API's stable word for a problem; whoever stands before the API may have none.

        Only a clear refusal (4xx) says that nobody was asked. No answer, a time-out, another
        proxy's 5xx, or a page where a payment should be: nobody knows, so the same is posted again.
        """
        told = self.body.get("code")
        if self.is_refusal:
            return told if isinstance(told, str) else f"http_{self.status}"
        return told if told in SERVER_CODES else "unavailable"

    @property
    def is_refusal(self) -> bool:
        """Whether the request was turned away: any 4xx but 408, a time-out on the way."""
        return self.status // 100 == REFUSALS and self.status != http.client.REQUEST_TIMEOUT

    @property
    def is_payment(self) -> bool:
        """Whether the body is a payment: a proxy may answer 200 with a page of its own."""
        is_success = self.status in (http.client.OK, http.client.ACCEPTED)
        return is_success and isinstance(self.body.get("status"), str)


@dataclass(frozen=True)
class PaymentsApi:
    """The API of one stack. `url` is the stack's output PaymentUrl."""

    url: str
    api_key: str
    patience_seconds: float = 120.0

    def pay(self, payment: dict[str, Any]) -> dict[str, Any]:
        """Ask the payer once, however often it takes to be understood; returns the payment.

        Store `payment` before you call this. The answer's `status` is `pending` or `unknown` as a
        rule: the outcome comes as an event. Raises Refused, Faulty, NotSent, Unknown.
        """
        body = json.dumps(payment).encode()
        deadline = time.monotonic() + self.patience_seconds
        wait, in_doubt = FIRST_WAIT_SECONDS, False
        while True:
            answer = self._send("POST", self.url, body)
            if answer.is_payment:
                return accepted(answer)
            if answer.code == "provider_refused":
                raise Refused(answer.code, answer.body)
            # Nothing was sent: the record itself says so, whatever was in doubt before.
            in_doubt = answer.code in IN_DOUBT or (
                in_doubt and answer.code != "provider_unavailable"
            )
            pause = answer.retry_after if answer.retry_after is not None else jittered(wait)
            is_over = time.monotonic() + pause > deadline
            if answer.code not in COME_AGAIN or is_over:
                raise failure(answer, in_doubt=in_doubt)
            time.sleep(pause)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)

    def look_up(self, external_id: str) -> dict[str, Any] | None:
        """The payment with its history; None if the API says that there is none.

        Raises PaymentError for all else: nothing is known then.
        """
        path = urllib.parse.quote(external_id, safe="")
        answer = self._send("GET", f"{self.url}/{path}", None)
        if answer.is_payment:
            return answer.body
        if answer.code == "not_found":
            return None
        raise PaymentError(answer.code, answer.body)

    def _send(self, method: str, url: str, body: bytes | None) -> Answer:
        headers = {"x-api-key": self.api_key, "Content-Type": "application/json"}
        request = urllib.request.Request(url, data=body, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
                return Answer(response.status, read_object(response.read()))
        except urllib.error.HTTPError as error:
            with error:
                told = error.headers.get("Retry-After", "")
                seconds = float(told) if told.isascii() and told.isdigit() else None
                return Answer(error.code, read_object(read_all(error)), seconds)
        except (OSError, http.client.HTTPException):
            # No connection, a broken one, or no answer in time: it may have arrived all the same.
            return Answer(0)


def accepted(answer: Answer) -> dict[str, Any]:
    """The payment; Refused if it is one that was refused before, now shown again as it stands."""
    if answer.body["status"] == "rejected":
        raise Refused("provider_refused", {"detail": answer.body.get("message")})
    return answer.body


def failure(answer: Answer, *, in_doubt: bool) -> PaymentError:
    """What an answer means that is not a success, and that ends the attempts."""
    if in_doubt:
        return Unknown(answer.code, answer.body)
    if answer.code in COME_AGAIN:
        return NotSent(answer.code, answer.body)
    return Faulty(answer.code, answer.body)


def jittered(seconds: float) -> float:
    """So that a thousand callers who were turned away together do not come back together."""
    return random.uniform(seconds / 2, seconds)


def read_all(error: urllib.error.HTTPError) -> bytes:
    """What a problem's body says; nothing if it breaks off, since its status counts all the same.

    Not inside `except HTTPError` alone: what is raised there, no other `except` of that `try` sees.
    """
    try:
        return error.read()
    except (OSError, http.client.HTTPException):
        return b""


def read_object(raw: bytes) -> dict[str, Any]:
    """A JSON object; an empty one for whatever else a proxy on the way may have answered."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
