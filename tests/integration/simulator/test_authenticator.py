"""Tokens and keys over HTTP, as the protocol notes have them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from simulator.server import SimulatorServer
from simulator.settings import KeyForm
from tests.integration.simulator.harness import CREDENTIALS, Merchant, quick_settings

TOKEN = "/AppRegistration/GenerateToken"
REFUSED = {
    "data": None,
    "message": "Provided detail is not valid for this app or secret key has been expired",
    "success": False,
    "statusCode": 423,
}
UNAUTHORISED = b'{"status":"Error","message":"Please Provide Valid Authorization"}'


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    """One for all tests here: none of them has a payment that goes on after it."""
    with SimulatorServer(quick_settings()) as running:
        yield running


@pytest.fixture
def merchant(server: SimulatorServer) -> Iterator[Merchant]:
    server.reset()
    merchant = Merchant(server)
    with merchant.http:
        yield merchant


def test_a_token_comes_with_its_expiry(merchant: Merchant) -> None:
    before = datetime.now(UTC)
    answer = merchant.http.post(TOKEN, json=CREDENTIALS)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    body = answer.json()
    assert list(body) == ["data", "message", "success", "statusCode"]
    assert list(body["data"]) == ["accessToken", "expire"]
    assert body["success"] is True
    assert body["statusCode"] == 200
    expire = body["data"]["expire"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", expire)
    lifetime = datetime.fromisoformat(expire) - before
    assert timedelta(minutes=59) < lifetime <= timedelta(minutes=61)


@pytest.mark.parametrize(
    "wrong",
    [{"appName": "shop"}, {"clientId": "x"}, {"clientSecret": CREDENTIALS["clientSecret"] + "\n"}],
    ids=["case-of-app-name", "client-id", "newline-in-secret"],
)
def test_wrong_credentials_are_423(merchant: Merchant, wrong: dict[str, str]) -> None:
    answer = merchant.http.post(TOKEN, json=CREDENTIALS | wrong)
    assert answer.status_code == 423
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert list(answer.json().items()) == list(REFUSED.items())


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"appName": "", "clientId": "a"}'])
def test_empty_fields_are_400(merchant: Merchant, content: bytes) -> None:
    answer = merchant.http.post(TOKEN, content=content)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert list(answer.json()) == ["errors", "type", "traceId", "title", "status"]
    assert "clientSecret" in answer.json()["errors"]


def test_the_documented_key_path_has_an_envelope(
    merchant: Merchant, server: SimulatorServer
) -> None:
    answer = merchant.documented_key()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert list(answer.json().items()) == [
        ("success", True),
        ("format", "Pem"),
        ("publicKey", server.public_key_pem),
    ]


def test_the_probed_key_path_has_the_bare_pem(merchant: Merchant, server: SimulatorServer) -> None:
    answer = merchant.probed_key()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == server.public_key_pem


@pytest.mark.parametrize("form", [KeyForm.JSON, KeyForm.ESCAPED_JSON])
def test_the_probed_key_path_can_have_an_envelope(form: KeyForm) -> None:
    with SimulatorServer(quick_settings(authenticator_key_form=form)) as server:
        merchant = Merchant(server)
        with merchant.http:
            key = merchant.probed_key().json()["publicKey"]
    assert ("\\n" in key) == (form is KeyForm.ESCAPED_JSON)
    assert key.replace("\\n", "\n") == server.public_key_pem


@pytest.mark.parametrize("path", ["/azampay/v1/public-key?format=Pem", "/api/Token/PublicKey"])
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer unknown"}, {"Authorization": "Basic eDp5"}]
)
def test_a_key_needs_a_token(merchant: Merchant, path: str, headers: dict[str, str]) -> None:
    answer = merchant.http.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.content == UNAUTHORISED


def test_the_documented_key_path_wants_its_format(merchant: Merchant) -> None:
    path = "/azampay/v1/public-key"
    assert merchant.http.get(path, headers=merchant.authorization()).status_code == 400


@pytest.mark.parametrize("path", ["/azampay", "/azampay/mno/checkouts", "/api/Token"])
def test_other_paths_are_404_with_an_empty_body(merchant: Merchant, path: str) -> None:
    answer = merchant.http.get(path)
    assert answer.status_code == 404
    assert answer.content == b""


def test_token_requests_are_in_the_book_without_their_secrets(merchant: Merchant) -> None:
    token = merchant.token()
    merchant.http.post(TOKEN, json=CREDENTIALS | {"clientId": "canary-wrong-client"})
    book = merchant.http.get("/_simulator/book").text
    requests = merchant.book()["tokenRequests"]
    assert [(r["appName"], r["status"]) for r in requests] == [("Shop", 200), ("Shop", 423)]
    assert requests[0]["tokenFingerprint"]
    for secret in (token, CREDENTIALS["clientSecret"], CREDENTIALS["clientId"], "canary"):
        assert secret not in book


def test_key_requests_are_in_the_book(merchant: Merchant) -> None:
    merchant.documented_key()
    merchant.probed_key("unknown")
    requests = merchant.book()["keyRequests"]
    assert [(r["path"], r["status"]) for r in requests] == [
        ("/azampay/v1/public-key", 200),
        ("/api/Token/PublicKey", 401),
    ]
    assert requests[0]["keyFingerprint"]
    assert requests[1]["keyFingerprint"] is None
