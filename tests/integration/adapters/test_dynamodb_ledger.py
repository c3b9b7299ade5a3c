"""The ledger in DynamoDB: the contract of every ledger, and what is its own."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber

from finconnect.payments.aws.dynamodb_ledger import DynamoDBLedger
from finconnect.payments.decisions import decide_answer, decide_callback
from finconnect.payments.errors import ConcurrentChange, DuplicateCallback, LedgerUnavailable
from finconnect.payments.model import Answer, Disposition, Kept, Status
from tests.fakes.builders import (
    KEY,
    MSISDN,
    a_holding,
    a_move,
    a_payment,
    a_received,
    an_event,
)
from tests.fakes.clock import START
from tests.fakes.ledger_contract import LedgerContract, Opened
from tests.fakes.provider import TRANSACTION
from tests.fakes.table import all_items, one_call_at_a_time, open_index

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def pauses() -> list[None]:
    """One for each time that the ledger waited for a transaction to end."""
    return []


@pytest.fixture
def ledger(dynamodb: DynamoDBClient, table: str, pauses: list[None]) -> DynamoDBLedger:
    client = one_call_at_a_time(dynamodb)
    return DynamoDBLedger(client, table, pause=lambda: pauses.append(None))


class TestDynamoDBLedger(LedgerContract):
    @pytest.fixture
    def opened(self, dynamodb: DynamoDBClient, table: str) -> Opened:
        return lambda: open_index(dynamodb, table)


def test_only_items_of_the_three_kinds_are_written(
    ledger: DynamoDBLedger, dynamodb: DynamoDBClient
) -> None:
    payment = ledger.open(a_payment())
    change = decide_answer(payment, Answer(Status.PENDING, TRANSACTION), (), now=START)
    ledger.commit(change)
    assert change.after is not None
    ledger.commit(decide_callback(change.after, a_received(), now=START))
    keys = [(item["pk"]["S"], item["sk"]["S"].split("#")[0]) for item in all_items(dynamodb)]
    assert sorted(keys) == [
        ("PAYMENT#azampay#order-1", "CALLBACK"),
        ("PAYMENT#azampay#order-1", "EVENT"),
        ("PAYMENT#azampay#order-1", "EVENT"),
        ("PAYMENT#azampay#order-1", "PAYMENT"),
    ]


def test_an_amount_is_a_number_and_never_a_float(
    ledger: DynamoDBLedger, dynamodb: DynamoDBClient
) -> None:
    ledger.open(a_payment(amount=Decimal("1000.10")))
    assert Decimal(all_items(dynamodb)[0]["amount"]["N"]) == Decimal("1000.1")


def test_the_index_attributes_are_there_only_while_a_payment_is_open(
    ledger: DynamoDBLedger, dynamodb: DynamoDBClient
) -> None:
    payment = ledger.open(a_payment())
    assert {"open_shard", "open_since"} <= all_items(dynamodb)[0].keys()
    ledger.commit(a_move(payment, Status.SUCCEEDED))
    assert not {"open_shard", "open_since"} & all_items(dynamodb)[0].keys()


def test_the_full_number_is_in_attributes_of_that_name_alone(
    ledger: DynamoDBLedger, dynamodb: DynamoDBClient
) -> None:
    payment = ledger.open(a_payment())
    held = a_received(amount="1")
    ledger.commit(a_holding(payment, held))
    loaded = ledger.load(KEY)
    assert loaded is not None
    ledger.commit(decide_answer(loaded, Answer(Status.PENDING, TRANSACTION), [held], now=START))
    for item in all_items(dynamodb):
        rest = {name: value for name, value in item.items() if name != "msisdn"}
        assert MSISDN not in str(rest)


class _Stubbed:
    """A ledger whose DynamoDB gives one answer."""

    def __init__(self, client: DynamoDBClient, pauses: list[None]) -> None:
        self.stubber = Stubber(client)
        self.ledger = DynamoDBLedger(client, "payments", pause=lambda: pauses.append(None))

    def cancels(self, *codes: str) -> None:
        self.stubber.add_client_error(
            "transact_write_items",
            "TransactionCanceledException",
            modeled_fields={"CancellationReasons": [{"Code": code} for code in codes]},
            expected_params={"TransactItems": ANY},
        )
        self.stubber.activate()

    def fails(self, call: str, code: str, times: int = 1) -> None:
        for _ in range(times):
            self.stubber.add_client_error(call, code)
        self.stubber.activate()


@pytest.fixture
def stubbed(dynamodb: DynamoDBClient, pauses: list[None]) -> _Stubbed:
    return _Stubbed(dynamodb, pauses)


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        (("None", "ConditionalCheckFailed", "None"), DuplicateCallback),
        (("ConditionalCheckFailed", "ConditionalCheckFailed", "None"), DuplicateCallback),
        (("TransactionConflict", "ConditionalCheckFailed", "None"), DuplicateCallback),
        (("ConditionalCheckFailed", "None", "None"), ConcurrentChange),
        (("None", "None", "ConditionalCheckFailed"), ConcurrentChange),
        (("TransactionConflict", "None", "None"), ConcurrentChange),
        (("None", "TransactionConflict", "None"), ConcurrentChange),
        (("ThrottlingError", "None", "None"), ConcurrentChange),
        (("ProvisionedThroughputExceeded", "None", "None"), ConcurrentChange),
        (("ValidationError", "None", "None"), LedgerUnavailable),
        (("ItemCollectionSizeLimitExceeded", "None", "None"), LedgerUnavailable),
    ],
)
def test_a_cancelled_transaction_is_told_apart_by_its_reasons(
    stubbed: _Stubbed, codes: tuple[str, ...], error: type[Exception]
) -> None:
    stubbed.cancels(*codes)
    received = Kept(a_received(), Disposition.APPLIED)
    change = a_move(a_payment(), Status.PENDING, an_event())
    with pytest.raises(error) as caught:
        stubbed.ledger.commit(replace(change, received=received))
    assert type(caught.value) is error


def test_a_change_without_a_callback_is_never_a_duplicate(stubbed: _Stubbed) -> None:
    stubbed.cancels("None", "ConditionalCheckFailed")
    with pytest.raises(ConcurrentChange):
        stubbed.ledger.commit(a_move(a_payment(), Status.PENDING, an_event()))


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError"])
def test_a_conflicting_transaction_is_given_a_moment(
    stubbed: _Stubbed, pauses: list[None], code: str
) -> None:
    stubbed.cancels(code, "None")
    with pytest.raises(ConcurrentChange):
        stubbed.ledger.commit(a_move(a_payment(), Status.PENDING, an_event()))
    assert len(pauses) == 1


def test_opening_waits_for_the_transaction_that_holds_the_payment(
    stubbed: _Stubbed, pauses: list[None]
) -> None:
    stubbed.fails("put_item", "TransactionConflictException", times=2)
    stubbed.stubber.add_response("put_item", {})
    assert stubbed.ledger.open(a_payment()) == a_payment()
    assert len(pauses) == 2


def test_opening_does_not_wait_for_ever(stubbed: _Stubbed) -> None:
    stubbed.fails("put_item", "TransactionConflictException", times=10)
    with pytest.raises(LedgerUnavailable):
        stubbed.ledger.open(a_payment())


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError", "AccessDenied"])
def test_every_other_error_says_that_the_ledger_is_unavailable(
    stubbed: _Stubbed, code: str
) -> None:
    for call in ("put_item", "update_item", "get_item", "query", "query", "transact_write_items"):
        stubbed.fails(call, code)
    ledger, payment = stubbed.ledger, a_payment()
    calls: list[Any] = [
        lambda: ledger.open(payment),
        lambda: ledger.reopen(a_payment(Status.NOT_SENT), payment),
        lambda: ledger.load(KEY),
        lambda: ledger.history(KEY),
        lambda: ledger.held_callbacks(KEY),
        lambda: ledger.commit(a_move(payment, Status.PENDING)),
    ]
    for call in calls:
        with pytest.raises(LedgerUnavailable, match=code):
            call()
    stubbed.stubber.assert_no_pending_responses()


def test_a_ledger_that_cannot_be_reached_is_unavailable(
    dynamodb: DynamoDBClient, table: str
) -> None:
    def refuse(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="nowhere")

    dynamodb.meta.events.register("before-call.dynamodb", refuse)
    with pytest.raises(LedgerUnavailable, match="EndpointConnectionError"):
        DynamoDBLedger(dynamodb, table).load(KEY)
