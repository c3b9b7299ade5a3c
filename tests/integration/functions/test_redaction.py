"""Canaries go through every path; none of them comes out where it must not."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import pytest
from moto import mock_aws

from finconnect.payments.http_api import PROBLEMS
from finconnect.payments.telemetry import Fact
from tests.integration.functions.canaries import LOCAL_PHONE, MASKED, PHONE, SECRETS, every_path
from tests.integration.functions.deployment import Deployment, forget_functions
from tests.integration.functions.standin import StandIn
from tests.integration.moto_settings import KEEP_MODELS

# Answered where the function's own code decides, beside those of the table of problems.
MORE_CODES = {"provider_refused", "provider_unavailable", "internal_error"}


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


def test_every_fact_was_told(out: dict[str, str]) -> None:
    told = {fact.value.name for fact in Fact if f'"{fact.value.name}"' in out["logs and metrics"]}
    assert {fact.value.name for fact in Fact} - told == set()


def test_every_error_was_answered(out: dict[str, str]) -> None:
    codes = {problem.code for problem in PROBLEMS.values()} | MORE_CODES
    assert {code for code in codes if f'\\"{code}\\"' not in out["answers"]} == set()
    for status in (200, 202, 400, 401, 404, 409, 413, 422, 500, 503):
        assert f'"statusCode": {status}' in out["answers"]


def test_lambda_itself_would_have_logged_errors(out: dict[str, str]) -> None:
    assert "Traceback (most recent call last)" in out["logs and metrics"]
    for kind in ("StoreUnavailable", "LedgerUnavailable"):
        assert f'"errorType": "{kind}"' in out["answers"]


def test_what_may_come_out_does(out: dict[str, str]) -> None:
    assert MASKED in out["events"]
    assert MASKED in out["answers"]


@pytest.mark.parametrize(
    "canary", ["token", "client secret", "api key", "url secret", "new url secret"]
)
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
