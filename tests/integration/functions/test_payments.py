"""POST and GET of payments: each row of the HTTP table through the real handler."""

from __future__ import annotations

import json
from typing import Any

import pytest

from finconnect.payments.aws import clients
from simulator.server import SimulatorServer
from simulator.settings import Settings
from tests.fakes.builders import MSISDN, a_payload
from tests.fakes.provider import TRANSACTION
from tests.fakes.signing import azampay_key, callback_body
from tests.integration.functions.deployment import (
    CREDENTIALS,
    Answer,
    Deployment,
    no_provider,
)
from tests.integration.functions.standin import Says, StandIn, accepted
from tools.api_events import proxy_event

REFUSED = {
    "transactionId": "null",
    "message": "Invalid Vendor",
    "messageCode": 1000,
    "success": False,
}
LOCATION = "/v1/payments/azampay/order-1"


def body(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer["body"])
    return found


def assert_problem(answer: Answer, status: int, code: str) -> dict[str, Any]:
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    problem = body(answer)
    assert (answer["statusCode"], problem["status"], problem["code"]) == (status, status, code)
    assert {"type", "title", "detail"} <= problem.keys()
    return problem


def test_a_sent_prompt_is_202(stack: Deployment, provider: StandIn) -> None:
    answer = stack.post(a_payload())
    assert answer["statusCode"] == 202
    assert answer["headers"]["Location"] == LOCATION
    assert answer["headers"]["Content-Type"] == "application/json"
    assert body(answer)["status"] == "pending"
    assert body(answer)["transactionId"] == TRANSACTION
    assert body(answer)["accountNumber"] == "2557*****678"
    assert stack.event_types() == ["payment.pending"]
    (checkout,) = provider.checkouts
    assert json.loads(checkout.body) == a_payload()
    assert checkout.headers["Authorization"] == f"Bearer {provider.token}"
    assert "X-API-Key" not in checkout.headers


def test_an_api_key_travels_with_the_token(stack: Deployment, provider: StandIn) -> None:
    stack.put_in_credentials(apiKey="the-api-key")
    stack.post(a_payload())
    assert provider.checkouts[0].headers["X-API-Key"] == "the-api-key"


@pytest.mark.parametrize(
    "says",
    [
        Says(None),
        Says(200),
        Says(200, b"<html>maintenance</html>"),
        Says(200, {"success": True}),
        Says(404),
        Says(500, b"<html>"),
        Says(502, {"message": "bad gateway"}),
    ],
)
def test_no_clear_answer_is_202_unknown_and_never_sent_again(
    stack: Deployment, provider: StandIn, says: Says
) -> None:
    provider.on_checkout = lambda _: says
    answer = stack.post(a_payload())
    assert answer["statusCode"] == 202
    assert body(answer)["status"] == "unknown"
    assert answer["headers"]["Location"] == LOCATION
    assert stack.post(a_payload())["statusCode"] == 200
    assert len(provider.checkouts) == 1
    assert stack.event_types() == ["payment.unknown"]


def test_the_same_payload_again_is_200_and_a_replay(stack: Deployment, provider: StandIn) -> None:
    stack.post(a_payload())
    answer = stack.post(json.dumps(dict(reversed(a_payload().items())), indent=2))
    assert answer["statusCode"] == 200
    assert answer["headers"]["Idempotency-Replayed"] == "true"
    assert body(answer)["status"] == "pending"
    assert len(provider.checkouts) == 1


def test_another_payload_is_422(stack: Deployment, provider: StandIn) -> None:
    stack.post(a_payload())
    assert_problem(stack.post(a_payload(amount="1001")), 422, "external_id_reused")
    assert len(provider.checkouts) == 1


def test_a_request_while_it_is_being_sent_is_409(stack: Deployment, provider: StandIn) -> None:
    seen: list[Answer] = []

    def meanwhile(_: object) -> Says:
        seen.append(stack.post(a_payload()))
        return accepted()

    provider.on_checkout = meanwhile
    assert stack.post(a_payload())["statusCode"] == 202
    assert_problem(seen[0], 409, "in_progress")
    assert int(seen[0]["headers"]["Retry-After"]) > 0
    assert len(provider.checkouts) == 1


def test_an_invalid_body_is_400_and_names_every_field(stack: Deployment, provider: StandIn) -> None:
    problem = assert_problem(stack.post({"amount": 0, "provider": "MPESA"}), 400, "invalid_payment")
    fields = {each["field"] for each in problem["errors"]}
    assert fields == {"accountNumber", "amount", "currency", "externalId", "provider"}
    assert stack.items() == []
    assert provider.seen == []


@pytest.mark.parametrize("text", ["", "[]", "{", '{"amount": 1, "amount": 2}', "null"])
def test_a_body_that_is_no_object_is_400(stack: Deployment, text: str) -> None:
    problem = assert_problem(stack.post(text), 400, "invalid_payment")
    assert [each["field"] for each in problem["errors"]] == ["body"]


def test_a_body_in_base64_is_read(stack: Deployment, provider: StandIn) -> None:
    assert stack.post(a_payload(), encoded=True)["statusCode"] == 202
    assert json.loads(provider.checkouts[0].body) == a_payload()


def test_a_body_that_is_too_large_is_413(stack: Deployment) -> None:
    assert_problem(stack.post("x" * 65_537), 413, "payload_too_large")


def test_a_refusal_is_422_with_the_providers_words(stack: Deployment, provider: StandIn) -> None:
    provider.on_checkout = lambda _: Says(200, REFUSED)
    answer = stack.post(a_payload())
    assert "Invalid Vendor" in str(assert_problem(answer, 422, "provider_refused"))
    assert stack.event_types() == ["payment.rejected"]
    assert stack.post(a_payload())["statusCode"] == 200
    assert len(provider.checkouts) == 1


def test_a_400_of_the_provider_is_a_refusal(stack: Deployment, provider: StandIn) -> None:
    provider.on_checkout = lambda _: Says(400, {"errors": {"amount": ["too odd"]}, "status": 400})
    assert "too odd" in str(assert_problem(stack.post(a_payload()), 422, "provider_refused"))


def test_a_provider_that_cannot_be_reached_is_503_and_a_later_post_is_sent_once(
    stack: Deployment, provider: StandIn
) -> None:
    stack.handle("token_refresh", {})
    with no_provider() as nowhere:
        stack.restart("payments", AZAMPAY_CHECKOUT_URL=nowhere)
        answer = stack.post(a_payload())
    assert_problem(answer, 503, "provider_unavailable")
    assert int(answer["headers"]["Retry-After"]) > 0
    assert stack.event_types() == []
    stack.restart("payments", AZAMPAY_CHECKOUT_URL=provider.url)
    assert [stack.post(a_payload())["statusCode"] for _ in range(2)] == [202, 200]
    assert len(provider.checkouts) == 1


def test_without_credentials_it_is_503_and_the_log_says_what_to_do(
    stack: Deployment, provider: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.put_secret("credentials", dict.fromkeys(CREDENTIALS, "REPLACE_ME"))
    answer = stack.post(a_payload())
    assert_problem(answer, 503, "provider_unavailable")
    assert int(answer["headers"]["Retry-After"]) > 0
    assert "put-secret-value" in capsys.readouterr().out
    assert provider.seen == []
    stack.put_in_credentials()
    # For two seconds whoever asks is told that it has just failed: nobody waits, nobody asks again.
    assert_problem(stack.post(a_payload()), 503, "provider_unavailable")
    assert provider.seen == []
    two_seconds_pass(stack)
    assert stack.post(a_payload())["statusCode"] == 202


def two_seconds_pass(stack: Deployment) -> None:
    """The pause after a refresh that failed is over."""
    (guard,) = stack.items("REFRESH")
    clients.dynamodb().put_item(TableName="payments", Item=guard | {"taken_until": {"N": "0"}})


def test_credentials_that_azampay_refuses_are_503(stack: Deployment, provider: StandIn) -> None:
    provider.on_token = lambda _: Says(423, {"message": "Provided detail is not valid"})
    assert_problem(stack.post(a_payload()), 503, "provider_unavailable")
    assert provider.checkouts == []


def test_a_refused_token_costs_one_login_and_one_more_checkout(
    stack: Deployment, provider: StandIn
) -> None:
    stack.post(a_payload(externalId="order-0"))
    old, provider.token = provider.token, "the-next-token"

    def guarded(seen: Any) -> Says:  # noqa: ANN401
        refused = old in seen.headers["Authorization"]
        return Says(401, {"status": "Error"}) if refused else accepted()

    provider.on_checkout = guarded
    assert stack.post(a_payload())["statusCode"] == 202
    assert len(provider.logins) == 2
    assert len(provider.checkouts) == 3
    assert stack.secret("token")["access_token"] == "the-next-token"


def test_a_token_that_is_always_refused_is_503_and_not_sent(
    stack: Deployment, provider: StandIn
) -> None:
    provider.on_checkout = lambda _: Says(401)
    assert_problem(stack.post(a_payload()), 503, "provider_unavailable")
    assert stack.items("PAYMENT")[0]["status"]["S"] == "not_sent"


def test_a_warm_container_asks_for_its_token_once(stack: Deployment, provider: StandIn) -> None:
    for number in range(3):
        assert stack.post(a_payload(externalId=f"order-{number}"))["statusCode"] == 202
    assert len(provider.logins) == 1


def test_a_callback_before_the_answer_is_decided_with_it(
    stack: Deployment, provider: StandIn
) -> None:
    stack.knows_key()
    seen: list[Answer] = []

    def meanwhile(_: object) -> Says:
        seen.append(stack.call_back())
        return accepted()

    provider.on_checkout = meanwhile
    answer = stack.post(a_payload())
    assert body(seen[0]) == {"status": "held"}
    assert body(answer)["status"] == "succeeded"
    assert stack.event_types() == ["payment.pending", "payment.succeeded"]


@pytest.mark.parametrize("call", ["dynamodb.PutItem", "dynamodb.TransactWriteItems"])
def test_a_ledger_that_fails_is_503_and_nothing_is_sent_twice(
    stack: Deployment, provider: StandIn, call: str
) -> None:
    mend = stack.break_store(call)
    answer = stack.post(a_payload())
    assert_problem(answer, 503, "unavailable")
    assert int(answer["headers"]["Retry-After"]) > 0
    mend()
    stack.post(a_payload())
    assert len(provider.checkouts) == 1


def test_a_payment_is_found_with_its_history(stack: Deployment) -> None:
    stack.knows_key()
    stack.post(a_payload())
    stack.call_back()
    answer = stack.get("order-1")
    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"] == "application/json"
    assert body(answer)["status"] == "succeeded"
    assert [(entry["type"], entry["status"]) for entry in body(answer)["history"]] == [
        ("payment.created", "created"),
        ("payment.pending", "pending"),
        ("payment.succeeded", "succeeded"),
    ]
    assert MSISDN not in answer["body"]


def test_an_unknown_payment_is_404(stack: Deployment) -> None:
    assert_problem(stack.get("order-1"), 404, "not_found")


def test_an_orphaned_callback_makes_no_payment(stack: Deployment) -> None:
    stack.knows_key()
    stack.call_back()
    assert_problem(stack.get("order-1"), 404, "not_found")


@pytest.mark.parametrize("external_id", ["a/b", "a?b", "100%", "a%2Fb", "a#b", "a+b", "~a&b=c"])
def test_a_payment_is_found_at_its_location_whatever_its_reference(
    stack: Deployment, external_id: str
) -> None:
    answer = stack.post(a_payload(externalId=external_id))
    found = stack.get(external_id)
    assert answer["headers"]["Location"].startswith("/v1/payments/azampay/")
    assert found["statusCode"] == 200
    assert body(found)["externalId"] == external_id


def test_a_reference_that_no_payment_can_have_is_404(stack: Deployment) -> None:
    # Longer than any key of DynamoDB's, which would refuse the question: it must not be asked.
    stack.break_store("dynamodb.Query")
    assert_problem(stack.get("x" * 3000), 404, "not_found")


def test_a_ledger_that_cannot_be_read_is_503(stack: Deployment) -> None:
    stack.break_store("dynamodb.Query")
    assert_problem(stack.get("order-1"), 503, "unavailable")


def test_an_unexpected_error_is_500_and_says_nothing(
    stack: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    event = proxy_event("GET", "/payments/azampay/{externalId}")
    answer = stack.handle("payments", event)
    assert_problem(answer, 500, "internal_error")
    assert "pathParameters" not in answer["body"]
    assert "unexpected_error" in capsys.readouterr().out


def test_against_the_simulator_a_payment_lives_its_whole_life(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = Settings(
        app_name=CREDENTIALS["appName"],
        client_id=CREDENTIALS["clientId"],
        client_secret=CREDENTIALS["clientSecret"],
        callback_delay=0.0,
        seed=1,
    )
    with SimulatorServer(settings) as simulator:
        stack = Deployment(monkeypatch, simulator.base_url)
        stack.deploy()
        stack.put_in_credentials()
        answer = stack.post(a_payload())
        assert answer["statusCode"] == 202
        assert stack.key_ring()["current"] == simulator.public_key_pem
        transaction = body(answer)["transactionId"]
        assert simulator.book.payment("order-1") is not None
        unsigned = callback_body(externalreference=transaction, transid=transaction)
        assert stack.call_back(unsigned)["statusCode"] == 401
        foreign = callback_body(azampay_key(), externalreference=transaction, transid=transaction)
        assert stack.call_back(foreign)["statusCode"] == 401
        simulator.expire_tokens()
        assert stack.post(a_payload(externalId="order-2"))["statusCode"] == 202
        assert len(simulator.book.view().prompts) == 2
