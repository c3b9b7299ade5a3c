"""Asking how a payment stands: only where configured, believed only if the word is clear."""

import httpx
import pytest

from finconnect.errors import AuthenticationError
from finconnect.providers.azampay.provider import AzampayProvider
from finconnect.providers.base import CallbackOutcome
from finconnect.providers.http import HttpClient
from tests.unit.finconnect.providers.azampay.fakes import (
    RENEWED,
    TOKEN,
    FakeTokens,
    Outcome,
    Reply,
    config,
    reply,
    retry,
)

PATH = "/api/v1/partner/gettransactionstatus"


class Asked:
    """Asks once; answers in turn and remembers the requests."""

    def __init__(
        self, *outcomes: Outcome, tokens: FakeTokens | None = None, path: str = PATH
    ) -> None:
        self._outcomes = list(outcomes)
        self.requests: list[httpx.Request] = []
        provider = AzampayProvider(
            config(status_path=path, api_key=None),
            tokens=tokens or FakeTokens(),
            http=HttpClient(transport=httpx.MockTransport(self._answer)),
            retry=retry(),
        )
        self.outcome = provider.get_payment_status("id-1", "Halopesa")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return httpx.Response(outcome.status, content=outcome.body)


def test_the_request_is_the_one_that_was_probed() -> None:
    (request,) = Asked(reply(data="success")).requests
    assert request.method == "GET"
    assert str(request.url) == (
        "https://checkout.test/api/v1/partner/gettransactionstatus"
        "?transactionId=id-1&provider=halopesa"
    )
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.content == b""


def test_nothing_is_asked_unless_configured() -> None:
    asked = Asked(path="")
    assert asked.outcome is None
    assert asked.requests == []


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (reply(data="success", success=True), CallbackOutcome.SUCCEEDED),
        (reply(data="failure", success=True), CallbackOutcome.FAILED),
        (reply(transactionstatus="failed"), CallbackOutcome.FAILED),
        (reply(transactionstatus="success", data="success"), CallbackOutcome.SUCCEEDED),
        (reply(transactionstatus="success", data={"x": 1}), CallbackOutcome.SUCCEEDED),
        (reply(transactionstatus="success", data="failure"), None),
        (reply(transactionstatus="success", data="pending"), None),
        (reply(data="not found", success=True), None),
        (reply(success=True), None),
        (reply(data="Success"), None),
        (reply(data="pending"), None),
        (reply(data=None, success=True), None),
        (reply(data=["success"]), None),
        (reply(message="success", success=True), None),
        (reply(201, data="success"), None),
        (reply(404, data="success"), None),
        (reply(500, data="success"), None),
        (Reply(200), None),
        (Reply(200, b'"success"'), None),
        (Reply(200, b"<html>success</html>"), None),
        (Reply(200, b'{"data":"failure","data":"success"}'), None),
        (httpx.ReadTimeout("slow"), None),
    ],
)
def test_only_one_clear_word_settles_anything(
    answer: Outcome, outcome: CallbackOutcome | None
) -> None:
    assert Asked(answer).outcome is outcome


def test_a_refused_token_is_renewed_once() -> None:
    asked = Asked(Reply(401), reply(data="success"))
    assert asked.outcome is CallbackOutcome.SUCCEEDED
    tokens = [request.headers["Authorization"] for request in asked.requests]
    assert tokens == [f"Bearer {TOKEN}", f"Bearer {RENEWED}"]


def test_a_token_refused_twice_settles_nothing() -> None:
    asked = Asked(Reply(401), Reply(401))
    assert asked.outcome is None
    assert len(asked.requests) == 2


def test_without_a_token_nothing_is_asked() -> None:
    asked = Asked(tokens=FakeTokens(error=AuthenticationError("locked")))
    assert asked.outcome is None
    assert asked.requests == []
