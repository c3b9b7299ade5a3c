"""openapi.yaml is valid, true in its examples, and of the kind that API Gateway takes."""

import json
from collections.abc import Iterator

import pytest
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.template.documents import OPENAPI, described_api, read_openapi
from tests.template.nodes import Json
from tests.template.rules.api import operations
from tests.template.rules.resources import strings

AUTHORIZATIONS = ("API_KEY", "AWS_IAM")
POST = ("POST", "/payments/azampay")
GET = ("GET", "/payments/azampay/{externalId}")
CALLBACK = ("POST", "/webhooks/azampay/{secret}")
ANSWERS = {
    POST: {
        ("200", None),
        ("202", None),
        ("400", "invalid_payment"),
        ("400", "unsupported"),
        ("403", "forbidden"),
        ("409", "in_progress"),
        ("413", "payload_too_large"),
        ("415", "unsupported"),
        ("422", "external_id_reused"),
        ("422", "provider_refused"),
        ("429", "too_many_requests"),
        ("500", "internal_error"),
        ("503", "provider_unavailable"),
        ("503", "unavailable"),
    },
    GET: {
        ("200", None),
        ("400", "unsupported"),
        ("403", "forbidden"),
        ("404", "not_found"),
        ("429", "too_many_requests"),
        ("500", "internal_error"),
        ("503", "unavailable"),
    },
    CALLBACK: {
        ("200", None),
        ("400", "invalid_callback"),
        ("400", "unsupported"),
        ("401", "invalid_signature"),
        ("403", "forbidden"),
        ("404", "not_found"),
        ("413", "payload_too_large"),
        ("429", "too_many_requests"),
        ("500", "internal_error"),
        ("503", "unavailable"),
    },
}


@pytest.fixture(scope="module", params=AUTHORIZATIONS)
def description(request: pytest.FixtureRequest) -> Json:
    return described_api(read_openapi(), {"PaymentAuthorization": request.param})


def test_it_is_valid(description: Json) -> None:
    assert [error.message for error in OpenAPIV30SpecValidator(description).iter_errors()] == []


def test_every_answer_has_an_example(description: Json) -> None:
    found = {
        route: {(status, value.get("code")) for status, value in _answers(operation)}
        for route, operation in operations(description).items()
    }
    assert found == ANSWERS


def test_every_example_is_what_its_schema_says(description: Json) -> None:
    faults = [
        f"{place}: {error.message}"
        for place, schema, value in _examples(description)
        for error in OAS30Validator(_with_components(schema, description)).iter_errors(value)
    ]
    assert faults == []


def test_a_prompt_may_be_answered_when_all_is_settled(description: Json) -> None:
    # Callbacks that came early are weighed before the answer is written.
    answers = _answers(operations(description)[POST])
    shown = {value["status"] for status, value in answers if status == "202"}
    assert shown == {"pending", "unknown", "succeeded", "failed"}


def test_every_body_that_is_asked_for_has_an_example(description: Json) -> None:
    for operation in operations(description).values():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert content["examples"]


def test_who_may_come_back_is_told_when(description: Json) -> None:
    for operation in operations(description).values():
        told = {
            s for s, r in operation["responses"].items() if "Retry-After" in r.get("headers", {})
        }
        assert told == {"409", "429", "503"} & operation["responses"].keys()


def test_every_header_has_an_example(description: Json) -> None:
    for operation in operations(description).values():
        for response in operation["responses"].values():
            assert all("example" in header for header in response.get("headers", {}).values())


def test_what_the_gateway_says_by_itself_is_described(description: Json) -> None:
    described = {answer for answers in ANSWERS.values() for answer in answers}
    for response in description["x-amazon-apigateway-gateway-responses"].values():
        problem = json.loads(response["responseTemplates"]["application/json"])
        assert (response["statusCode"], problem["code"]) in described


def test_every_problem_says_its_own_status(description: Json) -> None:
    for operation in operations(description).values():
        for status, value in _answers(operation):
            if "code" in value:
                assert str(value["status"]) == status


@pytest.mark.parametrize("authorization", AUTHORIZATIONS)
def test_the_payment_routes_ask_for_what_was_chosen(authorization: str) -> None:
    description = described_api(read_openapi(), {"PaymentAuthorization": authorization})
    scheme = {"API_KEY": "apiKey", "AWS_IAM": "awsSignature"}[authorization]
    secured = {route: operation["security"] for route, operation in operations(description).items()}
    assert secured == {POST: [{scheme: []}], GET: [{scheme: []}], CALLBACK: []}


def test_a_missing_route_is_not_called_forbidden_unless_it_cannot_be_told(
    description: Json,
) -> None:
    response = description["x-amazon-apigateway-gateway-responses"]["MISSING_AUTHENTICATION_TOKEN"]
    by_key = "apiKey" in description["paths"]["/payments/azampay"]["post"]["security"][0]
    assert response["statusCode"] == ("404" if by_key else "403")


def test_model_names_are_letters_and_digits(description: Json) -> None:
    # API Gateway makes a model of each schema, and refuses other names.
    assert [name for name in description["components"]["schemas"] if not name.isalnum()] == []


def test_answers_are_written_out(description: Json) -> None:
    # API Gateway does not follow references to whole answers.
    assert "responses" not in description["components"]
    for operation in operations(description).values():
        assert not any("$ref" in response for response in operation["responses"].values())


def test_the_gateway_is_asked_for_nothing_that_it_cannot(description: Json) -> None:
    schemas = description["components"]["schemas"]
    assert not {"allOf", "anyOf", "not", "discriminator"} & set(_keys(schemas))
    assert not {"exclusiveMinimum", "nullable"} & set(_keys(schemas["PaymentRequest"]))


def test_gateway_texts_repeat_nothing_secret(description: Json) -> None:
    texts = list(strings(description["x-amazon-apigateway-gateway-responses"]))
    used = {word for text in texts for word in text.split('"') if word.startswith("$")}
    assert used == {"$context.error.validationErrorString"}


def test_yaml_that_cloudformation_does_not_take_is_not_used() -> None:
    # Neither anchors nor aliases: a line's value would begin with & or *.
    lines = OPENAPI.read_text().splitlines()
    assert [
        line for line in lines if line.split(": ", 1)[-1].lstrip("- ").startswith(("&", "*"))
    ] == []


def _answers(operation: Json) -> Iterator[tuple[str, Json]]:
    for status, response in operation["responses"].items():
        for content in response["content"].values():
            for example in content["examples"].values():
                yield status, example["value"]


def _examples(description: Json) -> Iterator[tuple[str, Json, Json]]:
    for (method, path), operation in operations(description).items():
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in (content for body in bodies for content in body.get("content", {}).values()):
            for name, example in content["examples"].items():
                yield f"{method} {path} {name}", content["schema"], example["value"]


def _with_components(schema: Json, description: Json) -> Json:
    return {"allOf": [schema], "components": description["components"]}


def _keys(node: Json) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node
        for value in node.values():
            yield from _keys(value)
    elif isinstance(node, list):
        for value in node:
            yield from _keys(value)
