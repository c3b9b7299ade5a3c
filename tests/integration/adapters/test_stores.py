"""Tokens, credentials, keys and the guard of the key fetch, as AWS holds them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from finconnect.errors import AuthenticationError
from finconnect.payments.aws.caches import SecretsManagerUrlSecret
from finconnect.payments.aws.refresher import LambdaRefresher, RationedKeyFetching
from finconnect.payments.aws.sns_publisher import SnsPublisher
from finconnect.payments.aws.stores import (
    ParameterStoreKeys,
    SecretsManagerCredentials,
    SecretsManagerTokenStore,
)
from finconnect.payments.errors import PublishFailed, StoreUnavailable
from finconnect.payments.refresh_key import KeyRing
from finconnect.payments.telemetry import Fact
from finconnect.payments.verify import FetchState
from finconnect.providers.base import AccessToken
from tests.fakes.builders import an_event
from tests.fakes.clock import START, FakeClock
from tests.fakes.ledger_contract import in_threads
from tests.fakes.table import one_call_at_a_time
from tests.fakes.telemetry import RecordingTelemetry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

type Holds = Callable[[object], SecretsManagerClient]


@pytest.fixture
def holds() -> Holds:
    """Create the secret with a value, JSON or text as it is."""

    def create(value: object) -> SecretsManagerClient:
        client = boto3.client("secretsmanager")
        text = value if isinstance(value, str) else json.dumps(value)
        client.create_secret(Name="secret", SecretString=text)
        return client

    return create


@pytest.mark.parametrize("api_key", [None, "an-api-key"])
def test_a_token_is_read_as_it_was_written(holds: Holds, api_key: str | None) -> None:
    store = SecretsManagerTokenStore(holds({}), "secret")
    assert store.read() is None
    token = AccessToken("a-token", START, START + timedelta(hours=1), api_key)
    store.write(token)
    assert store.read() == token


def test_a_write_that_is_refused_is_never_taken_for_one_that_worked() -> None:
    token = AccessToken("a-token", START, START + timedelta(hours=1))
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        SecretsManagerTokenStore(boto3.client("secretsmanager"), "no-such-secret").write(token)
    refused, stub = stubbed("ssm")
    stub.add_client_error("put_parameter", "TooManyUpdates")
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        ParameterStoreKeys(refused, "/key").write(KeyRing("current"))


def stubbed(service: Any) -> tuple[Any, Stubber]:  # noqa: ANN401 (a client of any service)
    client = boto3.client(service)
    stub = Stubber(client)
    stub.activate()
    return client, stub


def test_credentials_are_read_without_what_is_not_set(holds: Holds) -> None:
    client = holds(
        {"appName": "Shop\n", "clientId": " 1", "clientSecret": "s=", "apiKey": "REPLACE_ME"}
    )
    credentials = SecretsManagerCredentials(client, "secret").read()
    assert credentials == {"appName": "Shop", "clientId": "1", "clientSecret": "s="}


@pytest.mark.parametrize("value", ["REPLACE_ME", "", None])
def test_credentials_that_are_not_in_are_named(holds: Holds, value: str | None) -> None:
    client = holds({"appName": value, "clientId": "1", "clientSecret": value})
    with pytest.raises(AuthenticationError, match=r"appName, clientSecret.*put-secret-value"):
        SecretsManagerCredentials(client, "secret").read()


@pytest.mark.parametrize("text", ["canary", "[]", '"canary"', '{"current": canary}'])
def test_a_secret_that_is_no_object_is_never_quoted(holds: Holds, text: str) -> None:
    store = SecretsManagerTokenStore(holds(text), "secret")
    with pytest.raises(StoreUnavailable) as caught:
        store.read()
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "value",
    [
        {"access_token": "x"},
        {"access_token": "x", "obtained_at": "yesterday", "expires_at": "today"},
        {"access_token": "x", "obtained_at": 5, "expires_at": None},
    ],
)
def test_a_stored_token_that_cannot_be_read_is_none_so_that_it_is_replaced(
    holds: Holds, value: dict[str, str]
) -> None:
    assert SecretsManagerTokenStore(holds(value), "secret").read() is None


def test_a_secret_that_is_not_there_is_unavailable() -> None:
    client = boto3.client("secretsmanager")
    with pytest.raises(StoreUnavailable, match="ResourceNotFoundException"):
        SecretsManagerTokenStore(client, "secret").read()


def test_the_secret_of_the_url_is_read_once_in_five_minutes(holds: Holds) -> None:
    client, clock = holds({"current": "first"}), FakeClock()
    secret = SecretsManagerUrlSecret(client, "secret", clock)
    assert secret.matches("first")
    client.put_secret_value(SecretId="secret", SecretString='{"current": "second"}')
    assert not secret.matches("second")
    clock.advance(minutes=5)
    assert secret.matches("second")
    assert not secret.matches("first")


def test_a_new_secret_is_known_after_ten_seconds_and_a_guess_costs_no_more_reads(
    holds: Holds,
) -> None:
    client, clock = holds({"current": "first"}), FakeClock()
    reads: list[None] = []
    client.meta.events.register(
        "before-call.secrets-manager.GetSecretValue", lambda **_: reads.append(None)
    )
    secret = SecretsManagerUrlSecret(client, "secret", clock)
    assert secret.matches("first")
    client.put_secret_value(SecretId="secret", SecretString='{"current": "second"}')
    for _ in range(50):
        assert not secret.matches("second")
    assert len(reads) == 1
    clock.advance(seconds=10)
    assert secret.matches("second")
    assert not secret.matches("first")
    assert len(reads) == 2


@pytest.mark.parametrize("presented", ["", "firs", "first ", "FIRST", "é", "\ud800"])
def test_any_other_text_is_not_the_secret(holds: Holds, presented: str) -> None:
    secret = SecretsManagerUrlSecret(holds({"current": "first"}), "secret")
    assert not secret.matches(presented)


def test_the_previous_secret_of_the_url_is_good_while_it_is_left_in(holds: Holds) -> None:
    client, clock = holds({"current": "new", "previous": "old"}), FakeClock()
    secret = SecretsManagerUrlSecret(client, "secret", clock)
    assert secret.matches("new")
    assert secret.matches("old")
    client.put_secret_value(SecretId="secret", SecretString='{"current": "new"}')
    clock.advance(minutes=5)
    assert not secret.matches("old")


class Outage:
    """Secrets Manager while it cannot be read; counts how often that was tried."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401
        self.reads = 0
        self._events = client.meta.events
        self._call = "before-call.secrets-manager.GetSecretValue"
        self._events.register_first(self._call, self._refuse)

    def end(self) -> None:
        self._events.unregister(self._call, self._refuse)

    def _refuse(self, **_: object) -> None:
        self.reads += 1
        raise EndpointConnectionError(endpoint_url="nowhere")


def test_while_the_secret_cannot_be_read_the_one_that_was_read_opens_for_an_hour(
    holds: Holds,
) -> None:
    client, clock, heard = holds({"current": "first"}), FakeClock(), RecordingTelemetry()
    secret = SecretsManagerUrlSecret(client, "secret", clock, heard)
    assert secret.matches("first")
    outage = Outage(client)
    clock.advance(minutes=4.9)
    assert secret.matches("first")
    assert heard.facts == []
    clock.advance(minutes=55)
    assert secret.matches("first")
    assert heard.facts == [Fact.URL_SECRET_REMEMBERED]
    clock.advance(minutes=0.1)
    with pytest.raises(StoreUnavailable):
        secret.matches("first")
    outage.end()
    assert secret.matches("first")


def test_what_an_earlier_secret_does_not_fit_is_no_wrong_url(holds: Holds) -> None:
    client, clock = holds({"current": "first"}), FakeClock()
    secret = SecretsManagerUrlSecret(client, "secret", clock)
    assert secret.matches("first")
    client.put_secret_value(SecretId="secret", SecretString='{"current": "second"}')
    outage = Outage(client)
    for minutes in (1, 10):
        clock.advance(minutes=minutes)
        with pytest.raises(StoreUnavailable):
            secret.matches("second")
    outage.end()
    assert secret.matches("second")
    assert not secret.matches("first")


def test_in_an_outage_a_genuine_callback_seldom_waits_for_a_read_that_fails(holds: Holds) -> None:
    client, clock = holds({"current": "first"}), FakeClock()
    secret = SecretsManagerUrlSecret(client, "secret", clock)
    assert secret.matches("first")
    outage = Outage(client)
    clock.advance(minutes=6)
    for _ in range(50):
        assert secret.matches("first")
        clock.advance(seconds=1)
    assert outage.reads == 5


def test_what_was_never_read_is_tried_again_at_once(holds: Holds) -> None:
    client = holds({"current": "first"})
    secret, outage = SecretsManagerUrlSecret(client, "secret", FakeClock()), Outage(client)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            secret.matches("first")
    outage.end()
    assert secret.matches("first")


@pytest.mark.parametrize("value", [{}, {"current": ""}, {"current": "", "previous": ""}])
def test_no_secret_is_matched_by_nothing(holds: Holds, value: dict[str, str]) -> None:
    assert not SecretsManagerUrlSecret(holds(value), "secret").matches("")


def test_keys_are_read_as_they_were_written() -> None:
    ssm = boto3.client("ssm")
    ssm.put_parameter(Name="/key", Value="{}", Type="String")
    store = ParameterStoreKeys(ssm, "/key")
    assert store.read() == KeyRing()
    store.write(KeyRing("current", "previous", START))
    assert store.read() == KeyRing("current", "previous", START)


@pytest.mark.parametrize("text", ["x", "{"])
def test_a_key_parameter_that_is_not_json_is_unavailable(text: str) -> None:
    ssm = boto3.client("ssm")
    ssm.put_parameter(Name="/key", Value=text, Type="String")
    with pytest.raises(StoreUnavailable):
        ParameterStoreKeys(ssm, "/key").read()


def fetching(client: DynamoDBClient, table: str, clock: FakeClock) -> RationedKeyFetching:
    refresher = LambdaRefresher(boto3.client("lambda"), "token-refresh")
    return RationedKeyFetching(client, table, "azampay", refresher, clock)


def test_a_fetch_is_due_once_in_five_minutes_for_all(dynamodb: DynamoDBClient, table: str) -> None:
    clock = FakeClock()
    one, other = fetching(dynamodb, table, clock), fetching(dynamodb, table, clock)
    due, unsettled = FetchState.DUE, FetchState.UNSETTLED
    assert [one.claim(), one.claim(), other.claim()] == [due, unsettled, unsettled]
    clock.advance(minutes=4, seconds=59)
    assert other.claim() is unsettled
    clock.advance(seconds=1)
    assert [other.claim(), one.claim()] == [due, unsettled]


def test_of_many_at_once_one_is_told_that_a_fetch_is_due(
    dynamodb: DynamoDBClient, table: str
) -> None:
    client, clock, told = one_call_at_a_time(dynamodb), FakeClock(), list[FetchState]()
    in_threads([lambda: told.append(fetching(client, table, clock).claim())] * 10)
    assert told.count(FetchState.DUE) == 1
    assert told.count(FetchState.UNSETTLED) == 9


def test_a_guard_that_cannot_be_written_is_unavailable(dynamodb: DynamoDBClient) -> None:
    with pytest.raises(StoreUnavailable):
        fetching(dynamodb, "no-such-table", FakeClock()).claim()


def answering(body: bytes, **more: str) -> tuple[LambdaRefresher, Stubber]:
    client = boto3.client("lambda")
    stub = Stubber(client)
    payload = StreamingBody(io.BytesIO(body), len(body))
    stub.add_response("invoke", {"StatusCode": 200, "Payload": payload} | more)
    stub.activate()
    return LambdaRefresher(client, "token-refresh"), stub


@pytest.mark.parametrize(
    ("answer", "has_key"), [("refreshed", True), ("unavailable", False), ("current", False)]
)
def test_a_fetched_key_is_told_from_none(answer: str, has_key: bool) -> None:
    refresher, _ = answering(json.dumps({"token": "current", "public_key": answer}).encode())
    assert refresher.refetch_public_key() is has_key


@pytest.mark.parametrize(
    ("body", "more"),
    [
        (b'{"errorMessage": "canary"}', {"FunctionError": "Unhandled"}),
        (b"canary", {}),
        (b"null", {}),
        (b"[]", {}),
    ],
)
def test_a_refresh_that_fails_is_unavailable_and_quotes_nothing(
    body: bytes, more: dict[str, Any]
) -> None:
    refresher, _ = answering(body, **more)
    with pytest.raises(StoreUnavailable) as caught:
        refresher.refresh_token("fingerprint")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("refused", "payload"), [(None, b"{}"), ("abc", b'{"refused_token": "abc"}')]
)
def test_a_refresh_is_asked_for_by_the_fingerprint_of_what_was_refused(
    refused: str | None, payload: bytes
) -> None:
    client = boto3.client("lambda")
    with Stubber(client) as stub:
        body = StreamingBody(io.BytesIO(b"{}"), 2)
        expected = {
            "FunctionName": "token-refresh",
            "InvocationType": "RequestResponse",
            "Payload": payload,
        }
        stub.add_response("invoke", {"StatusCode": 200, "Payload": body}, expected)
        LambdaRefresher(client, "token-refresh").refresh_token(refused)


def test_a_topic_that_is_not_there_takes_nothing() -> None:
    publisher = SnsPublisher(
        boto3.client("sns"), "arn:aws:sns:us-east-1:123456789012:no-such-topic"
    )
    with pytest.raises(PublishFailed):
        publisher.publish(an_event())
