"""Everything that can happen to a stack, and what each function wrote about it."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, override

import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from finconnect.payments.aws import clients
from finconnect.payments.correlation import correlate, correlated, forget
from tests.fakes.builders import a_payload
from tests.fakes.signing import azampay_key, callback_body, other_key
from tests.integration.functions.deployment import URL_SECRET, Deployment, forget_functions
from tests.integration.functions.standin import TRACE, Says, StandIn, accepted
from tests.integration.moto_settings import KEEP_MODELS

TELEMETRY = "finconnect.payments.aws.powertools"
STATUS_PATH = "/status"

type Line = dict[str, Any]


@dataclass
class WatchedDeployment(Deployment):
    """A stack that keeps what each function writes apart, as Lambda does."""

    written: list[tuple[str, io.StringIO]] = field(default_factory=list)

    @override
    def handle(self, function: str, event: dict[str, Any]) -> Any:
        """Handle an event, also while another function waits for it."""
        out = io.StringIO()
        self.written.append((function, out))
        with contextlib.redirect_stdout(out), _in_a_container_of_its_own():
            return Deployment.handle(self, function, event)

    def metrics(self) -> Iterator[tuple[str, Line]]:
        """Each line that CloudWatch would make metrics of, with the function that wrote it."""
        for function, out in self.written:
            for line in _json_lines(out):
                if "_aws" in line:
                    yield function, line

    def texts(self, function: str) -> list[str]:
        """The lines of one function's log, as text."""
        lines = (text for _, out in self.written for text in out.getvalue().splitlines())
        return [text for text in lines if f'"function_name":"{function}"' in text]

    def logged(self) -> list[Line]:
        """Each line of the functions' logs, metrics aside. ``function_name`` is the function."""
        lines = (line for _, out in self.written for line in _json_lines(out))
        return [line for line in lines if "message" in line]


@contextlib.contextmanager
def _in_a_container_of_its_own() -> Iterator[None]:
    # A function that waits for another one shares its process here, and with it what Powertools
    # and we remember of an invocation.
    if TELEMETRY not in sys.modules:
        yield
        return
    logger, metrics = sys.modules[TELEMETRY].logger, sys.modules[TELEMETRY].metrics
    pending, ids = metrics.provider.metric_set, dict(correlated())
    waiting, keys = dict(pending), dict(logger.get_current_keys())
    pending.clear()
    try:
        yield
    finally:
        pending.update(waiting)
        logger.append_keys(**{name: keys[name] for name in keys if name.startswith("function_")})
        forget()
        correlate(**ids)


def _json_lines(out: io.StringIO) -> Iterator[Line]:
    for text in out.getvalue().splitlines():
        if text.startswith("{"):
            yield json.loads(text)


def everything() -> WatchedDeployment:
    """A stack to which all of it has happened; it is gone by now, and what it wrote is left."""
    with (
        mock_aws(config=KEEP_MODELS),
        pytest.MonkeyPatch.context() as patching,
        StandIn() as provider,
    ):
        stack = WatchedDeployment(patching, provider.url)
        stack.deploy()
        stack.put_in_credentials()
        for happens in (
            _the_usual,
            _every_answer_to_a_checkout,
            _callbacks_that_came_early,
            _callbacks_that_were_held,
            _every_callback,
            _two_urls,
            _silence,
            _events,
            _no_key,
            _no_token,
            _our_own_fault,
        ):
            happens(stack, provider)
        forget_functions()
    return stack


def _paid(stack: Deployment, name: str, **changes: str) -> None:
    stack.post(a_payload(externalId=name) | changes)


def _call(stack: Deployment, name: str, **fields: Any) -> Any:  # noqa: ANN401
    body = callback_body(azampay_key(), utilityref=name, **fields)
    return stack.call_back(body, headers={"traceparent": TRACE})


def _the_usual(stack: Deployment, _: StandIn) -> None:
    for _run in range(2):
        stack.handle("token_refresh", {})
    _paid(stack, "paid")
    _paid(stack, "paid")
    _paid(stack, "paid", amount="2")
    _call(stack, "paid")
    stack.get("paid")
    stack.get("nobody")
    stack.post({"amount": "nothing"})


def _every_answer_to_a_checkout(stack: Deployment, provider: StandIn) -> None:
    for answer in (Says(400, {"message": "no"}), Says(502), Says(None)):
        provider.on_checkout = lambda _: answer  # noqa: B023 (asked before the next one is there)
        _paid(stack, f"answered-{answer.status}")
    provider.on_checkout = lambda _: accepted()


def _callbacks_that_came_early(stack: Deployment, provider: StandIn) -> None:
    def early(answer: Says, name: str, **fields: str) -> None:
        def on_checkout(_: object) -> Says:
            _call(stack, name, **fields)
            return answer

        provider.on_checkout = on_checkout
        _paid(stack, name)
        provider.on_checkout = lambda _: accepted()

    early(accepted(), "early-mismatch", amount="7")
    early(Says(400, {"message": "no"}), "early-conflict")


def _callbacks_that_were_held(stack: Deployment, _: StandIn) -> None:
    mend = stack.break_store("dynamodb.TransactWriteItems")
    _paid(stack, "held")
    mend()
    for fields in ({"amount": "7"}, {}, {"transactionstatus": "failure"}):
        _call(stack, "held", **fields)
    _reconcile(stack)


def _every_callback(stack: Deployment, _: StandIn) -> None:
    _paid(stack, "failed")
    _call(stack, "failed", transactionstatus="failure")
    _call(stack, "paid")
    _call(stack, "paid", transactionstatus="failure")
    _call(stack, "paid", amount="7")
    _call(stack, "nobody")
    stack.call_back(b"{}")
    stack.call_back(secret="wrong")
    forged = callback_body(other_key(), utilityref="paid", message="forged")
    stack.call_back(forged, headers={"traceparent": TRACE})
    stack.call_back(callback_body(utilityref="paid"))


def _two_urls(stack: Deployment, _: StandIn) -> None:
    stack.put_secret("url-secret", {"current": "new", "previous": URL_SECRET})
    stack.restart("webhook")
    for order, secret in (("by-new", "new"), ("by-old", URL_SECRET)):
        _paid(stack, order)
        stack.call_back(callback_body(azampay_key(), utilityref=order), secret=secret)
    stack.put_secret("url-secret", {"current": URL_SECRET})
    stack.restart("webhook")


def _silence(stack: Deployment, provider: StandIn) -> None:
    _paid(stack, "silent")
    failures = [EndpointConnectionError(endpoint_url="nowhere")]

    def refuse(**_: object) -> None:
        if failures:
            raise failures.pop()

    clients.dynamodb().meta.events.register_first("before-call.dynamodb.GetItem", refuse)
    with contextlib.suppress(Exception):  # told of, and the run counts as failed
        _reconcile(stack)
    _reconcile(stack)
    _paid(stack, "asked-about")
    usual, provider.on_key = provider.on_key, lambda _: Says(200, {"data": "success"})
    _reconcile(stack, AZAMPAY_STATUS_PATH=STATUS_PATH)
    provider.on_key = usual


def _events(stack: Deployment, _: StandIn) -> None:
    stack.handle("event_relay", stack.stream_batch())
    mend = stack.break_store("sns.Publish")
    stack.handle("event_relay", stack.stream_batch())
    mend()


def _no_key(stack: Deployment, provider: StandIn) -> None:
    usual, provider.on_key = provider.on_key, lambda _: Says(404)
    stack.forgets_keys()
    stack.handle("token_refresh", {})
    stack.restart("webhook")
    _paid(stack, "deferred")
    _call(stack, "deferred")
    stack.deliver_waiting()  # in vain, once more
    provider.on_key = usual
    stack.knows_key()
    stack.restart("webhook")
    stack.deliver_waiting()


def _no_token(stack: Deployment, provider: StandIn) -> None:
    provider.on_token = lambda _: Says(423, {"message": "no"})
    stack.put_secret("token", {})
    stack.restart("payments")
    _paid(stack, "without-a-token")
    provider.on_token = None


def _our_own_fault(stack: Deployment, _: StandIn) -> None:
    stack.handle("payments", {"httpMethod": "POST", "requestContext": {"requestId": "odd"}})
    stack.handle("webhook", {"requestContext": {"requestId": "odd"}})


def _reconcile(stack: Deployment, **environment: str) -> None:
    stack.restart("reconciler", **({"RECONCILE_AFTER_MINUTES": "0"} | environment))
    stack.handle("reconciler", {})
