"""Tokens: every answer of the authenticator, and how long a token is believed to live."""

from datetime import timedelta

import httpx
import pytest

from finconnect.errors import AuthenticationError
from finconnect.providers.azampay import AzampayProvider
from tests.unit.finconnect.providers.azampay.fakes import (
    API_KEY,
    NOW,
    TOKEN,
    FakeAzampay,
    Outcome,
    Reply,
    Waits,
    config,
    provider,
    reply,
    token_reply,
)

HTML = b"<html>Service Unavailable</html>"
LOCKED = "Provided detail is not valid for this app or secret key has been expired"


def fail(*outcomes: Outcome, waits: Waits | None = None) -> tuple[AuthenticationError, FakeAzampay]:
    azampay = FakeAzampay(token=outcomes)
    with pytest.raises(AuthenticationError) as caught:
        provider(azampay, waits=waits).authenticate()
    return caught.value, azampay


def test_a_token_is_read_and_carries_the_api_key() -> None:
    token = provider(FakeAzampay(token=[token_reply()]), api_key=API_KEY).authenticate()
    assert token.value == TOKEN
    assert token.api_key == API_KEY
    assert token.obtained_at == NOW
    assert token.expires_at == NOW + timedelta(hours=2)


@pytest.mark.parametrize(
    ("expire", "lifetime"),
    [
        ("2026-04-27T22:00:00Z", timedelta(hours=2)),
        ("2026-04-27T22:00:00.123Z", timedelta(hours=2, milliseconds=123)),
        ("2026-04-27T22:00:00.1234567Z", timedelta(hours=2, microseconds=123456)),
        ("2026-04-27T22:00:00+00:00", timedelta(hours=2)),
        ("2026-04-28T01:00:00+03:00", timedelta(hours=2)),
        # not to be read: 50 minutes
        ("2026-04-27T22:00:00", timedelta(minutes=50)),
        ("2026-04-27T22:00:00.1234567", timedelta(minutes=50)),
        ("2026-04-27", timedelta(minutes=50)),
        ("4/27/2026 10:00:00 PM", timedelta(minutes=50)),
        ("soon", timedelta(minutes=50)),
        ("", timedelta(minutes=50)),
        (None, timedelta(minutes=50)),
        (3600, timedelta(minutes=50)),
        (True, timedelta(minutes=50)),
        ([], timedelta(minutes=50)),
        ({"at": "2026-04-27T22:00:00Z"}, timedelta(minutes=50)),
        ("0001-01-01T00:00:00+23:59", timedelta(minutes=50)),
        # clamped
        ("2026-04-27T19:59:59Z", timedelta(minutes=1)),
        ("1970-01-01T00:00:00Z", timedelta(minutes=1)),
        ("2026-04-27T20:00:59Z", timedelta(minutes=1)),
        ("2026-04-27T20:01:01Z", timedelta(seconds=61)),
        ("2026-04-28T19:59:59Z", timedelta(hours=24) - timedelta(seconds=1)),
        ("2026-04-28T20:00:01Z", timedelta(hours=24)),
        ("9999-12-31T23:59:59Z", timedelta(hours=24)),
    ],
)
def test_the_life_of_a_token(expire: object, lifetime: timedelta) -> None:
    token = provider(FakeAzampay(token=[token_reply(expire=expire)])).authenticate()
    assert token.expires_at - token.obtained_at == lifetime


def test_a_token_without_expire_lives_for_fifty_minutes() -> None:
    azampay = FakeAzampay(token=[reply(data={"accessToken": TOKEN})])
    assert provider(azampay).authenticate().expires_at == NOW + timedelta(minutes=50)


@pytest.mark.parametrize(
    ("answer", "message", "reason"),
    [
        (
            reply(423, data=None, message=LOCKED, success=False, statusCode=423),
            LOCKED,
            f"{LOCKED} (HTTP 423)",
        ),
        (
            reply(400, errors={"AppName": ["The AppName field is required."]}, title="Bad"),
            "AppName: The AppName field is required.",
            "AppName: The AppName field is required. (HTTP 400)",
        ),
        (reply(400, title="One or more errors"), "One or more errors", "One or more errors (HTTP"),
        (Reply(200), None, "an empty answer (HTTP 200)"),
        (Reply(200, HTML), None, "an answer that is not JSON (HTTP 200)"),
        (Reply(503, HTML), None, "an answer that is not JSON (HTTP 503)"),
        (Reply(429), None, "an empty answer (HTTP 429)"),
        (Reply(302, headers={"Location": "/login"}), None, "an empty answer (HTTP 302)"),
        (reply(500, message="Oops"), "Oops", "Oops (HTTP 500)"),
        (reply(200, data=None, message="No", success=False), "No", "No (HTTP 200)"),
        (reply(200, data={}), None, "an answer without the expected fields (HTTP 200)"),
        (reply(200, data={"accessToken": ""}), None, "an answer without the expected fields"),
        (reply(200, data={"accessToken": " "}), None, "an answer without the expected fields"),
        (reply(200, data={"accessToken": None}), None, "an answer without the expected fields"),
        (reply(200, data={"accessToken": 5}), None, "an answer without the expected fields"),
        (reply(200, data=[TOKEN]), None, "an answer without the expected fields"),
        (reply(200, accessToken=TOKEN), None, "an answer without the expected fields"),
        (reply(423, data={"accessToken": TOKEN}, message=LOCKED), LOCKED, LOCKED),
    ],
)
def test_an_answer_without_a_token_says_why_and_is_not_asked_again(
    answer: Reply, message: str | None, reason: str
) -> None:
    waits = Waits()
    error, azampay = fail(answer, waits=waits)
    assert str(error).startswith(f"Authentication failed: {reason}")
    assert error.provider_message == message
    assert error.status_code == answer.status
    assert len(azampay.requests) == 1
    assert waits.seconds == []


@pytest.mark.parametrize(
    "silence",
    [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("gone"), httpx.ReadError("reset")],
    ids=lambda error: type(error).__name__,
)
def test_an_authenticator_that_does_not_answer(silence: httpx.HTTPError) -> None:
    error, azampay = fail(silence)
    assert str(error) == (
        f"Authentication failed: the authenticator did not answer ({type(silence).__name__})"
    )
    assert (error.status_code, error.provider_message) == (None, None)
    assert len(azampay.requests) == 1


def test_an_authenticator_that_cannot_be_reached_is_tried_three_times() -> None:
    waits = Waits()
    error, azampay = fail(*[httpx.ConnectError("no such host")] * 3, waits=waits)
    assert str(error) == (
        "Authentication failed: the authenticator cannot be reached (ConnectError)"
    )
    assert len(azampay.requests) == 3
    assert waits.seconds == [0.1, 0.2]


@pytest.mark.parametrize("missing", ["app_name", "client_id", "client_secret"])
def test_without_credentials_nothing_is_asked(missing: str) -> None:
    azampay = FakeAzampay()
    with pytest.raises(AuthenticationError, match="must be configured"):
        AzampayProvider(config(**{missing: ""}), http=azampay.http()).authenticate()
    assert azampay.requests == []
