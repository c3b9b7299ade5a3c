"""Every request that we send to AzamPay, against the protocol notes: literally, byte by byte."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finconnect import strict_json
from tests.unit.finconnect.providers.azampay.fakes import (
    PAYLOAD,
    UNAUTHORISED,
    FakeAzampay,
    FakeTokens,
    Reply,
    Waits,
    accepted,
    provider,
    token_reply,
)

# What any HTTP client adds by itself, and what says nothing to AzamPay.
OF_THE_CLIENT = {"accept", "accept-encoding", "connection", "user-agent"}


def headers_of(request: httpx.Request) -> dict[str, str]:
    return {name: text for name, text in request.headers.items() if name not in OF_THE_CLIENT}


def checkout_body(payload: Mapping[str, Any]) -> bytes:
    azampay = FakeAzampay(checkout=[accepted()])
    provider(azampay, tokens=FakeTokens()).initiate_ussd_push_request(payload)
    return azampay.requests[0].content


def test_the_token_request() -> None:
    azampay = FakeAzampay(token=[token_reply()])
    provider(
        azampay,
        authenticator_url="https://authenticator.test",
        app_name="Shop",
        client_id="6d1f-client",
        client_secret="s3cr3t+/==",
        api_key="not for the authenticator",
    ).authenticate()
    (request,) = azampay.requests
    body = b'{"appName": "Shop", "clientId": "6d1f-client", "clientSecret": "s3cr3t+/=="}'
    assert request.method == "POST"
    assert str(request.url) == "https://authenticator.test/AppRegistration/GenerateToken"
    assert request.content == body
    assert headers_of(request) == {
        "host": "authenticator.test",
        "content-type": "application/json",
        "content-length": str(len(body)),
    }


def test_the_checkout_request() -> None:
    azampay = FakeAzampay(checkout=[accepted()])
    tokens = FakeTokens(["token-1"])
    provider(azampay, tokens=tokens).initiate_ussd_push_request(
        {
            "accountNumber": "255712345678",
            "amount": 1000,
            "currency": "TZS",
            "externalId": "ORDER-1",
            "provider": "Mpesa",
            "additionalProperties": None,
        }
    )
    (request,) = azampay.requests
    body = (
        b'{"accountNumber":"255712345678","amount":1000,"currency":"TZS","externalId":"ORDER-1",'
        b'"provider":"Mpesa","additionalProperties":null}'
    )
    assert request.method == "POST"
    assert str(request.url) == "https://checkout.test/azampay/mno/checkout"
    assert request.content == body
    assert headers_of(request) == {
        "host": "checkout.test",
        "authorization": "Bearer token-1",
        "content-type": "application/json",
        "content-length": str(len(body)),
    }


def test_the_documented_public_key_request() -> None:
    azampay = FakeAzampay(documented_key=[Reply(404)], probed_key=[Reply(404)])
    with pytest.raises(Exception, match="404"):
        provider(azampay, tokens=FakeTokens(["token-1"])).get_public_key()
    request = azampay.requests[0]
    assert request.method == "GET"
    assert str(request.url) == "https://checkout.test/azampay/v1/public-key?format=Pem"
    assert request.content == b""
    assert headers_of(request) == {"host": "checkout.test", "authorization": "Bearer token-1"}


def test_the_probed_public_key_request() -> None:
    azampay = FakeAzampay(documented_key=[Reply(404)], probed_key=[Reply(404)])
    with pytest.raises(Exception, match="404"):
        provider(azampay, tokens=FakeTokens(["token-1"])).get_public_key()
    request = azampay.requests[1]
    assert request.method == "GET"
    assert str(request.url) == "https://authenticator.test/api/Token/PublicKey"
    assert request.content == b""
    assert headers_of(request) == {"host": "authenticator.test", "authorization": "Bearer token-1"}


@pytest.mark.parametrize("base", ["https://checkout.test", "https://checkout.test/"])
def test_a_slash_at_the_end_of_a_base_url_changes_nothing(base: str) -> None:
    azampay = FakeAzampay(checkout=[accepted()])
    subject = provider(azampay, tokens=FakeTokens(), checkout_url=base)
    subject.initiate_ussd_push_request(PAYLOAD)
    assert azampay.urls == ["POST https://checkout.test/azampay/mno/checkout"]


def test_the_api_key_goes_with_the_checkout_and_the_keys_if_configured() -> None:
    azampay = FakeAzampay(
        token=[token_reply()],
        checkout=[accepted()],
        documented_key=[Reply(404)],
        probed_key=[Reply(404)],
    )
    subject = provider(azampay, api_key="key-1")
    subject.initiate_ussd_push_request(PAYLOAD)
    with pytest.raises(Exception, match="404"):
        subject.get_public_key()
    assert [request.headers.get("X-API-Key") for request in azampay.requests] == [
        None,  # the authenticator
        "key-1",
        "key-1",
        "key-1",
    ]


@pytest.mark.parametrize("api_key", [None, ""])
def test_no_api_key_goes_anywhere_unless_configured(api_key: str | None) -> None:
    azampay = FakeAzampay(token=[token_reply()], checkout=[accepted()])
    provider(azampay, api_key=api_key).initiate_ussd_push_request(PAYLOAD)
    assert all("X-API-Key" not in request.headers for request in azampay.requests)


def test_the_request_after_a_renewal_differs_in_its_token_alone() -> None:
    azampay = FakeAzampay(checkout=[UNAUTHORISED, accepted()])
    tokens = FakeTokens(["token-1", "token-2"], api_key="key-1")
    provider(azampay, tokens=tokens).initiate_ussd_push_request(PAYLOAD)
    first, second = azampay.requests
    assert (first.method, first.url, first.content) == (second.method, second.url, second.content)
    assert headers_of(second) == headers_of(first) | {"authorization": "Bearer token-2"}


def test_a_cookie_of_one_answer_is_not_sent_with_the_next_request() -> None:
    with_cookie = Reply(401, headers={"Set-Cookie": "lb=node-7; Path=/"})
    azampay = FakeAzampay(checkout=[with_cookie, accepted()])
    provider(azampay, tokens=FakeTokens(), waits=Waits()).initiate_ussd_push_request(PAYLOAD)
    assert [request.headers.get("Cookie") for request in azampay.requests] == [None, None]


@pytest.mark.parametrize(
    ("payload", "body"),
    [
        ({"amount": 1000}, b'{"amount":1000}'),
        ({"amount": "1000"}, b'{"amount":"1000"}'),
        ({"amount": "1000.50"}, b'{"amount":"1000.50"}'),
        ({"amount": Decimal("1000.50")}, b'{"amount":1000.50}'),
        ({"amount": Decimal("1000.00")}, b'{"amount":1000.00}'),
        ({"amount": 1000.5}, b'{"amount":1000.5}'),
        ({"accountNumber": "0712345678"}, b'{"accountNumber":"0712345678"}'),
        ({"b": 1, "a": 2}, b'{"b":1,"a":2}'),
        ({"additionalProperties": None}, b'{"additionalProperties":null}'),
        ({"additionalProperties": {}}, b'{"additionalProperties":{}}'),
        (
            {"additionalProperties": {"z": [1, {"b": None, "a": [True, "x"]}], "a": {"y": ""}}},
            b'{"additionalProperties":{"z":[1,{"b":null,"a":[true,"x"]}],"a":{"y":""}}}',
        ),
        ({"additionalProperties": {"n": 2**70}}, b'{"additionalProperties":{"n":%d}}' % 2**70),
        ({"note": 'çà 😀 / \\ " <b> \u2028'}, '{"note":"çà 😀 / \\\\ \\" <b> \u2028"}'.encode()),
    ],
)
def test_the_payload_is_sent_with_nothing_added_removed_renamed_or_converted(
    payload: dict[str, Any], body: bytes
) -> None:
    assert checkout_body(payload) == body


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), JSON))
def test_whatever_is_given_arrives_as_the_same_json_in_the_same_order(
    payload: dict[str, Any],
) -> None:
    body = checkout_body(payload)
    received = strict_json.decode_object(body)
    assert received == payload
    assert list(received) == list(payload)
    assert strict_json.encode(received) == body
