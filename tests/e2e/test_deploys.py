"""Deployments over payments in flight: a new release, a rollback of it, and a changed parameter."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from botocore.exceptions import ClientError

from local.events import EventQueue
from local.functions import ALIAS
from local.progress import Console, style_for
from local.signals import stopping_in_order
from local.stack import LocalStack
from tests.e2e.support import World, payment, wait_until

SUCCEEDED: Final = "payment.succeeded"
SCHEMA: Final = Path("finconnect/payments/schema.py")
HTTP_FUNCTIONS: Final = ("PaymentsFunction", "WebhookFunction")
PARAMETERS: Final = {"CallbackRetryDelays": "1,5,5,5"}


@pytest.fixture(scope="module")
def own_stack() -> Iterator[LocalStack]:
    """A stack of this file's own, since it is deployed over."""
    progress = Console(sys.stdout, style_for(sys.stdout))
    with (
        stopping_in_order(),
        LocalStack(progress=progress, callback_delay=0.3, parameters=PARAMETERS) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def told(own_stack: LocalStack) -> EventQueue:
    return own_stack.subscribe()


@pytest.fixture
def shop(own_stack: LocalStack, told: EventQueue) -> Iterator[World]:
    _ = told
    with closing(World(own_stack)) as made:
        yield made


class Releases:
    """The releases of the layer: the one that was built, and one whose schema is newer."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        (self._file,) = stack.folder.build.rglob(str(SCHEMA))
        self._built = self._file.read_text(encoding="utf-8")

    def deploy(self, schema: int) -> None:
        """Deploy the release that writes this version; nothing but the layer differs."""
        newer = self._built.replace("Final = 1\n", f"Final = {schema}\n")
        # The file has a second name in the cache of `sam build`: only this one changes.
        self._file.unlink()
        self._file.write_text(newer, encoding="utf-8")
        self._stack.deploy_again()


@pytest.fixture(scope="module")
def releases(own_stack: LocalStack) -> Releases:
    return Releases(own_stack)


def versions(shop: World) -> dict[str, str]:
    """The version that each alias points at."""
    client = shop.stack.aws.lambda_
    return {
        name: client.get_alias(FunctionName=shop.resource(name), Name=ALIAS)["FunctionVersion"]
        for name in HTTP_FUNCTIONS
    }


def schema_of(shop: World, external_id: str) -> str:
    (item,) = shop.items_of(external_id, "PAYMENT")
    return str(item["schema"]["N"])


def test_a_release_settles_what_the_one_before_it_began_and_can_be_taken_back(
    shop: World, told: EventQueue, releases: Releases
) -> None:
    of_the_old = shop.prompted()["externalId"]
    first = versions(shop)

    releases.deploy(schema=2)
    second = versions(shop)
    assert all(second[name] != first[name] for name in HTTP_FUNCTIONS)
    assert shop.callback(of_the_old).status_code == 200
    told.wait_for(of_the_old, SUCCEEDED)
    assert schema_of(shop, of_the_old) == "2"

    # Taken back with a payment in flight, which the old release does not understand.
    of_the_new = shop.prompted()["externalId"]
    assert schema_of(shop, of_the_new) == "2"
    releases.deploy(schema=1)
    assert all(versions(shop)[name] not in (first[name], second[name]) for name in HTTP_FUNCTIONS)
    assert shop.merchant.get(of_the_new).status_code == 503
    assert shop.callback(of_the_new).status_code == 503
    assert shop.items_of(of_the_new, "CALLBACK#") == []
    wait_until("the callback waits", lambda: shop.messages_in("CallbackQueue") == 1)

    # What the old release begins goes its way meanwhile.
    another = payment()
    assert shop.merchant.post(another).status_code == 202
    told.wait_for(another["externalId"], SUCCEEDED)

    # Forward again: the callback was kept, and settles the payment without being sent again.
    releases.deploy(schema=2)
    told.wait_for(of_the_new, SUCCEEDED, seconds=60)
    assert shop.state_of(of_the_new)["status"] == "succeeded"
    wait_until("the queue is empty", lambda: shop.messages_in("CallbackQueue") == 0)
    assert shop.messages_in("CallbackDeadLetterQueue") == 0


def test_a_parameter_that_is_changed_reaches_the_version_that_is_invoked(
    shop: World, releases: Releases
) -> None:
    _ = releases
    paid = shop.prompted()["externalId"]
    before = versions(shop)
    assert shop.callback(paid, tamper="unsigned").status_code == 401

    shop.stack.deploy_again({"UnsignedCallbacks": "accept"})
    after = versions(shop)
    assert after["WebhookFunction"] != before["WebhookFunction"]
    assert after["PaymentsFunction"] == before["PaymentsFunction"]
    assert shop.callback(paid, tamper="unsigned").status_code == 200
    shop.await_status(paid, "succeeded")


def test_functions_start_from_a_snapshot_where_it_was_asked_for(
    shop: World, told: EventQueue
) -> None:
    shop.stack.deploy_again({"SnapStart": "on"})
    client = shop.stack.aws.lambda_
    for name in HTTP_FUNCTIONS:
        found = client.get_function_configuration(FunctionName=shop.resource(name), Qualifier=ALIAS)
        assert found["SnapStart"] == {
            "ApplyOn": "PublishedVersions",
            "OptimizationStatus": "On",
        }
    paid = payment()
    assert shop.merchant.post(paid).status_code == 202
    told.wait_for(paid["externalId"], SUCCEEDED)


def test_a_stack_is_kept_and_when_it_goes_the_books_and_the_secrets_stay(shop: World) -> None:
    # The last test of this file: the stack is gone afterwards.
    aws, name, outputs = shop.stack.aws, shop.stack.name, shop.stack.outputs
    aws.cloudformation.update_termination_protection(
        StackName=name, EnableTerminationProtection=True
    )
    with pytest.raises(ClientError, match="TerminationProtection"):
        aws.cloudformation.delete_stack(StackName=name)
    assert shop.merchant.get("nobody").status_code == 404

    aws.cloudformation.update_termination_protection(
        StackName=name, EnableTerminationProtection=False
    )
    aws.cloudformation.delete_stack(StackName=name)
    aws.cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    assert aws.dynamodb.scan(TableName=outputs.table_name, Limit=1)["Items"]
    for secret in (outputs.credentials_secret_name, outputs.webhook_secret_name):
        assert aws.secretsmanager.get_secret_value(SecretId=secret)["SecretString"]
    with pytest.raises(ClientError):
        aws.secretsmanager.get_secret_value(SecretId=outputs.token_secret_name)
