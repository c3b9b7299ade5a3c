"""What payments can no longer do without one of its rights."""

from typing import Any

import httpx

from tests.e2e.missing.grant import Grant, Proofs, Without
from tests.e2e.support import World, payment, wait_until

ROLE = "PaymentsRole"


def record_it(world: World, without: Without) -> None:
    wanted = payment("never-answers")
    with without():
        unavailable(world.merchant.post(wanted))
        assert world.items_of(wanted["externalId"], "PAYMENT") == []
        assert checkouts(world, wanted) == 0
    assert world.merchant.post(wanted).status_code == httpx.codes.ACCEPTED


def record_the_answer(world: World, without: Without) -> None:
    wanted = payment("never-answers")
    with without():
        unavailable(world.merchant.post(wanted))
    assert world.state_of(wanted["externalId"])["status"] == "created"
    assert checkouts(world, wanted) == 1
    assert world.merchant.post(payment("never-answers")).status_code == httpx.codes.ACCEPTED


def look_a_payment_up(world: World, without: Without) -> None:
    paid = world.prompted()["externalId"]
    with without():
        unavailable(world.merchant.get(paid))
    assert world.state_of(paid)["status"] == "pending"


def settle_with_a_callback_that_came_first(world: World, without: Without) -> None:
    wanted = payment("callback-first")
    with without():
        unavailable(world.merchant.post(wanted))
    assert world.items_of(wanted["externalId"], "PAYMENT")[0]["status"]["S"] == "created"
    settled = world.merchant.post(payment("callback-first"))
    assert settled.json()["status"] == "succeeded", settled.text


def read_the_token(world: World, without: Without) -> None:
    wanted = payment("never-answers")
    # Its workers begin anew, so that none remembers the token.
    with without(), world.environment("PaymentsFunction", FORGOTTEN="token"):
        not_sent(world.merchant.post(wanted))
        assert checkouts(world, wanted) == 0
    assert world.merchant.post(wanted).status_code == httpx.codes.ACCEPTED


def have_a_refused_token_renewed(world: World, without: Without) -> None:
    world.simulator.expire_tokens()
    wanted = payment("never-answers")
    with without():
        not_sent(world.merchant.post(wanted))
    # Until a moment after the failed refresh, nobody tries another.
    wait_until("it is sent", lambda: world.merchant.post(wanted).status_code == 202)


def unavailable(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text


def not_sent(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "provider_unavailable")


def checkouts(world: World, wanted: dict[str, Any]) -> int:
    return len(world.simulator.book(wanted["externalId"])["checkouts"])


PROOFS: Proofs = {
    Grant(ROLE, "KeepLedger", "dynamodb:PutItem", "PaymentsTable"): record_it,
    Grant(ROLE, "KeepLedger", "dynamodb:UpdateItem", "PaymentsTable"): record_the_answer,
    Grant(ROLE, "KeepLedger", "dynamodb:Query", "PaymentsTable"): look_a_payment_up,
    Grant(
        ROLE, "KeepLedger", "dynamodb:GetItem", "PaymentsTable"
    ): settle_with_a_callback_that_came_first,
    Grant(ROLE, "ReadToken", "secretsmanager:GetSecretValue", "TokenSecret"): read_the_token,
    Grant(
        ROLE, "AskForToken", "lambda:InvokeFunction", "TokenRefreshFunction"
    ): have_a_refused_token_renewed,
}
