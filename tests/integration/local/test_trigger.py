"""`make trigger`: the callback, the answer, and the ledger, for a local and a deployed stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import boto3
import pytest

import local.trigger
from finconnect.payments.aws.dynamodb_ledger import DynamoDBLedger
from local.callback_orders import other_secret
from local.errors import NotRunning
from local.target import Target
from local.trigger import main
from ops.stack import Stack
from simulator.server import SimulatorServer
from tests.fakes.builders import KEY, MSISDN, a_payment
from tests.integration.local.conftest import STACK, Deployed
from tests.integration.simulator.harness import (
    PATH_SECRET,
    Merchant,
    Webhook,
    number,
    quick_settings,
)
from tests.integration.simulator.verification import verifies


@pytest.fixture
def server(webhook: Webhook) -> Iterator[SimulatorServer]:
    with SimulatorServer(quick_settings(callback_url=webhook.url)) as running:
        yield running


@pytest.fixture
def running(
    server: SimulatorServer, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> SimulatorServer:
    """The stack of `make run`: here its simulator is real, and the rest is moto's."""

    def find(name: str | None) -> Target:
        return Target(Stack(name or STACK), None if name else server.base_url)

    monkeypatch.setattr(local.trigger, "find_target", find)
    return server


@pytest.fixture
def recorded(deployed: Deployed) -> str:
    """A payment in the ledger; its externalId."""
    DynamoDBLedger(boto3.client("dynamodb"), deployed.table).open(a_payment())
    return KEY.external_id


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    return lambda: "".join(capsys.readouterr())


def prompted(server: SimulatorServer, reference: str) -> None:
    """Somebody who never answers has been asked."""
    merchant = Merchant(server)
    with merchant.http:
        merchant.checkout(number(6), externalId=reference)


def test_the_payment_prompted_last_is_told_of(
    running: SimulatorServer, webhook: Webhook, printed: Callable[[], str]
) -> None:
    prompted(running, "FIRST")
    prompted(running, "LAST")
    assert main([]) == 0
    (callback,) = webhook.wait_for(1)
    assert callback.fields["utilityref"] == "LAST"
    assert verifies(running.public_key_pem, callback.fields)
    text = printed()
    assert callback.body.decode() in text
    assert 'Answered 200: {"status":"recorded"}' in text
    assert "no payment and no callback with externalId LAST" in text
    assert PATH_SECRET not in text


def test_several_times_tampered(running: SimulatorServer, webhook: Webhook) -> None:
    prompted(running, "A-1")
    assert main(["--event", "failure", "--tamper", "amount", "--times", "3", "--ref", "A-1"]) == 0
    assert [c.fields["amount"] for c in webhook.wait_for(3)] == ["60001"] * 3


def test_a_wrong_secret_in_the_url(
    running: SimulatorServer, webhook: Webhook, printed: Callable[[], str]
) -> None:
    prompted(running, "A-1")
    assert main(["--tamper", "url-secret"]) == 0
    (callback,) = webhook.wait_for(1)
    assert callback.path != f"/webhooks/azampay/{PATH_SECRET}"
    assert callback.path[:-1] == f"/webhooks/azampay/{PATH_SECRET}"[:-1]
    assert PATH_SECRET[:-1] not in printed()


def test_a_payment_that_only_the_ledger_knows(
    running: SimulatorServer, webhook: Webhook, recorded: str, printed: Callable[[], str]
) -> None:
    assert main(["--ref", recorded]) == 0
    (callback,) = webhook.wait_for(1)
    assert callback.fields["utilityref"] == recorded
    assert callback.fields["msisdn"] == MSISDN
    assert f"azampay/{recorded}" in printed()


def test_another_url_asks_no_ledger(
    running: SimulatorServer, webhook: Webhook, printed: Callable[[], str]
) -> None:
    prompted(running, "A-1")
    with Webhook() as other:
        assert main(["--url", other.url]) == 0
        other.wait_for(1)
    assert webhook.received == []
    assert "no ledger is asked" in printed()


def test_no_answer_is_a_failure(running: SimulatorServer, printed: Callable[[], str]) -> None:
    prompted(running, "A-1")
    assert main(["--url", "http://127.0.0.1:9/x"]) == 1
    assert "No answer: ConnectError" in printed()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "nobody was prompted yet"),
        (["--ref", "UNKNOWN"], "knows a payment UNKNOWN"),
        (["--times", "0", "--ref", "A-1"], "times"),
        (["--url", "nowhere", "--ref", "A-1"], "absolute"),
    ],
)
def test_what_cannot_be_sent_is_said(
    running: SimulatorServer,
    webhook: Webhook,
    printed: Callable[[], str],
    arguments: list[str],
    text: str,
) -> None:
    if "A-1" in arguments:
        prompted(running, "A-1")
    assert main(arguments) == 2
    assert text in printed()
    assert webhook.received == []


def test_a_lie_that_does_not_exist_names_those_that_do(printed: Callable[[], str]) -> None:
    with pytest.raises(SystemExit):
        main(["--tamper", "everything"])
    assert "choose from 'amount', 'network', " in printed()


def test_a_deployed_stack_gets_it_from_this_machine(
    running: SimulatorServer, webhook: Webhook, recorded: str, printed: Callable[[], str]
) -> None:
    assert main(["--stack", STACK, "--ref", recorded, "--seed", "1"]) == 0
    (callback,) = webhook.wait_for(1)
    assert callback.path == f"/webhooks/azampay/{PATH_SECRET}"
    # The key of a seed is the same wherever it is made.
    with SimulatorServer(quick_settings(seed=1)) as same:
        assert verifies(same.public_key_pem, callback.fields)
    text = printed()
    assert "which a deployed stack does not know" in text
    assert PATH_SECRET not in text


def test_an_unsigned_one_needs_no_explanation(
    running: SimulatorServer, webhook: Webhook, recorded: str, printed: Callable[[], str]
) -> None:
    assert main(["--stack", STACK, "--ref", recorded, "--tamper", "unsigned"]) == 0
    assert "signature" not in webhook.wait_for(1)[0].fields
    assert "does not know" not in printed()


@pytest.mark.parametrize("environment", ["production"])
def test_production_is_left_alone(
    running: SimulatorServer, webhook: Webhook, recorded: str, printed: Callable[[], str]
) -> None:
    assert main(["--stack", STACK, "--ref", recorded]) == 2
    assert "production" in printed()
    assert webhook.received == []


def test_without_a_stack_it_says_how_to_start_one(
    monkeypatch: pytest.MonkeyPatch, printed: Callable[[], str]
) -> None:
    def find(_: str | None) -> Target:
        raise NotRunning("start one with `make run`")

    monkeypatch.setattr(local.trigger, "find_target", find)
    assert main([]) == 2
    assert "make run" in printed()


def test_another_secret_differs_in_one_character() -> None:
    for url in ("http://h/webhooks/azampay/secretA", "http://h/webhooks/azampay/secretZ"):
        other = other_secret(url)
        assert other != url
        assert other[:-1] == url[:-1]
