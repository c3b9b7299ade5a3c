"""Each line says which request and which payment it belongs to; a metric never costs a payment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from finconnect.payments.correlation import correlated
from tests.fakes.builders import a_payload
from tests.integration.functions.deployment import Deployment
from tests.integration.functions.everything import WatchedDeployment
from tests.integration.functions.standin import TRACE

if TYPE_CHECKING:
    import pytest

REQUEST = "11111111-2222-4333-8444-555555555555"
NO_PAYMENT_YET = {"request_refused", "unexpected_error"}
"""Lines that may come before it is known which payment a request is about."""
NOT_BELIEVED = {
    "callback_hostile",
    "callback_wrong_url",
    "callback_forged",
    "callback_unsigned",
    "callback_unverifiable",
    "callback_deferred",
}
"""What a callback says of a payment is no payment before it is believed."""


ABOUT_A_URL = {"callback_new_url", "callback_old_url"}
"""Told before it is looked at what the callback is about."""


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    found = [json.loads(text) for text in capsys.readouterr().out.splitlines() if text[:1] == "{"]
    return [line for line in found if "message" in line]


def test_every_line_of_a_request_has_the_gateways_name_of_it(happened: WatchedDeployment) -> None:
    of_requests = [
        line
        for line in happened.logged()
        if line["function_name"] == "payments"
        or (line["function_name"] == "webhook" and line["message"].startswith("callback"))
    ]
    assert len(of_requests) > 50
    without = [line["message"] for line in of_requests if "api_request_id" not in line]
    # From the queue no gateway had a part in it.
    assert set(without) <= {"callback_recorded", "callback_unverifiable"}, without
    assert {line.get("api_request_id", REQUEST) for line in of_requests} <= {REQUEST, "odd"}


def test_every_line_about_a_payment_has_its_id(happened: WatchedDeployment) -> None:
    about = [
        line
        for line in happened.logged()
        if line["message"].startswith(("payment_", "callback_", "event_", "provider_called"))
        and line["function_name"] in ("payments", "webhook", "event_relay", "reconciler")
        and line["message"] not in NOT_BELIEVED | ABOUT_A_URL
    ]
    assert len(about) > 50
    assert [line for line in about if not line.get("payment", "").startswith("azampay/")] == []


def test_a_refused_callback_says_whose_it_claims_to_be_under_another_name(
    happened: WatchedDeployment,
) -> None:
    refused = [line for line in happened.logged() if line["message"] in NOT_BELIEVED]
    assert {line["message"] for line in refused} == NOT_BELIEVED
    assert all("payment" not in line for line in refused)
    assert all("external_id" in line for line in refused if line["message"] != "callback_hostile")


def test_an_error_that_is_caught_further_out_still_has_the_payment(
    stack: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.post(a_payload())
    stack.post(a_payload(amount="2"))
    (refused,) = [line for line in lines(capsys) if line["message"] == "request_refused"]
    assert (refused["code"], refused["payment"]) == ("external_id_reused", "azampay/order-1")
    assert refused["api_request_id"] == REQUEST


def test_no_id_is_left_for_the_next_invocation(
    stack: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.post(a_payload())
    capsys.readouterr()
    stack.post({"amount": "nothing"})
    (refused,) = [line for line in lines(capsys) if line["message"] == "request_refused"]
    assert "payment" not in refused
    assert correlated() == {}


def test_the_providers_trace_is_on_the_line_of_the_call(happened: WatchedDeployment) -> None:
    called = [line for line in happened.logged() if line["message"] == "provider_called"]
    assert {line["outcome"] for line in called} == {"answered", "no_answer"}
    assert {line["trace"] for line in called if line["outcome"] == "answered"} == {TRACE}
    assert all(line["latency_ms"] >= 0 for line in called)


def test_a_callbacks_trace_is_on_its_lines_also_when_it_waited(
    happened: WatchedDeployment,
) -> None:
    about = [
        line
        for line in happened.logged()
        if line["function_name"] == "webhook" and line.get("payment") == "azampay/deferred"
    ]
    assert {line["message"] for line in about} >= {"callback_recorded", "payment_succeeded"}
    assert {line["trace"] for line in about} == {TRACE}


def test_a_metric_that_cannot_be_written_breaks_no_payment(
    stack: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("POWERTOOLS_METRICS_NAMESPACE")
    for number in range(2):
        assert stack.post(a_payload(externalId=f"order-{number}"))["statusCode"] == 202
    assert [item["status"]["S"] for item in stack.items("PAYMENT")] == ["pending", "pending"]
    lost = [line for line in lines(capsys) if line["message"] == "metric_lost"]
    assert {line["error"] for line in lost} == {"SchemaValidationError"}
