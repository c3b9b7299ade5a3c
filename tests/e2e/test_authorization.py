"""Who may call the payment routes, and from where callbacks are taken, on stacks of their own.

Two neighbours are deployed beside the stack of the other tests: one with an API key that has a
quota, one with AWS_IAM. Both take callbacks from certain networks only. Their tests change the
parameters and deploy again, as somebody does who restricts a stack that is in use: so they are one
story each, told by a fixture, and each test looks at a part of it.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest
from botocore.credentials import Credentials

from local.stack import LocalStack
from tests.e2e.crowd import at_once
from tests.e2e.missing.grant import Grant, without
from tests.e2e.neighbour import Caller, Neighbour, neighbour, payment_arns
from tests.e2e.support import World, payment

FORBIDDEN, TOO_MANY = 403, 429
ELSEWHERE = "203.0.113.0/24"
HERE = "198.51.100.0/24,127.0.0.0/8"
QUOTA = 5
CROWD = 10
OF_THE_STATUS_CALL = Grant(
    "ReconcilerRole", "ReadToken", "secretsmanager:GetSecretValue", "TokenSecret"
)


@pytest.fixture(scope="module")
def by_key(stack: LocalStack) -> Iterator[Neighbour]:
    """A stack whose API key has a quota, closed to the network in which these tests run."""
    with neighbour(stack, "finconnect-by-key") as made:
        made.deploy(QuotaRequests=str(QUOTA), QuotaPeriod="DAY", CallbackNetworks=ELSEWHERE)
        yield made


@pytest.fixture(scope="module")
def by_iam(stack: LocalStack) -> Iterator[Neighbour]:
    """A stack whose callers sign, closed to the network in which these tests run."""
    with neighbour(stack, "finconnect-by-iam") as made:
        made.deploy(
            PaymentAuthorization="AWS_IAM",
            CallbackNetworks=ELSEWHERE,
            AzampayStatusPath="/status",
        )
        yield made


@pytest.fixture(scope="module")
def caller(by_iam: Neighbour) -> Caller:
    return Caller(by_iam, "merchant", payment_arns(by_iam))


@pytest.fixture(scope="module")
def stranger(by_iam: Neighbour) -> Caller:
    """A principal of the same account without any policy."""
    return Caller(by_iam, "stranger", None)


def test_by_key_the_quota_and_the_rate_hold_and_networks_are_closed_and_opened(
    by_key: Neighbour,
) -> None:
    key = by_key.api_key
    wanted = payment("never-answers")
    # Without the key nothing is done, and nothing is counted.
    for wrong in (None, "a-wrong-key", by_key.stack.api_key):
        assert by_key.post(wanted, wrong).status_code == FORBIDDEN
        assert by_key.get(wanted["externalId"], wrong).status_code == FORBIDDEN
    assert checkouts(by_key, wanted) == 0

    assert by_key.post(wanted, key).status_code == httpx.codes.ACCEPTED
    closed_to_this_network(by_key, wanted["externalId"])
    asked = [by_key.get(wanted["externalId"], key) for _ in range(QUOTA - 1)]
    assert [answer.json()["status"] for answer in asked] == ["pending"] * (QUOTA - 1)
    over = payment("never-answers")
    assert by_key.post(over, key).status_code == TOO_MANY
    assert by_key.get(wanted["externalId"], key).status_code == TOO_MANY
    assert checkouts(by_key, over) == 0

    by_key.deploy(QuotaRequests="0", CallbackNetworks=HERE, ThrottleRate="1", ThrottleBurst="2")
    assert by_key.post(over, key).status_code == httpx.codes.ACCEPTED
    assert by_key.callback(over["externalId"]).json() == {"status": "applied"}
    answers = at_once([lambda: by_key.get(over["externalId"], key)] * CROWD)
    assert {answer.status_code for answer in answers} == {httpx.codes.OK, TOO_MANY}


def test_a_signed_request_is_answered(by_iam: Neighbour, caller: Caller) -> None:
    wanted = payment("never-answers")
    posted = by_iam.send(caller.signed("POST", payment=wanted))
    assert posted.status_code == httpx.codes.ACCEPTED, posted.text
    found = by_iam.send(caller.signed("GET", f"/{wanted['externalId']}"))
    assert found.json()["status"] == "pending", found.text
    assert checkouts(by_iam, wanted) == 1


def test_an_unsigned_request_is_refused(by_iam: Neighbour) -> None:
    wanted = payment("never-answers")
    for key in (None, by_iam.stack.api_key):
        assert by_iam.post(wanted, key).status_code == FORBIDDEN
        assert by_iam.get(wanted["externalId"], key).status_code == FORBIDDEN
    assert checkouts(by_iam, wanted) == 0


def test_a_body_that_was_changed_after_it_was_signed_is_refused(
    by_iam: Neighbour, caller: Caller
) -> None:
    wanted = payment("never-answers")
    request = caller.signed("POST", payment=wanted)
    request.data = json.dumps({**wanted, "amount": 2500}).encode()
    assert by_iam.send(request).status_code == FORBIDDEN
    assert checkouts(by_iam, wanted) == 0


def test_a_path_that_was_changed_after_it_was_signed_is_refused(
    by_iam: Neighbour, caller: Caller
) -> None:
    request = caller.signed("GET", "/one-id")
    request.url = f"{by_iam.payment_url}/other-id"
    assert by_iam.send(request).status_code == FORBIDDEN


def test_a_wrong_secret_key_is_refused(by_iam: Neighbour, caller: Caller) -> None:
    impostor = Caller(by_iam, "impostor", payment_arns(by_iam))
    impostor.credentials = Credentials(caller.credentials.access_key, "a-wrong-secret-key")
    wanted = payment("never-answers")
    assert by_iam.send(impostor.signed("POST", payment=wanted)).status_code == FORBIDDEN
    assert checkouts(by_iam, wanted) == 0


def test_a_principal_without_a_policy_is_refused(by_iam: Neighbour, stranger: Caller) -> None:
    wanted = payment("never-answers")
    assert by_iam.send(stranger.signed("POST", payment=wanted)).status_code == FORBIDDEN
    assert by_iam.send(stranger.signed("GET", "/any")).status_code == FORBIDDEN
    assert checkouts(by_iam, wanted) == 0


def test_a_policy_for_one_route_opens_no_other(by_iam: Neighbour) -> None:
    post, _ = payment_arns(by_iam)
    writer = Caller(by_iam, "writer", [post])
    wanted = payment("never-answers")
    assert by_iam.send(writer.signed("POST", payment=wanted)).status_code == httpx.codes.ACCEPTED
    found = by_iam.send(writer.signed("GET", f"/{wanted['externalId']}"))
    assert found.status_code == FORBIDDEN


def test_the_reconciler_misses_the_token_where_there_is_a_status_call(
    by_iam: Neighbour, caller: Caller
) -> None:
    paid = payment("never-answers")["externalId"]
    by_iam.send(caller.signed("POST", payment={**payment("never-answers"), "externalId": paid}))
    with (
        status_call_that_says("success") as url,
        by_iam.environment("ReconcilerFunction", AZAMPAY_CHECKOUT_URL=url),
    ):
        with without(by_iam, OF_THE_STATUS_CALL):
            silent(by_iam, paid)
            run_reconciler(by_iam)
            assert status_of(by_iam, paid) == "pending"
        silent(by_iam, paid)
        run_reconciler(by_iam)
        assert status_of(by_iam, paid) == "succeeded"


def test_with_iam_networks_are_closed_and_opened_and_payments_go_on(
    by_iam: Neighbour, caller: Caller, stranger: Caller
) -> None:
    wanted = payment("never-answers")
    posted = by_iam.send(caller.signed("POST", payment=wanted))
    assert posted.status_code == httpx.codes.ACCEPTED, posted.text
    closed_to_this_network(by_iam, wanted["externalId"])

    by_iam.deploy(
        PaymentAuthorization="AWS_IAM", CallbackNetworks=HERE, AzampayStatusPath="/status"
    )
    assert by_iam.callback(wanted["externalId"]).json() == {"status": "applied"}
    found = by_iam.send(caller.signed("GET", f"/{wanted['externalId']}"))
    assert found.json()["status"] == "succeeded"
    # The policy of the API lets this network call the webhook, and nobody do anything else.
    assert by_iam.send(stranger.signed("POST", payment=payment())).status_code == FORBIDDEN
    assert by_iam.post(payment()).status_code == FORBIDDEN


def test_without_networks_callbacks_are_taken_from_everywhere(world: World) -> None:
    assert world.callback(world.prompted()["externalId"]).json() == {"status": "applied"}


def closed_to_this_network(beside: Neighbour, external_id: str) -> None:
    """A callback is refused before the function runs, whether its secret is right or wrong."""
    refused = beside.callback(external_id)
    assert refused.status_code == FORBIDDEN, refused.text
    with httpx.Client(trust_env=False) as outsider:
        guess = beside.webhook_url.replace(beside.webhook_secret, "a-guess")
        assert outsider.post(guess, content=b"{}").status_code == FORBIDDEN
    assert logged(beside, "WebhookLogGroup") == 0
    assert status_of(beside, external_id) == "pending"


def logged(beside: Neighbour, log_group: str) -> int:
    answer = beside.stack.aws.logs.filter_log_events(logGroupName=beside.resource(log_group))
    return len(answer["events"])


def status_of(beside: Neighbour, external_id: str) -> str:
    return str(item_of(beside, external_id)["status"]["S"])


def item_of(beside: Neighbour, external_id: str) -> dict[str, Any]:
    answer = beside.stack.aws.dynamodb.get_item(
        TableName=beside.outputs.table_name,
        Key={"pk": {"S": f"PAYMENT#azampay#{external_id}"}, "sk": {"S": "PAYMENT"}},
        ConsistentRead=True,
    )
    return dict(answer["Item"])


def silent(beside: Neighbour, external_id: str) -> None:
    """The payment was left open an hour ago: time is not waited."""
    beside.stack.aws.dynamodb.update_item(
        TableName=beside.outputs.table_name,
        Key={"pk": {"S": f"PAYMENT#azampay#{external_id}"}, "sk": {"S": "PAYMENT"}},
        UpdateExpression="SET open_since = :since",
        ConditionExpression="attribute_exists(open_since)",
        ExpressionAttributeValues={":since": {"S": "2026-01-01T00:00:00Z"}},
    )


def run_reconciler(beside: Neighbour) -> None:
    answer = beside.stack.aws.lambda_.invoke(FunctionName=beside.resource("ReconcilerFunction"))
    answer["Payload"].read()


def checkouts(beside: Neighbour, wanted: dict[str, Any]) -> int:
    return len(beside.stack.simulator.book(wanted["externalId"])["checkouts"])


@contextmanager
def status_call_that_says(word: str) -> Iterator[str]:
    """The base URL of a provider that answers each question for a status with one word."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"success": True, "data": word}).encode()
            self.send_response(httpx.codes.OK)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is printed between the tests' own lines."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, name="status call", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
