"""Secrets and phone numbers that are easy to find again, and every way that they can take."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from finconnect.payments.aws import clients
from tests.fakes.builders import a_payload
from tests.fakes.signing import azampay_key, callback_body, other_key
from tests.integration.functions.deployment import Deployment
from tests.integration.functions.standin import Says, Seen, StandIn, accepted
from tools.api_events import proxy_event

PHONE = "255787654321"
LOCAL_PHONE = "0787654321"
SECRETS = {
    "token": "canary-token-Zm9vYmFy",
    "client secret": "canary-client-secret-q9==",
    "client id": "canary-client-id-4711",
    "api key": "canary-api-key-0815",
    "url secret": "canary-url-secret-abcdefghijklmnopqrstuvwxyz-0123",
    "new url secret": "canary-new-url-secret-abcdefghijklmnopqrstuvwxyz-4567",
    "callback password": "canary-callback-password",
    "callback user": "canary-callback-user",
}
MASKED = "2557*****321"
TRANSACT = "dynamodb.TransactWriteItems"


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
    return [*usual_paths(stack, provider), *rare_paths(stack, provider)]


def usual_paths(stack: Deployment, provider: StandIn) -> list[Any]:
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
    answers.append(relayed(stack))
    provider.on_token = lambda seen: Says(423, {"message": echo(seen)})
    stack.restart("payments")
    stack.put_secret("token", {})
    answers.append(stack.post(payload(10)))
    mend_topic = stack.break_store("sns")
    answers.append(relayed(stack))
    mend_topic()
    mends = [stack.break_store(call) for call in ("dynamodb", "sns")]
    answers += [stack.post(payload(11)), stack.get("order-0"), believed(stack, callback(0))]
    answers.append(stack.handle("event_relay", {"Records": _one_record()}))
    for mend in mends:
        mend()
    return answers


def relayed(stack: Deployment) -> Any:  # noqa: ANN401
    """What the relay answers for all that is in the outbox."""
    return stack.handle("event_relay", stack.stream_batch())


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


def rare_paths(stack: Deployment, provider: StandIn) -> list[Any]:
    """What the usual paths leave out: no key, silence, hostile requests, each store failing."""
    provider.on_token, provider.on_checkout = None, lambda _: accepted()
    return [
        *refreshes(stack, provider),
        *callbacks_without_a_key(stack, provider),
        *silence(stack, provider),
        *rotations(stack, provider),
        *hostile(stack),
        *failing_stores(stack),
    ]


def refreshes(stack: Deployment, provider: StandIn) -> Iterable[Any]:
    """The token is fetched, found young, and refused to be written; the key is not to be had."""
    yield run(stack, "token_refresh", {})
    yield run(stack, "token_refresh", {})
    provider.on_key = lambda seen: Says(500, echo(seen).encode())
    yield run(stack, "token_refresh", {"refetch_public_key": True})
    for call in ("secrets-manager.PutSecretValue", "ssm.GetParameter"):
        mend = stack.break_store(call)
        yield run(stack, "token_refresh", {"refused_token": "x", "refetch_public_key": True})
        yield run(stack, "token_refresh", {"refetch_public_key": True})
        mend()


def callbacks_without_a_key(stack: Deployment, provider: StandIn) -> Iterable[Any]:
    """A callback waits, is tried in vain, and finds its key; the next ones find a broken queue."""
    provider.on_key = lambda seen: Says(404, echo(seen).encode())
    loses_its_key(stack)
    yield stack.post(payload(20))
    yield believed(stack, callback(20))
    yield stack.deliver_waiting()
    stack.knows_key()
    stack.restart("webhook")
    yield stack.deliver_waiting()
    loses_its_key(stack)
    for call in ("sqs.ChangeMessageVisibility", "sqs.SendMessage"):
        yield believed(stack, callback(20, message=call))
        mend = stack.break_store(call)
        yield believed(stack, callback(20, message=f"{call} again"))
        if call == "sqs.ChangeMessageVisibility":
            yield stack.deliver_waiting()
        mend()
    stack.knows_key()
    stack.restart("webhook")


def loses_its_key(stack: Deployment) -> None:
    stack.forgets_keys()
    stack.restart("webhook")


def silence(stack: Deployment, provider: StandIn) -> Iterable[Any]:
    """A payment is left created, holds a callback, goes silent, and cannot be written at first."""
    mend = stack.break_store(TRANSACT)
    yield stack.post(payload(21))
    mend()
    yield stack.post(payload(21))
    yield believed(stack, callback(21, amount="7"))
    yield stack.post(payload(22))
    provider.on_key = lambda seen: Says(200, {"data": "perhaps", "message": echo(seen)})
    stack.restart("reconciler", AZAMPAY_STATUS_PATH="/status", RECONCILE_AFTER_MINUTES="0")
    mend = stack.break_store(TRANSACT)
    yield run(stack, "reconciler", {})
    mend()
    yield run(stack, "reconciler", {})


def rotations(stack: Deployment, provider: StandIn) -> Iterable[Any]:
    """New credentials are refused, and there are two URLs for a while."""
    trial = clients.secretsmanager().put_secret_value(
        SecretId="credentials",
        SecretString=json.dumps(
            {
                "appName": "Shop",
                "clientId": SECRETS["client id"],
                "clientSecret": SECRETS["client secret"],
            }
        ),
        VersionStages=["AWSPENDING"],
    )
    provider.on_token = lambda seen: Says(423, {"message": echo(seen)})
    yield run(stack, "token_refresh", {"try_credentials": trial["VersionId"]})
    provider.on_token = None
    old, new = SECRETS["url secret"], SECRETS["new url secret"]
    stack.put_secret("url-secret", {"current": new, "previous": old})
    stack.restart("webhook")
    for number, secret in ((30, old), (31, new)):
        yield stack.post(payload(number))
        body = callback_body(azampay_key(), **callback(number))
        yield stack.call_back(body, secret=secret)
    with remembered_secret():
        mend = stack.break_store("secrets-manager.GetSecretValue")
        yield stack.call_back(callback_body(azampay_key(), **callback(31)), secret=new)
        mend()


def hostile(stack: Deployment) -> Iterable[Any]:
    """Requests that are too large, that are none, and that no honest gateway would send."""
    padding = {"padding": "x" * 70_000}
    yield stack.post(payload(23) | padding)
    yield stack.post(f"{{{PHONE} {SECRETS['api key']}")
    yield believed(stack, callback(23) | padding)
    yield stack.get(PHONE)
    headers = {"Content-Type": f"text/{PHONE}"}
    as_text = proxy_event("POST", "/payments/azampay", body=(f"{PHONE} {SECRETS['token']}", False))
    yield run(stack, "payments", as_text | {"headers": headers})
    # Neither has what its function takes for granted.
    yield run(stack, "payments", {"body": f"{PHONE} {SECRETS['token']}"})
    yield run(stack, "webhook", {"path": SECRETS["url secret"], "body": PHONE})
    event = proxy_event(
        "POST",
        "/webhooks/azampay/{secret}",
        {"secret": SECRETS["url secret"]},
        body=(callback_body(azampay_key(), **callback(24)).decode(), False),
    )
    yield run(stack, "webhook", event | {"headers": {"Traceparent": f"{PHONE} " * 99}})


def failing_stores(stack: Deployment) -> Iterable[Any]:
    """Each call to AWS that a function makes fails, in containers that remember nothing."""
    with lost_metrics():
        yield stack.post(payload(24))
    with lost_lines():
        yield stack.post(payload(26))
    for call in (
        *("secrets-manager.GetSecretValue", "ssm.GetParameter", "lambda.Invoke"),
        *("dynamodb.PutItem", "dynamodb.UpdateItem", "dynamodb.Query", "dynamodb.GetItem"),
    ):
        for function in ("payments", "webhook"):
            stack.restart(function)
        mend = stack.break_store(call)
        yield stack.post(payload(25))
        yield stack.get("order-20")
        yield believed(stack, callback(20, message=call))
        yield run(stack, "token_refresh", {})
        yield run(stack, "reconciler", {})
        mend()


@contextmanager
def lost_metrics() -> Iterator[None]:
    """Inside, metrics cannot be written, and the error names what must not be named."""
    # Loaded anew with the functions, so not at the head of this file.
    from finconnect.payments.aws import powertools  # noqa: PLC0415

    def lose() -> None:
        raise OSError(f"{PHONE} {SECRETS['token']}")

    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(powertools.metrics, "flush_metrics", lose)
        yield


@contextmanager
def lost_lines() -> Iterator[None]:
    """Inside, ordinary lines cannot be written, and the error names what must not be named."""
    from finconnect.payments.aws import powertools  # noqa: PLC0415

    def lose(*_: object, **__: object) -> None:
        raise OSError(f"{PHONE} {SECRETS['token']}")

    with pytest.MonkeyPatch.context() as patching:
        patching.setitem(powertools._LOG, logging.INFO, lose)
        yield


@contextmanager
def remembered_secret() -> Iterator[None]:
    """Inside, the webhook's secret was read too long ago to be believed without a look."""
    from finconnect.payments.aws import caches  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(caches, "KEEP", timedelta(0))
        yield


def run(stack: Deployment, function: str, event: dict[str, Any]) -> Any:  # noqa: ANN401
    """What a function answers, or what Lambda answers and logs for one that raises."""
    try:
        return stack.handle(function, event)
    except Exception as error:  # noqa: BLE001 (as Lambda does)
        traceback.print_exc()
        return {"errorMessage": str(error), "errorType": type(error).__name__}
