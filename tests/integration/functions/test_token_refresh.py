"""Token and key, from AzamPay to Secrets Manager and Parameter Store, by the real handler."""

from __future__ import annotations

import json
from typing import Any

import pytest

from finconnect.errors import AuthenticationError
from finconnect.payments.errors import StoreUnavailable
from finconnect.providers.base import fingerprint
from tests.fakes.signing import azampay_key, other_key, public_pem
from tests.integration.functions.deployment import CREDENTIALS, Deployment
from tests.integration.functions.standin import Says, StandIn

REFUSED = Says(423, {"data": None, "message": "Provided detail is not valid", "success": False})


def run(stack: Deployment, **event: Any) -> dict[str, str]:  # noqa: ANN401
    found: dict[str, str] = stack.handle("token_refresh", event)
    return found


def test_the_schedules_first_run_stores_both(stack: Deployment, provider: StandIn) -> None:
    assert run(stack) == {"token": "refreshed", "public_key": "refreshed"}
    stored = stack.secret("token")
    assert stored["access_token"] == provider.token
    assert stored["expires_at"] > stored["obtained_at"]
    assert "api_key" not in stored
    assert stack.key_ring()["current"] == public_pem(azampay_key())
    assert json.loads(provider.logins[0].body) == CREDENTIALS


def test_the_schedules_next_run_asks_nobody(stack: Deployment, provider: StandIn) -> None:
    run(stack)
    before = len(provider.seen)
    assert run(stack) == {"token": "current", "public_key": "current"}
    assert len(provider.seen) == before


def test_an_answer_can_be_written_as_json(stack: Deployment) -> None:
    assert json.dumps(run(stack)) == '{"token": "refreshed", "public_key": "refreshed"}'


def test_a_refused_token_is_replaced_once(stack: Deployment, provider: StandIn) -> None:
    run(stack)
    refused, provider.token = fingerprint(provider.token), "the-next-token"
    assert run(stack, refused_token=refused)["token"] == "refreshed"
    assert run(stack, refused_token=refused)["token"] == "current"
    assert stack.secret("token")["access_token"] == "the-next-token"
    assert len(provider.logins) == 2


def test_a_key_is_fetched_when_asked_for(stack: Deployment, provider: StandIn) -> None:
    run(stack)
    provider.on_key = lambda _: Says(200, public_pem(other_key(1)).encode())
    assert run(stack, refetch_public_key=True)["public_key"] == "refreshed"
    ring = stack.key_ring()
    assert (ring["current"], ring["previous"]) == (
        public_pem(other_key(1)),
        public_pem(azampay_key()),
    )


@pytest.mark.parametrize("says", [Says(404), Says(200, b"no key"), Says(None)])
def test_a_provider_without_a_key_leaves_what_is_there(
    stack: Deployment, provider: StandIn, says: Says
) -> None:
    stack.knows_key()
    before = stack.key_ring()
    provider.on_key = lambda _: says
    assert run(stack, refetch_public_key=True)["public_key"] == "unavailable"
    assert stack.key_ring() == before


@pytest.mark.parametrize("missing", CREDENTIALS)
def test_credentials_that_are_not_in_are_named_with_what_to_do(
    stack: Deployment,
    provider: StandIn,
    missing: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stack.put_secret("credentials", CREDENTIALS | {missing: "REPLACE_ME"})
    with pytest.raises(AuthenticationError):
        run(stack)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (told,) = [line for line in lines if line.get("message") == "token_refresh_failed"]
    assert missing in told["reason"]
    assert "aws secretsmanager put-secret-value" in told["reason"]
    assert provider.seen == []


def test_spaces_around_pasted_credentials_are_taken_off(
    stack: Deployment, provider: StandIn
) -> None:
    stack.put_secret("credentials", {name: f" {value}\n" for name, value in CREDENTIALS.items()})
    run(stack)
    assert json.loads(provider.logins[0].body) == CREDENTIALS


def test_a_failing_authenticator_leaves_the_token(stack: Deployment, provider: StandIn) -> None:
    run(stack)
    before = stack.secret("token")
    provider.on_token = lambda _: REFUSED
    with pytest.raises(AuthenticationError, match="Provided detail is not valid"):
        run(stack, refused_token=fingerprint(provider.token))
    assert stack.secret("token") == before


@pytest.mark.parametrize(
    "call", ["secrets-manager.GetSecretValue", "secrets-manager.PutSecretValue", "ssm.GetParameter"]
)
def test_a_store_that_fails_makes_the_run_fail(stack: Deployment, call: str) -> None:
    stack.break_store(call)
    with pytest.raises(StoreUnavailable):
        run(stack)
