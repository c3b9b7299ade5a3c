"""A canary through every path: no error and no object shows a secret or a whole phone number."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from finconnect.errors import CallbackError, FinConnectError, InvalidPayload
from tests.unit.finconnect.providers.azampay.callbacks import callback_body
from tests.unit.finconnect.providers.azampay.fakes import (
    API_KEY,
    CLIENT_SECRET,
    PAYLOAD,
    PHONE,
    RENEWED,
    TOKEN,
    UNAUTHORISED,
    FakeAzampay,
    Outcome,
    Reply,
    access_token,
    config,
    provider,
    reply,
    token_reply,
)

NEVER_SHOWN = (TOKEN, RENEWED, CLIENT_SECRET, API_KEY, PHONE, "0712345678")
ECHO = f"{TOKEN} Bearer {TOKEN} {API_KEY} key={API_KEY}; {PHONE} +{PHONE} 0712345678 ({PHONE})"


def causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def texts(error: BaseException) -> str:
    seen = [
        f"{each!s} {each!r} {each.args!r} {getattr(each, '__notes__', '')!r}"
        for each in causes(error)
    ]
    shown = ("reason", "provider_message", "faults")
    return " ".join(seen + [repr(getattr(error, name, "")) for name in shown])


def assert_nothing_shows(text: str) -> None:
    assert [each for each in NEVER_SHOWN if each in text] == []


ANSWERS: dict[str, Outcome] = {
    "message": reply(500, message=ECHO),
    "title": reply(400, title=ECHO),
    "errors": reply(400, errors={"accountNumber": [ECHO, ECHO]}),
    "the name of an error": reply(400, errors={ECHO: ["wrong"]}),
    "refusal": reply(200, success=False, transactionId="null", message=ECHO),
    "unknown": reply(200, success=True, message=ECHO),
    "HTML": Reply(200, f"<html>{ECHO}</html>".encode()),
    "bare text": Reply(502, ECHO.encode()),
    "not UTF-8": Reply(200, ECHO.encode() + b"\xff"),
    "no clear JSON": Reply(200, f'{{"a":"{ECHO}","a":1}}'.encode()),
    "silence": httpx.ReadTimeout("slow"),
    "a server's complaint": httpx.RemoteProtocolError("gone"),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_of_the_checkout_that_echoes_what_it_was_sent(answer: Outcome) -> None:
    azampay = FakeAzampay(token=[token_reply()], checkout=[answer])
    with pytest.raises(FinConnectError) as caught:
        provider(azampay, api_key=API_KEY).initiate_ussd_push_request(PAYLOAD)
    assert_nothing_shows(texts(caught.value))


def test_a_refused_token_that_is_echoed_twice() -> None:
    echoes = [reply(401, message=f"{token} is refused") for token in (TOKEN, RENEWED)]
    azampay = FakeAzampay(token=[token_reply(), token_reply(RENEWED)], checkout=echoes)
    with pytest.raises(FinConnectError) as caught:
        provider(azampay).initiate_ussd_push_request(PAYLOAD)
    assert_nothing_shows(texts(caught.value))


@pytest.mark.parametrize(
    "answer",
    [
        reply(423, message=f"the secret {CLIENT_SECRET} has expired"),
        reply(400, errors={"clientSecret": [CLIENT_SECRET]}),
        reply(200, data=None, message=CLIENT_SECRET),
        Reply(500, CLIENT_SECRET.encode()),
        httpx.ConnectError("no such host"),
    ],
)
def test_an_answer_of_the_authenticator_that_echoes_the_credentials(answer: Outcome) -> None:
    azampay = FakeAzampay(token=[answer] * 3)
    with pytest.raises(FinConnectError) as caught:
        provider(azampay, api_key=API_KEY).initiate_ussd_push_request(PAYLOAD)
    assert_nothing_shows(texts(caught.value))


def test_a_client_secret_with_a_newline_that_is_echoed_without_it() -> None:
    azampay = FakeAzampay(token=[reply(423, message=f"the secret {CLIENT_SECRET} has expired")])
    with pytest.raises(FinConnectError) as caught:
        provider(azampay, client_secret=f"{CLIENT_SECRET}\n").authenticate()
    assert_nothing_shows(texts(caught.value))


def test_a_client_id_that_is_echoed() -> None:
    azampay = FakeAzampay(token=[reply(423, message="client id-canary-4711 is locked")])
    with pytest.raises(FinConnectError) as caught:
        provider(azampay, client_id="id-canary-4711").authenticate()
    assert not any("canary" in text for text in texts(caught.value))


def test_a_renewal_that_fails_does_not_show_the_refused_token() -> None:
    locked = reply(423, message=f"{CLIENT_SECRET} is locked")
    azampay = FakeAzampay(token=[token_reply(), locked], checkout=[UNAUTHORISED])
    with pytest.raises(FinConnectError) as caught:
        provider(azampay).initiate_ussd_push_request(PAYLOAD)
    assert_nothing_shows(texts(caught.value))


@pytest.mark.parametrize("answer", [Reply(200, ECHO.encode()), reply(500, message=ECHO)])
def test_an_answer_of_the_key_endpoints_that_echoes_what_it_was_sent(answer: Reply) -> None:
    azampay = FakeAzampay(token=[token_reply()], documented_key=[answer], probed_key=[answer])
    with pytest.raises(FinConnectError) as caught:
        provider(azampay, api_key=API_KEY).get_public_key()
    assert_nothing_shows(texts(caught.value))


@pytest.mark.parametrize("secret", [f"{TOKEN}é", f"{TOKEN}\U0001f600"])
def test_a_token_that_no_header_can_carry_is_a_typed_error_that_does_not_show_it(
    secret: str,
) -> None:
    azampay = FakeAzampay(token=[token_reply(secret)])
    with pytest.raises(FinConnectError) as caught:
        provider(azampay).initiate_ussd_push_request(PAYLOAD)
    assert_nothing_shows(texts(caught.value))


def test_a_faulty_payload_shows_no_phone_number() -> None:
    with pytest.raises(InvalidPayload) as caught:
        provider(FakeAzampay()).read_payload({**PAYLOAD, PHONE: 1, "accountNumber": f"+{PHONE}"})
    assert_nothing_shows(texts(caught.value))


@pytest.mark.parametrize(
    "body",
    [
        callback_body(password=TOKEN, utilityref=[PHONE]),
        callback_body(password=TOKEN, signature=f"{TOKEN}!"),
        f"{TOKEN} {PHONE}".encode(),
    ],
)
def test_a_hostile_callback_is_not_quoted(body: bytes) -> None:
    with pytest.raises(CallbackError) as caught:
        provider(FakeAzampay()).parse_callback(body)
    assert_nothing_shows(texts(caught.value))


@pytest.mark.parametrize("show", [repr, str, "{}".format])
def test_config_and_token_show_no_secret(show: Callable[[object], str]) -> None:
    assert_nothing_shows(show(config(api_key=API_KEY)))
    assert_nothing_shows(show(access_token(api_key=API_KEY)))
    assert_nothing_shows(show(provider(FakeAzampay(), api_key=API_KEY)))
