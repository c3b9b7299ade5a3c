"""HTTP in and out: bodies as they were sent, and every error in one place."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from finconnect import errors
from finconnect.errors import CallbackError, Fault, FinConnectError, InvalidPayload
from finconnect.payments import errors as payments_errors
from finconnect.payments.errors import MAX_BODY_BYTES, UnsupportedMediaType
from finconnect.payments.http_api import (
    PROBLEMS,
    Response,
    answers_problems,
    json_response,
    read_body,
    read_json,
)
from finconnect.payments.telemetry import Fact
from tests.fakes.telemetry import RecordingTelemetry

WRITTEN: dict[type[FinConnectError], tuple[int, str]] = {
    errors.InvalidPayload: (400, "invalid_payment"),
    errors.CallbackError: (400, "invalid_callback"),
    payments_errors.PayloadTooLarge: (413, "payload_too_large"),
    payments_errors.UnsupportedMediaType: (415, "unsupported"),
    payments_errors.PaymentNotFound: (404, "not_found"),
    payments_errors.UnknownUrl: (404, "not_found"),
    payments_errors.ExternalIdReused: (422, "external_id_reused"),
    payments_errors.PaymentInProgress: (409, "in_progress"),
    payments_errors.SignatureRefused: (401, "invalid_signature"),
    payments_errors.StoreUnavailable: (503, "unavailable"),
    payments_errors.LedgerUnavailable: (503, "unavailable"),
    payments_errors.NotUnderstood: (503, "unavailable"),
}
# These end before HTTP, or are faults of ours: the caller learns nothing from them.
INTERNAL: set[type[FinConnectError]] = {
    errors.FinConnectError,
    errors.ProviderError,
    errors.AuthenticationError,
    errors.PaymentRequestError,
    errors.PaymentRefused,
    errors.PaymentNotSent,
    errors.PaymentUnauthorised,
    errors.PaymentOutcomeUnknown,
    errors.PublicKeyError,
    errors.UnsupportedOperation,
    payments_errors.ConcurrentChange,
    payments_errors.DuplicateCallback,
    payments_errors.PublishFailed,
    payments_errors.TooManyHeld,
    payments_errors.VerificationUnavailable,
}
SECRET = "canary-of-the-inside"


def of(module: Any) -> set[type[FinConnectError]]:  # noqa: ANN401
    return {
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, FinConnectError)
    }


def an(kind: type[FinConnectError]) -> FinConnectError:
    if kind is InvalidPayload:
        return InvalidPayload((Fault("amount", "must be more"), Fault("currency", "must be TZS")))
    return kind(SECRET)


def answer(error: Exception, heard: RecordingTelemetry | None = None) -> Response:
    @answers_problems(heard or RecordingTelemetry())
    def handler(event: dict[str, Any]) -> Response:
        raise error

    return handler({})


def body(response: Response) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(response["body"])
    return found


def test_every_error_has_an_answer_or_is_internal_on_purpose() -> None:
    assert of(errors) | of(payments_errors) == WRITTEN.keys() | INTERNAL
    assert PROBLEMS.keys() == WRITTEN.keys()


@pytest.mark.parametrize("kind", WRITTEN)
def test_each_error_has_the_status_and_the_code_that_are_promised(
    kind: type[FinConnectError],
) -> None:
    response = answer(an(kind))
    assert (response["statusCode"], body(response)["code"]) == WRITTEN[kind]
    assert response["headers"]["Content-Type"] == "application/problem+json"
    assert response["headers"]["Cache-Control"] == "no-store"
    assert body(response)["type"] == "about:blank"
    assert body(response)["status"] == response["statusCode"]
    assert body(response)["title"]
    assert body(response)["detail"]


@pytest.mark.parametrize("kind", [each for each in WRITTEN if each is not CallbackError])
def test_no_text_of_an_error_reaches_the_caller(kind: type[FinConnectError]) -> None:
    assert SECRET not in answer(an(kind))["body"]


@pytest.mark.parametrize("kind", [k for k, (status, _) in WRITTEN.items() if status in (409, 503)])
def test_who_may_come_back_is_told_when(kind: type[FinConnectError]) -> None:
    assert int(answer(an(kind))["headers"]["Retry-After"]) > 0


@pytest.mark.parametrize(
    "kind", [k for k, (status, _) in WRITTEN.items() if status not in (409, 503)]
)
def test_who_need_not_come_back_is_not_told_to(kind: type[FinConnectError]) -> None:
    assert "Retry-After" not in answer(an(kind))["headers"]


def test_every_fault_of_a_payload_is_named_by_field() -> None:
    assert body(answer(an(InvalidPayload)))["errors"] == [
        {"field": "amount", "message": "must be more"},
        {"field": "currency", "message": "must be TZS"},
    ]


def test_a_callback_is_told_what_is_wrong_with_it() -> None:
    assert body(answer(CallbackError("operator: must be text")))["detail"] == (
        "operator: must be text"
    )


@pytest.mark.parametrize(
    "error",
    [
        *(an(kind) for kind in sorted(INTERNAL, key=lambda each: each.__name__)),
        RuntimeError(SECRET),
        KeyError(SECRET),
        RecursionError(SECRET),
    ],
)
def test_an_internal_error_is_500_and_tells_nothing(error: Exception) -> None:
    heard = RecordingTelemetry()
    response = answer(error, heard)
    assert response["statusCode"] == 500
    assert body(response)["code"] == "internal_error"
    assert SECRET not in response["body"]
    told = heard.details(Fact.UNEXPECTED)
    assert told["error"] == type(error).__name__
    assert SECRET not in str(told)
    assert "handler" in str(told["where"])


def test_a_refusal_is_told_with_its_code() -> None:
    heard = RecordingTelemetry()
    answer(payments_errors.PaymentNotFound("order-1"), heard)
    assert heard.details(Fact.REQUEST_REFUSED)["code"] == "not_found"


def test_an_end_of_the_process_is_not_answered() -> None:
    @answers_problems(RecordingTelemetry())
    def handler(event: dict[str, Any]) -> Response:
        raise SystemExit

    with pytest.raises(SystemExit):
        handler({})


def test_an_answer_is_what_api_gateway_takes() -> None:
    assert json_response(200, {"name": "Zoë"}, {"X": "y"}) == {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json", "Cache-Control": "no-store", "X": "y"},
        "body": '{"name":"Zoë"}',
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize("text", ['{"a": 1}', "", "Zoë 💰"])
def test_a_body_is_the_bytes_that_were_sent(text: str) -> None:
    raw = text.encode()
    encoded = base64.b64encode(raw).decode()
    assert read_body({"body": text, "isBase64Encoded": False}) == raw
    assert read_body({"body": encoded, "isBase64Encoded": True}) == raw


def test_bytes_that_are_no_text_arrive_as_they_are() -> None:
    encoded = base64.b64encode(b"\xff\x00").decode()
    assert read_body({"body": encoded, "isBase64Encoded": True}) == b"\xff\x00"


@pytest.mark.parametrize("event", [{}, {"body": None}, {"body": None, "isBase64Encoded": True}])
def test_no_body_is_an_empty_one(event: dict[str, Any]) -> None:
    assert read_body(event) == b""


@pytest.mark.parametrize("text", ["*", "a", "YQ", "é"])
def test_base64_that_is_none_is_a_fault_of_the_body(text: str) -> None:
    event = {"body": text, "isBase64Encoded": True}
    with pytest.raises(CallbackError, match=r"^body: "):
        read_body(event)
    with pytest.raises(InvalidPayload) as caught:
        read_json(event)
    assert [fault.field for fault in caught.value.faults] == ["body"]


@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize("character", ["x", "é"])
def test_the_size_is_counted_in_bytes(encoded: bool, character: str) -> None:
    def event(text: str) -> dict[str, Any]:
        shown = base64.b64encode(text.encode()).decode() if encoded else text
        return {"body": shown, "isBase64Encoded": encoded}

    full = character * (MAX_BODY_BYTES // len(character.encode()))
    assert len(read_body(event(full))) == MAX_BODY_BYTES
    with pytest.raises(payments_errors.PayloadTooLarge):
        read_body(event(f"{full}x"))


@pytest.mark.parametrize(
    "text", ["", "[]", "1", "{", '{"a": 1, "a": 2}', '{"a": NaN}', '{"a": "\\ud800"}', "\ud800"]
)
def test_a_body_that_is_no_json_object_is_a_fault_of_the_body(text: str) -> None:
    with pytest.raises(InvalidPayload) as caught:
        read_json({"body": text})
    assert [fault.field for fault in caught.value.faults] == ["body"]


def test_a_json_body_is_read() -> None:
    assert read_json({"body": '{"a": [1, null]}'}) == {"a": [1, None]}


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON; charset=utf-8", " application/json ", ""],
)
def test_a_body_that_says_json_or_nothing_is_read(content_type: str) -> None:
    assert read_json({"body": "{}", "headers": {"content-type": content_type}}) == {}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ";"]
)
def test_a_body_that_says_something_else_is_not_looked_at(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        read_json({"body": "not even JSON", "headers": {"Content-Type": content_type}})


@pytest.mark.parametrize("kind", WRITTEN)
def test_what_is_our_fault_is_told_apart_from_what_is_refused(kind: type[FinConnectError]) -> None:
    heard = RecordingTelemetry()
    status = answer(an(kind), heard)["statusCode"]
    assert heard.facts == [Fact.REQUEST_FAILED if status >= 500 else Fact.REQUEST_REFUSED]
