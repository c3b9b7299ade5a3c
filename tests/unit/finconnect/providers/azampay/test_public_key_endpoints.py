"""Fetching the public key: where, in which order, and in which forms it is believed."""

from typing import Any

import httpx
import pytest

from finconnect.errors import AuthenticationError, PublicKeyError
from tests.unit.finconnect.providers.azampay.fakes import (
    RENEWED,
    TOKEN,
    FakeAzampay,
    FakeTokens,
    Outcome,
    Reply,
    Waits,
    provider,
    reply,
)
from tests.vectors.loading import public_key

PEM = public_key()
OTHER_PEM = public_key("other-rsa-2048")
DOCUMENTED = "GET https://checkout.test/azampay/v1/public-key?format=Pem"
PROBED = "GET https://authenticator.test/api/Token/PublicKey"


def envelope(pem: object = PEM) -> Reply:
    return reply(success=True, format="Pem", publicKey=pem)


def bare(pem: str = PEM) -> Reply:
    return Reply(200, pem.encode(), {"Content-Type": "text/plain"})


def fetch(azampay: FakeAzampay, **changes: Any) -> str:  # noqa: ANN401 - any option of provider()
    return provider(azampay, tokens=changes.pop("tokens", FakeTokens()), **changes).get_public_key()


def fail(azampay: FakeAzampay, **changes: Any) -> PublicKeyError:  # noqa: ANN401
    with pytest.raises(PublicKeyError) as caught:
        fetch(azampay, **changes)
    return caught.value


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(envelope(), id="envelope, newlines escaped once as JSON does"),
        pytest.param(envelope(PEM.replace("\n", "\\n")), id="envelope, escaped twice"),
        pytest.param(envelope(PEM.replace("\n", "\\r\\n")), id="envelope, CRLF escaped twice"),
        pytest.param(envelope(PEM.strip()), id="envelope without the last newline"),
        pytest.param(envelope(f"\n {PEM} \n"), id="envelope with space around it"),
        pytest.param(reply(publicKey=PEM), id="envelope with nothing else"),
        pytest.param(bare(), id="bare PEM"),
        pytest.param(bare(PEM.replace("\n", "\\n")), id="bare PEM with escaped newlines"),
        pytest.param(bare(PEM.strip()), id="bare PEM without the last newline"),
    ],
)
def test_a_key_is_read_in_every_form_it_comes_in(answer: Reply) -> None:
    assert fetch(FakeAzampay(documented_key=[answer])) == PEM


def test_a_key_with_windows_line_ends_is_usable() -> None:
    pem = fetch(FakeAzampay(documented_key=[bare(PEM.replace("\n", "\r\n"))]))
    assert pem.split() == PEM.split()


def test_a_larger_key_is_read() -> None:
    large = public_key("rsa-4096")
    assert fetch(FakeAzampay(documented_key=[envelope(large)])) == large


PRIVATE = PEM.replace("PUBLIC KEY", "PRIVATE KEY")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (envelope(public_key("ec-p256")), "not an RSA key"),
        (bare(public_key("ec-p256")), "not an RSA key"),
        (envelope(public_key("rsa-1024")), "1024 bits are too few"),
        (bare(public_key("rsa-1024")), "1024 bits are too few"),
        (envelope(PRIVATE), "not a PEM public key"),
        (envelope(PEM[:200]), "not a PEM public key"),
        (envelope(PEM.replace("M", "*")), "not a PEM public key"),
        (envelope(""), "not a PEM public key"),
        (envelope("null"), "not a PEM public key"),
        (envelope(None), "holds no publicKey"),
        (envelope([PEM]), "holds no publicKey"),
        (envelope({"pem": PEM}), "holds no publicKey"),
        (reply(success=False, message="No"), "holds no publicKey"),
        (reply(), "not a PEM public key"),
        (Reply(200, b"<html><body>Sign in</body></html>"), "not a PEM public key"),
        (Reply(200), "not a PEM public key"),
        (Reply(200, b"\xff\xfe\x00"), "not a PEM public key"),
        (Reply(200, b"[]"), "not a PEM public key"),
        (envelope("\ud800"), "not a PEM public key"),
        (Reply(204), "HTTP 204"),
        (Reply(302, headers={"Location": "/login"}), "HTTP 302"),
        (Reply(404), "HTTP 404"),
        (Reply(500, PEM.encode()), "HTTP 500"),
        (Reply(200, b"x" * (1024 * 1024 + 1)), "larger than 1 MiB"),
        (httpx.ReadTimeout("slow"), "ReadTimeout"),
    ],
)
def test_what_is_no_strong_rsa_key_is_an_error_that_names_the_url(
    answer: Outcome, reason: str
) -> None:
    error = fail(FakeAzampay(documented_key=[answer]), authenticator_url="")
    assert reason in str(error)
    assert str(error).startswith("https://checkout.test/azampay/v1/public-key?format=Pem: ")


@pytest.mark.parametrize(
    "first",
    [
        Reply(404),
        Reply(500),
        Reply(200, b"<html></html>"),
        envelope(public_key("rsa-1024")),
        httpx.ReadTimeout("slow"),
    ],
)
def test_the_next_url_is_asked_when_the_first_has_no_usable_key(first: Outcome) -> None:
    azampay = FakeAzampay(documented_key=[first], probed_key=[bare()])
    assert fetch(azampay) == PEM
    assert azampay.urls == [DOCUMENTED, PROBED]


def test_the_next_url_is_not_asked_when_the_first_has_a_key() -> None:
    azampay = FakeAzampay(documented_key=[envelope()], probed_key=[envelope(OTHER_PEM)])
    assert fetch(azampay) == PEM
    assert azampay.urls == [DOCUMENTED]


def test_the_order_of_the_urls_is_configuration() -> None:
    azampay = FakeAzampay(documented_key=[envelope(OTHER_PEM)], probed_key=[envelope()])
    urls = (PROBED.removeprefix("GET "), DOCUMENTED.removeprefix("GET "))
    assert fetch(azampay, public_key_urls=urls) == PEM
    assert azampay.urls == [PROBED]


def test_the_error_says_what_every_url_answered() -> None:
    error = fail(FakeAzampay(documented_key=[Reply(404)], probed_key=[Reply(500)]))
    assert str(error) == (
        "https://checkout.test/azampay/v1/public-key?format=Pem: HTTP 404; "
        "https://authenticator.test/api/Token/PublicKey: HTTP 500"
    )


def test_without_urls_there_is_no_key() -> None:
    error = fail(FakeAzampay(), authenticator_url="", checkout_url="")
    assert str(error) == "no public key URL is configured"


@pytest.mark.parametrize("turned_away", [Reply(401), Reply(403)])
def test_a_refused_token_is_renewed_once_for_the_same_url(turned_away: Reply) -> None:
    azampay = FakeAzampay(documented_key=[turned_away, envelope()])
    tokens = FakeTokens()
    assert fetch(azampay, tokens=tokens) == PEM
    assert azampay.urls == [DOCUMENTED, DOCUMENTED]
    assert azampay.authorizations == [f"Bearer {TOKEN}", f"Bearer {RENEWED}"]
    assert tokens.refused == [TOKEN]


def test_a_token_refused_twice_goes_on_to_the_next_url() -> None:
    azampay = FakeAzampay(documented_key=[Reply(401), Reply(401)], probed_key=[envelope()])
    assert fetch(azampay) == PEM
    assert azampay.urls == [DOCUMENTED, DOCUMENTED, PROBED]


def test_without_a_token_there_is_no_key_and_nothing_is_asked() -> None:
    azampay = FakeAzampay()
    error = fail(azampay, tokens=FakeTokens(error=AuthenticationError("locked")))
    assert "Authentication failed: locked" in str(error)
    assert azampay.requests == []


def test_a_url_that_cannot_be_reached_is_tried_three_times_before_the_next() -> None:
    waits = Waits()
    unreachable = [httpx.ConnectError("no such host")] * 3
    azampay = FakeAzampay(documented_key=unreachable, probed_key=[envelope()])
    assert fetch(azampay, waits=waits) == PEM
    assert azampay.urls == [DOCUMENTED] * 3 + [PROBED]
    assert waits.seconds == [0.1, 0.2]
