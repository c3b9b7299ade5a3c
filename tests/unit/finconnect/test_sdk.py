"""FintechSDK: one object, one call, nothing of AWS."""

import subprocess
import sys
from types import MappingProxyType
from typing import Any

import pytest

import finconnect
from finconnect import FintechSDK
from finconnect.errors import InvalidPayload, PaymentRefused
from finconnect.providers.azampay import AzampayConfig, AzampayProvider
from tests.unit.finconnect.providers.azampay.fakes import (
    PAYLOAD,
    TOKEN,
    TRANSACTION_ID,
    FakeAzampay,
    accepted,
    config,
    provider,
    reply,
    token_reply,
)

FIELDS: dict[str, Any] = {
    "app_name": "Shop",
    "client_id": "6d1f-client",
    "client_secret": "canary",
    "authenticator_url": "https://authenticator.test",
    "checkout_url": "https://checkout.test",
}


def sdk_over(azampay: FakeAzampay) -> FintechSDK:
    sdk = FintechSDK("azampay", config())
    sdk.provider = provider(azampay)
    return sdk


def test_paying_authenticates_and_sends_the_payload() -> None:
    azampay = FakeAzampay(token=[token_reply()], checkout=[accepted()])
    assert sdk_over(azampay).pay(PAYLOAD).transaction_id == TRANSACTION_ID
    assert azampay.authorizations == [None, f"Bearer {TOKEN}"]


def test_paying_twice_authenticates_once() -> None:
    azampay = FakeAzampay(token=[token_reply()], checkout=[accepted(), accepted()])
    sdk = sdk_over(azampay)
    sdk.pay(PAYLOAD)
    sdk.pay({**PAYLOAD, "externalId": "ORDER-2"})
    assert len(azampay.requests) == 3


def test_a_faulty_payload_is_refused_before_anything_is_sent() -> None:
    azampay = FakeAzampay()
    with pytest.raises(InvalidPayload):
        sdk_over(azampay).pay({**PAYLOAD, "currency": "KES"})
    assert azampay.requests == []


def test_the_errors_of_the_provider_come_through() -> None:
    azampay = FakeAzampay(token=[token_reply()], checkout=[reply(400, message="No")])
    with pytest.raises(PaymentRefused, match="Payment request failed: No"):
        sdk_over(azampay).pay(PAYLOAD)


def test_any_mapping_is_a_payload() -> None:
    azampay = FakeAzampay(token=[token_reply()], checkout=[accepted()])
    sdk_over(azampay).pay(MappingProxyType(dict(PAYLOAD)))
    assert azampay.requests[1].content.startswith(b'{"accountNumber":"255712345678"')


@pytest.mark.parametrize("given", [FIELDS, MappingProxyType(FIELDS), AzampayConfig(**FIELDS)])
def test_a_provider_is_made_from_its_config_or_from_a_mapping(given: object) -> None:
    assert isinstance(FintechSDK("azampay", given).provider, AzampayProvider)


@pytest.mark.parametrize(
    ("name", "given", "text"),
    [
        ("mpesa", FIELDS, "unknown provider 'mpesa': use one of azampay"),
        ("Azampay", FIELDS, "unknown provider 'Azampay'"),
        ("azampay", {**FIELDS, "appname": "x"}, "appname"),
        ("azampay", None, "must be AzampayConfig or a mapping of its fields"),
        ("azampay", "https://checkout.test", "must be AzampayConfig or a mapping of its fields"),
        ("azampay", {**FIELDS, "checkout_url": "checkout.test"}, "checkout_url: must be https"),
        ("azampay", {**FIELDS, "authenticator_url": "ftp://a.test"}, "authenticator_url: must"),
        ("azampay", {**FIELDS, "checkout_url": 5}, "checkout_url"),
    ],
)
def test_a_wrong_configuration_names_what_is_wrong(name: str, given: Any, text: str) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match=text) as caught:
        FintechSDK(name, given)
    assert "canary" not in str(caught.value)


def test_the_package_offers_the_sdk_and_names_what_it_lacks() -> None:
    assert finconnect.__all__ == ["FintechSDK"]
    with pytest.raises(AttributeError, match="no attribute 'Sdk'"):
        _ = finconnect.Sdk


USE = """
import sys
from importlib.abc import MetaPathFinder

ALLOWED = {
    "finconnect", "httpx", "cryptography", "msgspec",
    # what these bring along
    "anyio", "certifi", "h11", "httpcore", "idna", "sniffio", "cffi", "_cffi_backend",
    "typing_extensions",
}

class OnlyAllowed(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in ALLOWED:
            raise ModuleNotFoundError(f"{top} is not installed here", name=top)
        return None

sys.meta_path.insert(0, OnlyAllowed())

import httpx
from finconnect import FintechSDK
from finconnect.providers.azampay import AzampayConfig, AzampayProvider
from finconnect.providers.http import HttpClient

def answer(request):
    if request.url.path == "/AppRegistration/GenerateToken":
        return httpx.Response(200, json={"data": {"accessToken": "t"}})
    return httpx.Response(200, json={"success": True, "transactionId": "id-1"})

config = AzampayConfig("http://a.test", "http://c.test", "app", "id", "secret")
sdk = FintechSDK("azampay", config)
sdk.provider = AzampayProvider(config, http=HttpClient(transport=httpx.MockTransport(answer)))
print(sdk.pay({"accountNumber": "255712345678", "amount": 1, "currency": "TZS",
               "externalId": "a", "provider": "Mpesa"}).transaction_id)
foreign = {"boto3", "botocore", "aws_lambda_powertools", "ulid"} & set(sys.modules)
print(sorted(foreign), any(name.startswith("finconnect.payments") for name in sys.modules))
"""


def test_the_sdk_needs_httpx_cryptography_and_msgspec_and_nothing_of_aws() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", USE],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": "layers/provider"},
    )
    assert ran.stdout.splitlines() == ["id-1", "[] False"], ran.stderr
