"""What readers and programs get of openapi.yaml: the same, without what is AWS's own."""

from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.template.documents import read_openapi
from tests.template.nodes import Json
from tests.template.rules.resources import strings
from tools.api_description import Document, for_caller, plain_description

SECRET = "s" * 43
WEBHOOK = "/webhooks/azampay/{secret}"


def test_it_is_valid() -> None:
    assert [e.message for e in OpenAPIV30SpecValidator(plain_description()).iter_errors()] == []


def test_it_has_every_route_and_nothing_of_awss_own() -> None:
    plain = plain_description()
    assert plain["paths"].keys() == read_openapi()["paths"].keys()
    assert [text for text in strings(plain) if text.startswith("x-amazon") or "${" in text] == []
    assert "Fn::" not in str(plain)


def test_payments_are_authorised_in_either_way_and_callbacks_in_none() -> None:
    either: list[Json] = [{"apiKey": []}, {"awsSignature": []}]
    assert securities(plain_description()) == [either, either, []]


def test_it_says_what_the_gateway_cannot_check() -> None:
    payment = plain_description()["components"]["schemas"]["PaymentRequest"]
    assert payment["properties"]["additionalProperties"]["type"] == "object"
    assert payment["properties"]["additionalProperties"]["nullable"] is True


def test_a_callers_description_is_of_one_stack() -> None:
    described = for_caller(
        plain_description(), base_url="https://api.example/v1", scheme="awsSignature", secret=SECRET
    )
    assert described["servers"] == [{"url": "https://api.example/v1"}]
    assert securities(described) == [[{"awsSignature": []}], [{"awsSignature": []}], []]
    assert WEBHOOK not in described["paths"]
    assert described["paths"][WEBHOOK.format(secret=SECRET)]["post"]["parameters"] == []
    assert [e.message for e in OpenAPIV30SpecValidator(described).iter_errors()] == []


def securities(document: Document) -> list[Json]:
    return [
        operation["security"] for item in document["paths"].values() for operation in item.values()
    ]
