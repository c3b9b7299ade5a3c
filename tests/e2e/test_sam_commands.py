"""The commands of `sam` that people use on a deployed stack."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from local.events import EventQueue
from local.paths import PROJECT
from tests.e2e.sam_terminal import SamTerminal
from tests.e2e.support import World, payment, wait_until
from tests.template.documents import read_template

# The payment of the files.
ORDER = "order-1001"
NOT_FOUND = {"statusCode": 404, "code": "not_found"}
ROUTES = {
    "/payments/azampay['post']",
    "/payments/azampay/{externalId}['get']",
    "/webhooks/azampay/{secret}['post']",
}
# The URLs of the files have no stack's secret, and their signatures are of a key for tests.
WAITING = "059f36b4-87a3-44ab-83d2-661975830a7d"
ANSWERS: dict[str, dict[str, Any]] = {
    "payment-post": {"statusCode": 202},
    "payment-post-invalid": {"statusCode": 400, "code": "invalid_payment"},
    "payment-get": {"statusCode": 200},
    "callback-success": NOT_FOUND,
    "callback-failure": NOT_FOUND,
    "callback-unsigned": NOT_FOUND,
    "callback-forged": NOT_FOUND,
    # Signed with a key for tests: the queue would keep it for another try.
    "callback-deferred": {"batchItemFailures": [{"itemIdentifier": WAITING}]},
    "schedule": {"public_key": "current"},
    "reconcile-schedule": {},
    "stream-batch": {"batchItemFailures": []},
}
ROW = re.compile(r"^\| `([a-z-]+)\.json` \| `(\w+)` \|", re.MULTILINE)


@pytest.fixture
def sam(world: World, tmp_path: Path) -> SamTerminal:
    return SamTerminal(world.stack.aws.endpoint, tmp_path)


def test_list_endpoints_shows_the_api_and_its_routes(world: World, sam: SamTerminal) -> None:
    listed = json.loads(said(sam, "list", "endpoints", "--stack-name", world.stack.name, *AS_JSON))
    (api,) = [each for each in listed if each["LogicalResourceId"] == "Api"]
    assert api["CloudEndpoint"] == [world.stack.outputs.api_url]
    assert set(api["Methods"]) == ROUTES


def test_list_shows_every_output_and_resource(world: World, sam: SamTerminal) -> None:
    name = world.stack.name
    outputs = json.loads(said(sam, "list", "stack-outputs", "--stack-name", name, *AS_JSON))
    assert {each["OutputKey"] for each in outputs} == set(read_template()["Outputs"])
    resources = json.loads(said(sam, "list", "resources", "--stack-name", name, *AS_JSON))
    assert "PaymentsTable" in {each["LogicalResourceId"] for each in resources}


def test_logs_finds_a_functions_own_log_group(world: World, sam: SamTerminal) -> None:
    sent = payment("never-answers")
    assert world.merchant.post(sent).status_code == 202
    wait_until(
        "the payment is in the log",
        lambda: sent["externalId"] in world.log_of("PaymentsLogGroup"),
    )
    fact = ("--filter", sent["externalId"])
    by_function = said(
        sam, "logs", "--stack-name", world.stack.name, "-n", "PaymentsFunction", *fact
    )
    by_group = said(sam, "logs", "--cw-log-group", world.resource("PaymentsLogGroup"), *fact)
    for printed in (
        by_function,
        by_group,
        said(sam, "logs", "--stack-name", world.stack.name, *fact),
    ):
        assert f"azampay/{sent['externalId']}" in printed
        assert "payment_recorded" in printed


def test_logs_names_the_functions_when_it_is_asked_for_another(
    world: World, sam: SamTerminal
) -> None:
    asked = sam.run("logs", "--stack-name", world.stack.name, "-n", "Payments")
    assert asked.returncode == 1
    assert "PaymentsFunction" in asked.stderr + asked.stdout


def test_remote_invoke_takes_every_file_of_events(
    world: World, sam: SamTerminal, events: EventQueue
) -> None:
    files = dict(ROW.findall((PROJECT.root / "events" / "README.md").read_text(encoding="utf-8")))
    assert files.keys() == ANSWERS.keys()
    forget(world, ORDER)
    for name, wanted in ANSWERS.items():
        answer = invoked(world, sam, files[name], name)
        assert {**answer, **wanted} == answer, name
    wait_until("the batch's events are there", lambda: ids_of(events) >= ids_in_the_batch())


def forget(world: World, external_id: str) -> None:
    """Takes a payment out of the ledger: other tests post the description's examples too."""
    table = world.stack.outputs.table_name
    kinds = ("PAYMENT", "EVENT#", "CALLBACK#")
    for item in (item for kind in kinds for item in world.items_of(external_id, kind)):
        key = {name: item[name] for name in ("pk", "sk")}
        world.stack.aws.dynamodb.delete_item(TableName=table, Key=key)


def ids_of(events: EventQueue) -> set[str]:
    events.poll(0)
    return {event.id for event in events.of(ORDER)}


def ids_in_the_batch() -> set[str]:
    batch = json.loads((PROJECT.root / "events" / "stream-batch.json").read_text(encoding="utf-8"))
    keys = [record["dynamodb"]["Keys"]["sk"]["S"] for record in batch["Records"]]
    return {key.removeprefix("EVENT#") for key in keys}


def invoked(world: World, sam: SamTerminal, function: str, name: str) -> dict[str, Any]:
    """What a function answered to one of the files, its body's code beside its status."""
    printed = said(
        *(sam, "remote", "invoke", function, "--stack-name", world.stack.name),
        *("--event-file", f"events/{name}.json"),
    )
    answer: dict[str, Any] = json.loads(printed)
    return answer | ({"code": json.loads(answer["body"]).get("code")} if "body" in answer else {})


AS_JSON = ("--output", "json")


def said(sam: SamTerminal, *arguments: str) -> str:
    done = sam.run(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
