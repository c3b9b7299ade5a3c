"""Staging and production in one account, far from the region where all other tests run."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from local.environment import REGION
from local.paths import PROJECT
from local.payments import PaymentsClient
from tests.e2e.account import Account, Tenant
from tests.e2e.support import payment, wait_until
from tests.template import readme

ELSEWHERE = "af-south-1"
STAGING, PRODUCTION = "finconnect-staging", "finconnect-production"
MISMATCH = "PaymentMismatch"
# The first is the account's own; the name of the other lies within its API.
SHARED = {"ApiGatewayAccount", "Apiv1Stage"}


class Both(NamedTuple):
    """The account, its two stacks, and what `sam deploy --guided` asked for the first."""

    account: Account
    staging: Tenant
    production: Tenant
    asked: list[tuple[str, str]]
    configuration: Path


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Staging is deployed by a person who answers questions, production from a configuration."""
    configuration = tmp_path_factory.mktemp("guided") / "samconfig.toml"
    shutil.copy(PROJECT.samconfig, configuration)
    with Account(ELSEWHERE) as account:
        first, second = account.new_simulator("staging"), account.new_simulator("production")
        asked = guided(account, configuration, account.parameters(first))
        options = [f"{name}={value}" for name, value in account.parameters(second).items()]
        deployed = account.sam.run(
            *("deploy", "--template-file", account.template, "--region", ELSEWHERE),
            *("--config-file", str(PROJECT.samconfig), "--config-env", "production"),
            *("--no-confirm-changeset", "--parameter-overrides", *options),
        )
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        staging, production = account.tenant(STAGING, first), account.tenant(PRODUCTION, second)
        yield Both(account, staging, production, asked, configuration)


def guided(
    account: Account, configuration: Path, parameters: dict[str, str]
) -> list[tuple[str, str]]:
    answers = {f"Parameter {name}": value for name, value in parameters.items()}
    arguments = ["--template-file", account.template, "--config-file", str(configuration)]
    return account.sam.guided(
        arguments,
        {
            "Stack Name": STAGING,
            "AWS Region": ELSEWHERE,
            "PaymentsFunction has no authentication. Is this okay": "y",
            "WebhookFunction has no authentication. Is this okay": "y",
            "Deploy this changeset": "y",
            **answers,
        },
    )


def test_the_questions_are_those_of_the_readme(both: Both) -> None:
    asked = [question for question, _ in both.asked]
    assert asked == readme.questions()


def test_the_answers_are_kept_for_the_next_time(both: Both) -> None:
    saved = both.configuration.read_text(encoding="utf-8")
    assert f'stack_name = "{STAGING}"' in saved
    assert f'region = "{ELSEWHERE}"' in saved


def test_nothing_has_the_same_name(both: Both) -> None:
    ours, theirs = both.staging.resources(), both.production.resources()
    shared = {name for name, value in ours.items() if value == theirs.get(name)}
    assert shared <= SHARED
    assert len(ours) > 50


def test_everything_is_in_the_region_that_was_chosen(both: Both) -> None:
    for stack in (both.staging, both.production):
        text = json.dumps([*stack.resources().values(), *vars(stack.outputs).values()])
        assert REGION not in text
        assert f":{ELSEWHERE}:" in text


def test_each_takes_its_own_payments_and_tells_its_own_subscribers(both: Both) -> None:
    shared = payment()["externalId"]
    in_staging, in_production = payment(externalId=shared), payment(externalId=shared, amount=2500)
    for stack, wanted in ((both.staging, in_staging), (both.production, in_production)):
        assert stack.merchant.post(wanted).status_code == 202
    for stack, amount in ((both.staging, "1500"), (both.production, "2500")):
        told = stack.events.wait_for(shared, "payment.succeeded")
        assert told.data["amount"] == amount
        assert {event.data["amount"] for event in stack.events.of(shared)} == {amount}


def test_neither_opens_the_others_door(both: Both) -> None:
    with closing(PaymentsClient(both.production.payment_url, both.staging.api_key)) as stranger:
        assert stranger.post(payment()).status_code == 403
    secret = both.staging.webhook_url.rsplit("/", 1)[1]
    url = f"{both.production.webhook_url.rsplit('/', 1)[0]}/{secret}"
    callback = {"utilityref": "a", "externalreference": "b", "transactionstatus": "c"}
    answer = httpx.post(url, json={**callback, "operator": "d"}, trust_env=False)
    assert answer.status_code == 404


def test_what_goes_wrong_in_one_rings_in_that_one_alone(both: Both) -> None:
    sent = payment("never-answers")
    assert both.staging.merchant.post(sent).status_code == 202
    told = both.staging.send({"externalId": sent["externalId"], "tamper": "amount"})
    assert json.loads(told.text) == {"status": "mismatch"}
    wait_until("staging has counted it", lambda: both.account.counted(both.staging, MISMATCH) != [])

    (dimensions,) = both.account.counted(both.staging, MISMATCH)
    assert both.account.counted(both.production, MISMATCH) == []
    rings = {
        stack.name: alarm_of(both.account, stack, "PaymentMismatchAlarm")["dimensions"]
        for stack in (both.staging, both.production)
    }
    assert rings[STAGING] == [{"Name": "service", "Value": dimensions["service"]}]
    assert rings[PRODUCTION] != rings[STAGING]


def test_no_alarm_looks_at_the_other_stack(both: Both) -> None:
    for stack, other in ((both.staging, both.production), (both.production, both.staging)):
        alarms = alarms_of(both.account, stack)
        assert len(alarms) > 20
        assert [name for name, alarm in alarms.items() if other.name in json.dumps(alarm)] == []


def alarms_of(account: Account, stack: Tenant) -> dict[str, Any]:
    cloudwatch = account.aws.client("cloudwatch")
    names = [value for name, value in stack.resources().items() if name.endswith("Alarm")]
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNames=names)
    return {
        each["AlarmName"]: {"dimensions": each["Dimensions"], "actions": each["AlarmActions"]}
        | {key: each[key] for key in ("Namespace", "MetricName")}
        for page in pages
        for each in page["MetricAlarms"]
    }


def alarm_of(account: Account, stack: Tenant, logical_id: str) -> Any:  # noqa: ANN401 - JSON
    return alarms_of(account, stack)[stack.resources()[logical_id]]


def test_deleted_a_stack_leaves_its_books_and_the_other_stack(both: Both) -> None:
    account = both.account
    table = both.staging.outputs.table_name
    deleted = account.sam.run(
        "delete", "--stack-name", STAGING, "--no-prompts", "--region", ELSEWHERE
    )
    assert deleted.returncode == 0, deleted.stdout + deleted.stderr
    assert table in account.aws.dynamodb.list_tables()["TableNames"]

    assert both.production.merchant.post(payment()).status_code == 202
    again = account.sam.run(
        *("deploy", "--template-file", account.template, "--no-confirm-changeset"),
        *("--config-file", str(both.configuration)),
    )
    assert again.returncode == 0, again.stdout + again.stderr
    # (The emulator makes the same name of the same stack's, so the old table is taken again here.)
    anew = account.tenant(STAGING, both.staging.simulator)
    sent = payment()
    assert anew.merchant.post(sent).status_code == 202
    anew.events.wait_for(sent["externalId"], "payment.succeeded")
