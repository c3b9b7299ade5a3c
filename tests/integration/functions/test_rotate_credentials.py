"""AzamPay's credentials, replaced by command: tried first, put into use only if they are good."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError

from finconnect.payments.aws import clients
from ops.credentials import read_credentials, replace_credentials, restore_credentials
from ops.stack import StackError
from tests.fakes.builders import a_payload
from tests.fakes.known_stack import KnownStack
from tests.integration.functions.deployment import (
    CREDENTIALS,
    INVOKE,
    TOKEN_REFRESH,
    Deployment,
    invocations_of,
)
from tests.integration.functions.standin import Says, Seen, StandIn

NEW = {"appName": "Shop", "clientId": "new-client", "clientSecret": "new-secret-canary"}
REFUSED = Says(423, {"data": None, "message": "Provided detail is not valid", "success": False})


@pytest.fixture
def known(stack: Deployment, monkeypatch: pytest.MonkeyPatch) -> KnownStack:
    """The stack as the commands find it, with a token by its first credentials."""
    # The commands make a client of their own to invoke a function: it begins with these handlers.
    session = boto3.Session()
    session.events.register(INVOKE, invocations_of(stack))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    stack.handle("token_refresh", {})
    outputs = {"CredentialsSecretName": "credentials", "TokenRefreshFunctionName": TOKEN_REFRESH}
    return KnownStack("finconnect-sandbox", known=outputs)


@pytest.fixture
def new(tmp_path: Path) -> str:
    return written(tmp_path, NEW)


def written(folder: Path, values: object) -> str:
    file = folder / "azampay.json"
    file.write_text(json.dumps(values), encoding="utf-8")
    return str(file)


def labels() -> Mapping[str, dict[str, str]]:
    """What each label of the credentials stands for."""
    client = clients.secretsmanager()
    versions = client.describe_secret(SecretId="credentials")["VersionIdsToStages"]
    return {
        label: json.loads(
            client.get_secret_value(SecretId="credentials", VersionId=version)["SecretString"]
        )
        for version, found in versions.items()
        for label in found
    }


def takes_only(provider: StandIn, accepted: Mapping[str, str], token: str) -> None:
    """From now on AzamPay gives a token for these credentials and for no others."""
    granted = {"accessToken": token, "expire": "2099-01-01T00:00:00Z"}

    def answer(seen: Seen) -> Says:
        if json.loads(seen.body)["clientSecret"] != accepted["clientSecret"]:
            return REFUSED
        return Says(200, {"data": granted, "success": True, "statusCode": 200})

    provider.on_token = answer


def test_new_credentials_bring_a_token_at_once_and_the_old_ones_are_kept(
    stack: Deployment, provider: StandIn, known: KnownStack, new: str
) -> None:
    takes_only(provider, NEW, "token-by-the-new-ones")
    lines = list(replace_credentials(known, new))

    assert stack.secret("token")["access_token"] == "token-by-the-new-ones"
    assert labels() == {"AWSCURRENT": NEW, "AWSPREVIOUS": CREDENTIALS}
    assert lines[-1] == f"delete {new} now"
    assert not any(value in line for line in lines for value in NEW.values())


def test_credentials_that_azampay_refuses_are_never_in_use(
    stack: Deployment, provider: StandIn, known: KnownStack, new: str
) -> None:
    before = labels()
    takes_only(provider, CREDENTIALS, "token-by-the-old-ones")
    with pytest.raises(StackError, match=r"old credentials stay in use.*Provided detail") as caught:
        list(replace_credentials(known, new))

    assert "canary" not in str(caught.value)
    assert labels() == before
    assert stack.secret("token")["access_token"] == provider.token
    assert stack.post(a_payload())["statusCode"] == 202


def test_a_refusal_on_trial_rings_no_alarm(
    provider: StandIn,
    known: KnownStack,
    new: str,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    provider.on_token = lambda _: REFUSED
    caplog.clear()
    capsys.readouterr()
    with pytest.raises(StackError):
        list(replace_credentials(known, new))
    facts = {record.message for record in caplog.records}
    assert facts == {"provider_called", "credentials_not_taken"}
    assert "TokenRefreshFailed" not in capsys.readouterr().out


@pytest.mark.parametrize("says", [Says(None), Says(503)])
def test_an_azampay_that_is_not_there_leaves_the_old_ones(
    known: KnownStack, provider: StandIn, new: str, says: Says
) -> None:
    before = labels()
    provider.on_token = lambda _: says
    with pytest.raises(StackError, match="stay in use"):
        list(replace_credentials(known, new))
    assert labels() == before


def test_a_token_refresh_that_fails_leaves_the_old_ones(
    stack: Deployment, known: KnownStack, new: str
) -> None:
    before = labels()
    mend = stack.break_store("secrets-manager.GetSecretValue")
    with pytest.raises(StackError, match="nothing was changed"):
        list(replace_credentials(known, new))
    mend()
    assert labels() == before


@pytest.mark.parametrize(
    "release",
    [
        pytest.param({"token": "refreshed", "public_key": "current"}, id="knows of no trials"),
        pytest.param({"token": "refreshed"}, id="tries, and does not say what"),
        pytest.param({"trial": "taken", "version": "another"}, id="tried another version"),
    ],
)
def test_what_was_not_tried_is_never_in_use(
    known: KnownStack, new: str, monkeypatch: pytest.MonkeyPatch, release: Mapping[str, str]
) -> None:
    before = labels()
    answers_instead(monkeypatch, lambda _: release)
    with pytest.raises(StackError, match=r"the old credentials stay in use.*deploy first"):
        list(replace_credentials(known, new))
    assert labels() == before


def test_of_two_persons_at_once_each_puts_into_use_only_what_was_tried(
    stack: Deployment,
    provider: StandIn,
    known: KnownStack,
    tmp_path: Path,
    new: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    theirs = NEW | {"clientSecret": "their-secret"}
    takes_only(provider, NEW, "token-by-ours")

    def while_ours_are_tried(request: object) -> object:
        # Their put takes the label from ours, and ours are tried all the same.
        clients.secretsmanager().put_secret_value(
            SecretId="credentials", SecretString=json.dumps(theirs), VersionStages=["AWSPENDING"]
        )
        return stack.handle("token_refresh", cast("dict[str, object]", request))

    answers_instead(monkeypatch, while_ours_are_tried)
    with pytest.raises(StackError, match="somebody else is replacing them"):
        list(replace_credentials(known, new))
    assert labels() == {"AWSCURRENT": CREDENTIALS, "AWSPENDING": theirs} | previous()
    assert json.loads(provider.logins[-1].body)["clientSecret"] == NEW["clientSecret"]


def test_a_refusal_does_not_end_the_trial_of_somebody_else(
    known: KnownStack, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused_meanwhile(_: object) -> object:
        clients.secretsmanager().put_secret_value(
            SecretId="credentials", SecretString="{}", VersionStages=["AWSPENDING"]
        )
        return {"trial": "refused", "reason": "no"}

    answers_instead(monkeypatch, refused_meanwhile)
    with pytest.raises(StackError, match="stay in use"):
        list(replace_credentials(known, new))
    assert labels()["AWSPENDING"] == {}


def test_a_trial_without_an_answer_says_how_it_stands_and_can_be_run_again(
    provider: StandIn, known: KnownStack, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(_: object) -> object:
        raise ReadTimeoutError(endpoint_url="https://lambda")

    with monkeypatch.context() as patch:
        answers_instead(patch, nothing)
        with pytest.raises(StackError, match=r"old credentials stay in use.*AWSPENDING.*again"):
            list(replace_credentials(known, new))
    assert labels()["AWSCURRENT"] == CREDENTIALS
    takes_only(provider, NEW, "token-by-the-new-ones")
    list(replace_credentials(known, new))
    assert labels() == {"AWSCURRENT": NEW, "AWSPREVIOUS": CREDENTIALS}


def answers_instead(patch: pytest.MonkeyPatch, answer: Callable[[object], object]) -> None:
    """Let something else answer in the place of token_refresh."""

    def invoke(params: dict[str, Any], **_: object) -> tuple[object, dict[str, object]]:
        result = io.BytesIO(json.dumps(answer(json.loads(params["body"]))).encode())
        return SimpleNamespace(status_code=200), {"StatusCode": 200, "Payload": result}

    session = boto3.Session()
    session.events.register(INVOKE, cast("Callable[..., None]", invoke))
    patch.setattr(boto3, "DEFAULT_SESSION", session)


def previous() -> dict[str, object]:
    """What the label of the credentials of before stands for, where there are any."""
    return {label: value for label, value in labels().items() if label == "AWSPREVIOUS"}


def test_a_replacement_that_was_broken_off_can_be_begun_again(
    provider: StandIn, known: KnownStack, new: str
) -> None:
    clients.secretsmanager().put_secret_value(
        SecretId="credentials", SecretString="{}", VersionStages=["AWSPENDING"]
    )
    takes_only(provider, NEW, "token-by-the-new-ones")
    list(replace_credentials(known, new))
    assert labels() == {"AWSCURRENT": NEW, "AWSPREVIOUS": CREDENTIALS}


def test_one_can_go_back_and_forth(provider: StandIn, known: KnownStack, new: str) -> None:
    list(replace_credentials(known, new))
    list(restore_credentials(known))
    assert labels() == {"AWSCURRENT": CREDENTIALS, "AWSPREVIOUS": NEW}
    assert json.loads(provider.logins[-1].body)["clientSecret"] == CREDENTIALS["clientSecret"]


def test_one_can_go_back_after_a_replacement_was_broken_off(
    provider: StandIn, known: KnownStack, new: str
) -> None:
    list(replace_credentials(known, new))
    clients.secretsmanager().put_secret_value(
        SecretId="credentials", SecretString="{}", VersionStages=["AWSPENDING"]
    )
    list(restore_credentials(known))
    assert json.loads(provider.logins[-1].body)["clientSecret"] == CREDENTIALS["clientSecret"]
    assert labels() == {"AWSCURRENT": CREDENTIALS, "AWSPREVIOUS": NEW}


def test_without_previous_credentials_there_is_nothing_to_go_back_to(known: KnownStack) -> None:
    client = clients.secretsmanager()
    versions = client.describe_secret(SecretId="credentials")["VersionIdsToStages"]
    for version, found in versions.items():
        if "AWSPREVIOUS" in found:
            client.update_secret_version_stage(
                SecretId="credentials", VersionStage="AWSPREVIOUS", RemoveFromVersionId=version
            )
    before = labels()
    with pytest.raises(StackError, match="no previous credentials"):
        list(restore_credentials(known))
    assert labels() == before


def test_one_does_not_go_back_to_what_azampay_refuses(
    provider: StandIn, known: KnownStack, new: str
) -> None:
    list(replace_credentials(known, new))
    takes_only(provider, NEW, "token")
    with pytest.raises(StackError, match="stay in use"):
        list(restore_credentials(known))
    assert labels() == {"AWSCURRENT": NEW, "AWSPREVIOUS": CREDENTIALS}


def test_a_payment_in_flight_with_the_old_token_is_sent_once_with_the_new_one(
    stack: Deployment, provider: StandIn, known: KnownStack, new: str
) -> None:
    assert stack.post(a_payload(externalId="before"))["statusCode"] == 202
    takes_only(provider, NEW, "token-by-the-new-ones")
    list(replace_credentials(known, new))

    def only_the_new(seen: Seen) -> Says:
        good = seen.headers["Authorization"].endswith("token-by-the-new-ones")
        answer = {"transactionId": "t", "message": "Sent", "success": True}
        return Says(200, answer) if good else Says(401)

    provider.on_checkout = only_the_new
    sent_before = len(provider.checkouts)
    # The container still has the old token in memory.
    assert stack.post(a_payload(externalId="after"))["statusCode"] == 202
    assert len(provider.checkouts) - sent_before == 2  # turned away once, taken once


def faulty() -> Iterator[tuple[object, str]]:
    yield [], "JSON object"
    yield {}, "appName is missing; clientId is missing; clientSecret is missing"
    yield NEW | {"clientSecret": "REPLACE_ME"}, "clientSecret is still a placeholder"
    yield NEW | {"clientSecret": " ... "}, "clientSecret is still a placeholder"
    yield NEW | {"appName": ""}, "appName is still a placeholder"
    yield NEW | {"clientId": 7}, "clientId must be a text"
    yield NEW | {"client_secret": "x"}, "'client_secret' is not known"
    yield NEW | {"apiKey": "REPLACE_ME"}, "apiKey is still a placeholder"


@pytest.mark.parametrize(("values", "why"), list(faulty()))
def test_a_faulty_file_changes_nothing_and_the_fault_is_named(
    provider: StandIn, known: KnownStack, tmp_path: Path, values: object, why: str
) -> None:
    before, logins = labels(), len(provider.logins)
    with pytest.raises(StackError) as caught:
        list(replace_credentials(known, written(tmp_path, values)))
    assert why in str(caught.value)
    assert "canary" not in str(caught.value)
    assert (labels(), len(provider.logins)) == (before, logins)


@pytest.mark.parametrize("text", ['{"clientSecret": "canary"', '{"a": "canary", "a": "canary"}'])
def test_what_cannot_be_read_is_not_quoted(tmp_path: Path, text: str) -> None:
    file = tmp_path / "azampay.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StackError) as caught:
        read_credentials(str(file))
    assert "canary" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"nothing\.json cannot be read"):
        read_credentials(str(tmp_path / "nothing.json"))


def test_standard_input_will_do_and_spaces_are_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(NEW | {"apiKey": " key\n"})))
    assert read_credentials("-") == NEW | {"apiKey": "key"}
