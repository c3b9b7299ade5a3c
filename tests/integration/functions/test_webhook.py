"""The path of a callback, step by step, through the real handler."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from finconnect.payments.aws import clients
from tests.fakes.builders import a_payload
from tests.fakes.provider import TRANSACTION
from tests.fakes.signing import azampay_key, callback_body, other_key, public_pem
from tests.integration.functions.deployment import URL_SECRET, Answer, Deployment
from tests.integration.functions.standin import Says, StandIn
from tools.api_events import proxy_event

PROJECT = Path(__file__).parents[3]
NEXT = other_key(1)
SIGNED = callback_body(azampay_key())


@pytest.fixture
def paid(stack: Deployment) -> Deployment:
    """A stack that knows the key, with a pending payment."""
    stack.post(a_payload())
    stack.knows_key()
    return stack


def signed(**changes: Any) -> bytes:  # noqa: ANN401
    return callback_body(azampay_key(), **changes)


def word(answer: Answer) -> str:
    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"] == "application/json"
    return str(json.loads(answer["body"])["status"])


def assert_problem(answer: Answer, status: int, code: str) -> None:
    problem = json.loads(answer["body"])
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert (answer["statusCode"], problem["code"]) == (status, code)


def status_of(stack: Deployment) -> str:
    return str(stack.items("PAYMENT")[0]["status"]["S"])


# 1. Size, encoding, shape.


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"not json",
        b"\xff\xff",
        b"\xef\xbb\xbf" + SIGNED,
        SIGNED.decode().encode("utf-16"),
        b'{"a": 1e400}',
        b'{"utilityref": "a", "utilityref": "b"}',
        b'{"utilityref": "\\ud800"}',
        b"[" * 10_000,
        signed(utilityref=None),
        signed(amount=[], operator=7),
        callback_body(signature="****"),
    ],
)
def test_1_what_is_no_callback_is_400_and_leaves_nothing(paid: Deployment, body: bytes) -> None:
    before = paid.items()
    assert_problem(paid.call_back(body, encoded=True), 400, "invalid_callback")
    assert paid.items() == before


def test_1_what_is_no_callback_is_400_whatever_the_secret(paid: Deployment) -> None:
    assert_problem(paid.call_back(b"{}", secret="wrong"), 400, "invalid_callback")


@pytest.mark.parametrize("encoded", [False, True])
def test_1_a_body_of_more_than_64_kib_is_413(paid: Deployment, encoded: bool) -> None:
    answer = paid.call_back(SIGNED + b" " * 65_536, encoded=encoded)
    assert_problem(answer, 413, "payload_too_large")


def test_1_base64_that_is_none_is_400(paid: Deployment) -> None:
    resource, secret = "/webhooks/azampay/{secret}", {"secret": URL_SECRET}
    event = proxy_event("POST", resource, secret, body=("***", True))
    assert_problem(paid.handle("webhook", event), 400, "invalid_callback")


# 2. The secret.


@pytest.mark.parametrize("secret", ["", "wrong", URL_SECRET[:-1], f"{URL_SECRET}x", "é"])
def test_2_a_wrong_secret_is_404_as_if_nothing_were_there(paid: Deployment, secret: str) -> None:
    answer = paid.call_back(secret=secret)
    assert_problem(answer, 404, "not_found")
    assert status_of(paid) == "pending"
    assert paid.items("CALLBACK#") == []


def test_2_a_secret_that_is_empty_lets_nobody_in(stack: Deployment) -> None:
    stack.put_secret("url-secret", {"current": ""})
    assert_problem(stack.call_back(secret=""), 404, "not_found")


def test_2_a_secret_that_cannot_be_read_is_503(paid: Deployment) -> None:
    paid.break_store("secrets-manager.GetSecretValue")
    assert_problem(paid.call_back(), 503, "unavailable")


# 3. The signature.


@pytest.mark.parametrize("encoded", [False, True])
def test_3_a_signed_success_is_applied(paid: Deployment, encoded: bool) -> None:
    assert paid.call_back(encoded=encoded)["statusCode"] == 200
    assert status_of(paid) == "succeeded"
    assert paid.event_types() == ["payment.pending", "payment.succeeded"]


def test_3_a_body_that_is_not_ascii_is_verified_as_it_was_sent(stack: Deployment) -> None:
    stack.knows_key()
    body = signed(utilityref="malipo-ñé-💰")
    assert word(stack.call_back(body)) == "unmatched"


def test_3_a_forged_signature_is_401_after_one_fetch(paid: Deployment, provider: StandIn) -> None:
    key_requests = len(provider.requests("/azampay/v1/public-key"))
    for number in range(3):
        forged = callback_body(other_key(), mnoreference=str(number))
        assert_problem(paid.call_back(forged), 401, "invalid_signature")
    assert len(provider.requests("/azampay/v1/public-key")) == key_requests + 1
    assert status_of(paid) == "pending"
    assert paid.items("CALLBACK#") == []


def test_3_a_new_key_is_fetched_and_the_callback_believed(
    paid: Deployment, provider: StandIn
) -> None:
    provider.on_key = lambda _: Says(200, public_pem(NEXT).encode())
    assert paid.call_back(callback_body(NEXT))["statusCode"] == 200
    assert status_of(paid) == "succeeded"
    ring = paid.key_ring()
    assert (ring["current"], ring["previous"]) == (public_pem(NEXT), public_pem(azampay_key()))


def test_3_after_a_rotation_the_previous_key_still_counts(
    paid: Deployment, provider: StandIn
) -> None:
    provider.on_key = lambda _: Says(200, public_pem(NEXT).encode())
    paid.call_back(callback_body(NEXT, transactionstatus="pending"))
    assert paid.call_back()["statusCode"] == 200
    assert status_of(paid) == "succeeded"


def test_3_the_guard_of_the_fetch_is_one_item_for_the_whole_stack(paid: Deployment) -> None:
    paid.call_back(callback_body(other_key()))
    (guard,) = paid.items("REFETCH")
    assert guard["pk"]["S"] == "PUBLIC_KEY#azampay"
    paid.restart("webhook")
    paid.call_back(callback_body(other_key(), mnoreference="another container"))
    assert paid.items("REFETCH") == [guard]


def test_3_a_key_that_cannot_be_fetched_refuses_no_callback(
    stack: Deployment, provider: StandIn
) -> None:
    provider.on_key = lambda _: Says(404)
    stack.post(a_payload())
    answer = stack.call_back()
    assert answer["statusCode"] in (200, 503)
    assert status_of(stack) == "pending"


# 4. No signature.


def test_4_an_unsigned_callback_is_401_by_default(paid: Deployment) -> None:
    assert_problem(paid.call_back(callback_body()), 401, "invalid_signature")
    assert status_of(paid) == "pending"


@pytest.fixture
def accepting(paid: Deployment) -> Deployment:
    """A stack that takes unsigned callbacks."""
    paid.restart("webhook", UNSIGNED_CALLBACKS="accept")
    return paid


def test_4_where_it_is_accepted_it_settles_and_the_event_says_why(accepting: Deployment) -> None:
    assert accepting.call_back(callback_body())["statusCode"] == 200
    assert status_of(accepting) == "succeeded"
    assert last_event(accepting)["data"]["verification"] == "url-secret"


def test_4_where_it_is_accepted_the_secret_is_still_demanded(accepting: Deployment) -> None:
    assert_problem(accepting.call_back(callback_body(), secret="wrong"), 404, "not_found")


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "1001"},
        {"msisdn": "255700000001"},
        {"operator": "Tigo"},
        {"externalreference": "f" * 32, "transid": "f" * 32},
    ],
)
def test_4_where_it_is_accepted_all_must_agree(
    accepting: Deployment, changes: dict[str, Any]
) -> None:
    assert word(accepting.call_back(callback_body(**changes))) == "mismatch"
    assert status_of(accepting) == "pending"


def test_4_where_it_is_accepted_the_checkouts_id_must_be_known(
    stack: Deployment, provider: StandIn
) -> None:
    stack.restart("webhook", UNSIGNED_CALLBACKS="accept")
    provider.on_checkout = lambda _: Says(502)
    stack.post(a_payload())
    assert word(stack.call_back(callback_body())) == "mismatch"
    assert status_of(stack) == "unknown"


def test_4_where_it_is_accepted_a_forged_signature_is_not(accepting: Deployment) -> None:
    assert_problem(accepting.call_back(callback_body(other_key())), 401, "invalid_signature")


# 5. Against the record.


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"amount": "1001"}, "amount"),
        ({"amount": None}, "amount"),
        ({"msisdn": "255700000001"}, "accountNumber"),
        ({"operator": "Tigo"}, "network"),
        ({"transid": "f" * 32}, "transactionId"),
        ({"externalreference": "f" * 32}, "transactionId"),
    ],
)
def test_5_a_difference_under_a_valid_signature_is_kept_and_published(
    paid: Deployment, changes: dict[str, Any], difference: str
) -> None:
    assert word(paid.call_back(signed(**changes))) == "mismatch"
    assert status_of(paid) == "pending"
    assert paid.event_types() == ["payment.pending", "payment.mismatch"]
    assert last_event(paid)["data"]["differences"] == [difference]
    assert len(paid.items("CALLBACK#")) == 1


def test_5_a_boundary_that_was_shifted_under_a_valid_signature_pays_for_nobody(
    paid: Deployment,
) -> None:
    # "order-1" + id and "order-" + "1" + id are the same signed bytes.
    shifted = signed(utilityref="order-", externalreference=f"1{TRANSACTION}")
    assert word(paid.call_back(shifted)) == "unmatched"
    assert status_of(paid) == "pending"


def test_5_a_mismatch_is_an_error_in_the_log(
    paid: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    paid.call_back(signed(amount="1"))
    (told,) = [each for each in caplog.records if each.msg == "callback_mismatch"]
    assert (told.levelname, vars(told)["payment"]) == ("ERROR", "azampay/order-1")


# 6. One transaction.


def test_6_the_same_again_is_a_duplicate_and_changes_nothing(paid: Deployment) -> None:
    paid.call_back()
    before = paid.items()
    assert word(paid.call_back()) == "duplicate"
    assert paid.items() == before


def test_6_an_orphan_is_kept_and_published(stack: Deployment) -> None:
    stack.knows_key()
    assert word(stack.call_back()) == "unmatched"
    assert word(stack.call_back()) == "duplicate"
    assert stack.event_types() == ["callback.unmatched"]
    assert stack.items("PAYMENT") == []


def test_6_failure_after_success_is_a_conflict(paid: Deployment) -> None:
    paid.call_back()
    assert word(paid.call_back(signed(transactionstatus="failure"))) == "conflict"
    assert status_of(paid) == "succeeded"
    assert paid.event_types()[-1] == "payment.conflict"


def test_6_success_after_failure_wins_and_is_a_conflict(paid: Deployment) -> None:
    paid.call_back(signed(transactionstatus="failed"))
    assert status_of(paid) == "failed"
    assert word(paid.call_back()) == "conflict"
    assert status_of(paid) == "succeeded"
    assert sorted(paid.event_types()) == [
        "payment.conflict",
        "payment.failed",
        "payment.pending",
        "payment.succeeded",
    ]


def test_6_a_word_that_is_not_known_is_kept_and_changes_nothing(paid: Deployment) -> None:
    assert paid.call_back(signed(transactionstatus="processing"))["statusCode"] == 200
    assert status_of(paid) == "pending"
    assert len(paid.items("CALLBACK#")) == 1


def test_6_an_answer_is_one_of_the_words_that_are_promised(paid: Deployment) -> None:
    words = {
        word(paid.call_back(body))
        for body in (
            signed(transactionstatus="pending"),
            SIGNED,
            SIGNED,
            signed(mnoreference="again"),
            signed(transactionstatus="failure"),
            signed(amount="1"),
            signed(utilityref="order-2"),
        )
    }
    contract = (PROJECT / "openapi.yaml").read_text(encoding="utf-8")
    receipt = contract.partition("CallbackReceipt:\n")[2].partition("Problem:\n")[0]
    assert sorted(each for each in words if each not in receipt) == []


# 7. Our own store.


@pytest.mark.parametrize("call", ["dynamodb.GetItem", "dynamodb.TransactWriteItems"])
def test_7_a_store_that_fails_is_503_and_the_next_try_is_recorded(
    paid: Deployment, call: str
) -> None:
    mend = paid.break_store(call)
    answer = paid.call_back()
    assert_problem(answer, 503, "unavailable")
    assert int(answer["headers"]["Retry-After"]) > 0
    mend()
    assert paid.call_back()["statusCode"] == 200
    assert status_of(paid) == "succeeded"


def test_7_a_key_parameter_that_cannot_be_read_is_no_verdict(paid: Deployment) -> None:
    paid.break_store("ssm.GetParameter")
    assert paid.call_back()["statusCode"] in (200, 503)
    assert status_of(paid) == "pending"


def test_the_webhook_never_calls_a_checkout(paid: Deployment, provider: StandIn) -> None:
    before = len(provider.checkouts)
    for body in (SIGNED, callback_body(other_key()), callback_body()):
        paid.call_back(body)
    assert len(provider.checkouts) == before


def last_event(stack: Deployment) -> dict[str, Any]:
    rows = sorted(stack.items("EVENT#"), key=lambda item: str(item["sk"]["S"]))
    found: dict[str, Any] = json.loads(rows[-1]["envelope"]["S"])
    return found


def test_what_is_kept_is_enough_to_understand_the_callback_later(paid: Deployment) -> None:
    paid.call_back()
    (row,) = paid.items("CALLBACK#")
    kept = {name: value["S"] for name, value in row["evidence"]["M"].items()}
    assert kept["utilityref"] == "order-1"
    assert kept["transactionstatus"] == "success"
    assert kept["signature"]
    assert not {"password", "user", "clientId", "submerchantAcc"} & kept.keys()
    scanned = clients.dynamodb().scan(TableName="payments")["Count"]
    assert scanned == len(paid.items())
