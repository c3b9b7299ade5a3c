"""What webhook can no longer do without one of its rights.

Where the ledger refuses, a callback is answered 503 and also kept in the queue: once the right is
back, it settles its payment without having been sent again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.e2e.missing.grant import Grant, Proofs, Without
from tests.e2e.support import World, wait_until

ROLE = "WebhookRole"
QUEUE = "CallbackQueue"
QUEUE_REFUSES = "the callback queue cannot be written"


def record_a_success(world: World, without: Without) -> None:
    paid = world.prompted()["externalId"]
    with without():
        assert world.callback(paid).status_code == 503
    assert world.state_of(paid)["status"] == "pending"
    world.await_status(paid, "succeeded")


def record_what_changes_nothing(world: World, without: Without) -> None:
    paid = world.prompted()["externalId"]
    with without():
        assert world.callback(paid, tamper="amount").status_code == 503
        assert world.items_of(paid, "CALLBACK#") == []
    wait_until("it is recorded", lambda: world.items_of(paid, "CALLBACK#") != [])
    assert world.items_of(paid, "CALLBACK#")[0]["disposition"]["S"] == "mismatch"


def read_the_url_secret(world: World, without: Without) -> None:
    paid = world.prompted()["externalId"]
    # Its workers begin anew, so that none remembers the secret.
    with without(), world.environment("WebhookFunction", FORGOTTEN="secret"):
        assert world.callback(paid).status_code == 503
        assert world.items_of(paid, "CALLBACK#") == []
    assert world.callback(paid).json() == {"status": "applied"}


def read_the_key(world: World, without: Without) -> None:
    paid = world.prompted()["externalId"]
    with without(), world.environment("WebhookFunction", FORGOTTEN="key"):
        assert world.callback(paid).status_code == 503
        assert world.state_of(paid)["status"] == "pending"
    world.await_status(paid, "succeeded")


def have_the_key_fetched(world: World, without: Without) -> None:
    paid = world.prompted()["externalId"]
    with no_key_yet(world):
        with without():
            assert world.callback(paid).json() == {"status": "deferred"}
        world.key_is_due()
        world.await_status(paid, "succeeded")
    with no_key_yet(world):
        other = world.prompted()["externalId"]
        assert world.callback(other).json() == {"status": "applied"}


def keep_a_callback_for_later(world: World, without: Without) -> None:
    paid = world.prompted()["externalId"]
    with world.without_key():
        with without():
            assert world.callback(paid).status_code == 503
        assert world.callback(paid).json() == {"status": "deferred"}
    world.await_status(paid, "succeeded")


def say_when_a_callback_is_due_again(world: World, without: Without) -> None:
    paid = world.prompted()["externalId"]
    with world.without_key(), without():
        assert world.callback(paid).json() == {"status": "deferred"}
        wait_until("the queue refused", lambda: QUEUE_REFUSES in log(world))
    # It would be tried again after the queue's own two minutes, which are not waited for.
    sqs: Any = world.stack.aws.sqs
    sqs.purge_queue(QueueUrl=world.resource(QUEUE))
    refusals, failures = (log(world).count(text) for text in (QUEUE_REFUSES, "message_failed"))
    other = world.prompted()["externalId"]
    with world.without_key():
        assert world.callback(other).json() == {"status": "deferred"}
        wait_until("it was tried", lambda: log(world).count("message_failed") > failures)
    world.await_status(other, "succeeded")
    assert log(world).count(QUEUE_REFUSES) == refusals


@contextmanager
def no_key_yet(world: World) -> Iterator[None]:
    """Inside, the stack has no key and may fetch one from the provider, which is there."""
    name = world.stack.outputs.public_key_parameter_name
    ssm: Any = world.stack.aws.client("ssm")
    ssm.put_parameter(Name=name, Value="{}", Type="String", Overwrite=True)
    world.key_is_due()
    with world.environment("WebhookFunction", FORGOTTEN="key"):
        yield
    world.key_is_due()


def log(world: World) -> str:
    return world.log_of("WebhookLogGroup")


PROOFS: Proofs = {
    Grant(ROLE, "KeepLedger", "dynamodb:GetItem", "PaymentsTable"): record_a_success,
    Grant(ROLE, "KeepLedger", "dynamodb:PutItem", "PaymentsTable"): record_a_success,
    Grant(ROLE, "KeepLedger", "dynamodb:UpdateItem", "PaymentsTable"): record_a_success,
    Grant(
        ROLE, "KeepLedger", "dynamodb:ConditionCheckItem", "PaymentsTable"
    ): record_what_changes_nothing,
    Grant(
        ROLE, "ReadUrlSecret", "secretsmanager:GetSecretValue", "WebhookSecret"
    ): read_the_url_secret,
    Grant(ROLE, "ReadPublicKey", "ssm:GetParameter", "PublicKeyParameter"): read_the_key,
    Grant(
        ROLE, "AskForPublicKey", "lambda:InvokeFunction", "TokenRefreshFunction"
    ): have_the_key_fetched,
    Grant(ROLE, "KeepCallbacksForLater", "sqs:SendMessage", QUEUE): keep_a_callback_for_later,
    Grant(
        ROLE, "KeepCallbacksForLater", "sqs:ChangeMessageVisibility", QUEUE
    ): say_when_a_callback_is_due_again,
}
