"""Canaries go through every path; none of them comes out where it must not."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import pytest
from moto import mock_aws

from tests.fakes.builders import a_payload
from tests.fakes.signing import azampay_key, callback_body, other_key
from tests.integration.functions.deployment import Deployment, forget_functions
from tests.integration.functions.standin import Says, Seen, StandIn, accepted
from tests.integration.moto_settings import KEEP_MODELS

PHONE = "255787654321"
LOCAL_PHONE = "0787654321"
SECRETS = {
    "token": "canary-token-Zm9vYmFy",
    "client secret": "canary-client-secret-q9==",
    "client id": "canary-client-id-4711",
    "api key": "canary-api-key-0815",
    "url secret": "canary-url-secret-abcdefghijklmnopqrstuvwxyz-0123",
    "callback password": "canary-callback-password",
    "callback user": "canary-callback-user",
}
MASKED = "2557*****321"


def payload(number: int) -> dict[str, Any]:
    return a_payload(externalId=f"order-{number}", accountNumber=PHONE)


def callback(number: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "utilityref": f"order-{number}",
        "msisdn": PHONE,
        "password": SECRETS["callback password"],
        "user": SECRETS["callback user"],
        "message": f"paid by {PHONE} ({LOCAL_PHONE})",
    } | changes


def echo(seen: Seen) -> str:
    """All that a provider was sent, in its own words."""
    return f"{seen.body.decode()} {seen.headers.get('Authorization')} {seen.headers}"


def every_path(stack: Deployment, provider: StandIn) -> list[Any]:
    """Everything that can happen, with the answers to it."""
    answers: list[Any] = [stack.handle("token_refresh", {})]
    checkouts = [
        lambda _: accepted(),
        lambda seen: Says(400, {"message": echo(seen)}),
        lambda seen: Says(200, {"success": False, "transactionId": "null", "message": echo(seen)}),
        lambda seen: Says(502, echo(seen).encode()),
        lambda seen: Says(401, {"message": echo(seen)}),
        lambda _: Says(None),
    ]
    for number, says in enumerate(checkouts):
        provider.on_checkout = says
        answers += [stack.post(payload(number)), stack.post(payload(number))]
        answers += [stack.post(payload(number) | {"amount": "1"}), stack.get(f"order-{number}")]
    answers.append(stack.post(payload(9) | {"accountNumber": f"+{PHONE}", PHONE: 1}))
    answers += all_callbacks(stack)
    answers.append(stack.handle("event_relay", stack.stream_batch()))
    provider.on_token = lambda seen: Says(423, {"message": echo(seen)})
    stack.restart("payments")
    stack.put_secret("token", {})
    answers.append(stack.post(payload(10)))
    mends = [stack.break_store(call) for call in ("dynamodb", "sns")]
    answers += [stack.post(payload(11)), stack.get("order-0"), believed(stack, callback(0))]
    answers.append(stack.handle("event_relay", {"Records": _one_record()}))
    for mend in mends:
        mend()
    return answers


def _one_record() -> list[dict[str, Any]]:
    image = {"pk": {"S": f"PAYMENT#azampay#{PHONE[:3]}"}, "sk": {"S": "EVENT#1"}}
    return [{"eventName": "INSERT", "dynamodb": {"NewImage": image, "SequenceNumber": "1"}}]


def all_callbacks(stack: Deployment) -> list[Any]:
    wrong = stack.call_back(callback_body(azampay_key(), **callback(0)), secret="wrong")
    return [
        wrong,
        believed(stack, callback(0)),
        believed(stack, callback(0)),
        believed(stack, callback(0, transactionstatus="failure")),
        believed(stack, callback(3, transactionstatus="failure")),
        believed(stack, callback(1, amount="7")),
        believed(stack, callback(99)),
        believed(stack, callback(0, operator=["x"])),
        stack.call_back(callback_body(other_key(), **callback(0)), secret=SECRETS["url secret"]),
        stack.call_back(callback_body(**callback(0)), secret=SECRETS["url secret"]),
    ]


def believed(stack: Deployment, fields: dict[str, Any]) -> Any:  # noqa: ANN401
    return stack.call_back(callback_body(azampay_key(), **fields), secret=SECRETS["url secret"])


@pytest.fixture(scope="module")
def out() -> dict[str, str]:
    """Everything that came out anywhere: logs and metrics, answers, items, events."""
    logged = io.StringIO()
    with (
        mock_aws(config=KEEP_MODELS),
        pytest.MonkeyPatch.context() as patching,
        StandIn(token=SECRETS["token"]) as provider,
        contextlib.redirect_stdout(logged),
        contextlib.redirect_stderr(logged),
    ):
        stack = deployed(patching, provider)
        answers = every_path(stack, provider)
        items = stack.items()
        forget_functions()
    return {
        "logs and metrics": logged.getvalue(),
        "answers": json.dumps(answers),
        "items": str([without_numbers(item) for item in items]),
        "events": "\n".join(item["envelope"]["S"] for item in items if "envelope" in item),
    }


def deployed(patching: pytest.MonkeyPatch, provider: StandIn) -> Deployment:
    """A stack whose every secret is a canary, logging all there is."""
    stack = Deployment(patching, provider.url, url_secret=SECRETS["url secret"])
    stack.deploy()
    patching.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    stack.put_in_credentials(
        clientId=SECRETS["client id"],
        clientSecret=SECRETS["client secret"],
        apiKey=SECRETS["api key"],
    )
    return stack


def without_numbers(item: dict[str, Any]) -> dict[str, Any]:
    """An item without the one attribute in which a phone number may stand."""
    return {name: value for name, value in item.items() if name != "msisdn"}


def test_the_paths_were_really_taken(out: dict[str, str]) -> None:
    for word in (
        *("payment_accepted", "payment_refused", "payment_unknown", "payment_not_sent"),
        *("callback_recorded", "callback_duplicate", "callback_mismatch", "callback_conflict"),
        *("callback_unmatched", "callback_hostile", "callback_wrong_url", "callback_forged"),
        *("callback_unsigned", "event_published", "token_refreshed", "token_refresh_failed"),
    ):
        assert f'"{word}"' in out["logs and metrics"], word
    for status in (200, 202, 400, 401, 404, 422, 503):
        assert f'"statusCode": {status}' in out["answers"]
    assert MASKED in out["events"]
    assert MASKED in out["answers"]


@pytest.mark.parametrize("canary", ["token", "client secret", "api key", "url secret"])
@pytest.mark.parametrize("place", ["logs and metrics", "answers", "items", "events"])
def test_no_secret_of_ours_comes_out(out: dict[str, str], place: str, canary: str) -> None:
    assert SECRETS[canary] not in out[place]


@pytest.mark.parametrize("place", ["logs and metrics", "answers", "items", "events"])
def test_no_part_of_the_credentials_comes_out(out: dict[str, str], place: str) -> None:
    assert SECRETS["client id"] not in out[place]


@pytest.mark.parametrize("canary", ["callback password", "callback user"])
@pytest.mark.parametrize("place", ["logs and metrics", "answers", "items", "events"])
def test_no_login_of_a_callback_is_kept(out: dict[str, str], place: str, canary: str) -> None:
    assert SECRETS[canary] not in out[place]


@pytest.mark.parametrize("number", [PHONE, LOCAL_PHONE])
@pytest.mark.parametrize("place", ["logs and metrics", "answers", "events"])
def test_no_full_number_comes_out(out: dict[str, str], place: str, number: str) -> None:
    assert number not in out[place]


def test_items_hold_a_full_number_only_as_msisdn(out: dict[str, str]) -> None:
    assert PHONE not in out["items"]
