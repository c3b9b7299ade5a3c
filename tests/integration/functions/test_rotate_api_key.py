"""The API key, replaced by command: a caller with a valid key is never turned away."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from moto.apigateway.models import apigateway_backends

from ops.api_key import STACK_TAG, ApiKeys
from ops.overlap import now
from ops.stack import StackError
from tests.fakes.known_stack import KnownStack

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

NAME = "finconnect-sandbox"
GROUP = f"/finconnect/{NAME}/api"
OVERLAP, OVER = timedelta(hours=72), timedelta(0)


@dataclass
class Gateway:
    """A usage plan with the stack's own key, and the commands for it."""

    client: APIGatewayClient = field(default_factory=lambda: boto3.client("apigateway"))

    api_logging: str = "set-up"

    def __post_init__(self) -> None:
        boto3.client("logs").create_log_group(logGroupName=GROUP)
        boto3.client("logs").create_log_stream(logGroupName=GROUP, logStreamName="stream")
        self.own = self.client.create_api_key(enabled=True)["id"]
        self.plan = self.client.create_usage_plan(name="plan")["id"]
        self.client.create_usage_plan_key(usagePlanId=self.plan, keyId=self.own, keyType="API_KEY")

    @property
    def keys(self) -> ApiKeys:
        ids, chosen = {"PaymentsUsagePlan": self.plan}, {"ApiLogging": self.api_logging}
        return ApiKeys(KnownStack(NAME, known={"ApiKeyId": self.own}, ids=ids, chosen=chosen))

    def valid(self) -> set[str]:
        """What opens the routes: enabled, and on the plan."""
        on_plan = self.client.get_usage_plan_keys(usagePlanId=self.plan)["items"]
        return {
            each["id"]
            for each in on_plan
            if self.client.get_api_key(apiKey=each["id"]).get("enabled")
        }

    def new(self) -> str:
        (found,) = self.valid() - {self.own}
        return found

    def began_days_ago(self, days: int) -> None:
        """As if the replacement had been begun then, with an overlap that is over."""
        list(self.keys.begin(OVER))
        began = int((now() - timedelta(days=days)).timestamp())
        keys = apigateway_backends["123456789012"]["us-east-1"].keys
        keys[self.own].created_date, keys[self.new()].created_date = began - 1, began

    def used(self, key: str, *, minutes_ago: int = 10) -> None:
        """As if the access log said that it was."""
        logs = boto3.client("logs")
        when = int((now() - timedelta(minutes=minutes_ago)).timestamp() * 1000)
        line = f'{{"requestId":"r","status":"202","apiKeyId":"{key}"}}'
        logs.put_log_events(
            logGroupName=GROUP,
            logStreamName="stream",
            logEvents=[{"timestamp": when, "message": line}],
        )


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def test_two_are_valid_and_then_the_new_one_alone(gateway: Gateway) -> None:
    list(gateway.keys.begin(OVER))
    new = gateway.new()
    assert gateway.valid() == {gateway.own, new}
    gateway.used(new)
    list(gateway.keys.finish(force=False))
    assert gateway.valid() == {new}
    assert gateway.client.get_api_key(apiKey=gateway.own)["enabled"] is False


def test_the_next_one_replaces_a_key_that_the_stack_does_not_know(gateway: Gateway) -> None:
    list(gateway.keys.begin(OVER))
    second = gateway.new()
    list(gateway.keys.finish(force=True))
    list(gateway.keys.begin(OVER))
    (third,) = gateway.valid() - {second}
    list(gateway.keys.finish(force=True))

    assert gateway.valid() == {third}
    left = {each["id"] for each in gateway.client.get_api_keys()["items"]}
    assert left == {gateway.own, third}


def test_an_update_by_cloudformation_does_not_revive_the_old_key(gateway: Gateway) -> None:
    list(gateway.keys.begin(OVER))
    new = gateway.new()
    list(gateway.keys.finish(force=True))
    # The most that an update of the resource does: it sets its properties again.
    enable = [{"op": "replace", "path": "/enabled", "value": "true"}]
    gateway.client.update_api_key(apiKey=gateway.own, patchOperations=enable)  # type: ignore[arg-type]
    assert gateway.valid() == {new}
    assert len(list(gateway.keys.status())) == 3


def test_a_key_says_whose_it_is_and_its_value_is_shown_only_when_asked_for(
    gateway: Gateway,
) -> None:
    lines = [*gateway.keys.begin(OVERLAP), *gateway.keys.status()]
    new = gateway.client.get_api_key(apiKey=gateway.new(), includeValue=True)
    assert new["tags"][STACK_TAG] == NAME
    assert not any(new["value"] in line for line in lines)
    assert list(gateway.keys.value()) == [new["value"]]


def test_a_third_one_is_not_made(gateway: Gateway) -> None:
    list(gateway.keys.begin(OVERLAP))
    before = gateway.valid()
    with pytest.raises(StackError, match="two keys are valid"):
        list(gateway.keys.begin(OVERLAP))
    assert gateway.valid() == before


def test_the_overlap_is_waited_for(gateway: Gateway) -> None:
    list(gateway.keys.begin(OVERLAP))
    before = gateway.valid()
    with pytest.raises(StackError, match="overlap lasts until"):
        list(gateway.keys.finish(force=False))
    assert gateway.valid() == before


def test_an_old_key_that_is_used_is_not_ended(gateway: Gateway) -> None:
    list(gateway.keys.begin(OVER))
    gateway.used(gateway.new())
    gateway.used(gateway.own)
    with pytest.raises(StackError, match=f"key {gateway.own} was used last at"):
        list(gateway.keys.finish(force=False))
    assert len(gateway.valid()) == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(20 * 60, 10, id="a job that runs at night has the old one"),
        pytest.param(30 * 60, 50 * 60, id="the new one was only tried, and the old used after it"),
        pytest.param(71 * 60, None, id="the new one was never used"),
    ],
)
def test_the_whole_overlap_tells_who_still_needs_the_old_key(
    gateway: Gateway, old: int, new: int | None
) -> None:
    gateway.began_days_ago(3)
    gateway.used(gateway.own, minutes_ago=old)
    if new:
        gateway.used(gateway.new(), minutes_ago=new)
    with pytest.raises(StackError, match=f"key {gateway.own} was used last at"):
        list(gateway.keys.finish(force=False))
    assert len(gateway.valid()) == 2


def test_a_new_key_that_was_used_since_the_old_was_last_replaces_it(gateway: Gateway) -> None:
    gateway.began_days_ago(3)
    gateway.used(gateway.own, minutes_ago=50 * 60)
    gateway.used(gateway.own, minutes_ago=26 * 60)
    gateway.used(gateway.new(), minutes_ago=25 * 60)
    list(gateway.keys.finish(force=False))
    assert gateway.own not in gateway.valid()


def test_a_key_that_is_used_all_the_time_is_found_by_a_small_look(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.began_days_ago(30)
    looks = list[int]()
    session = boto3.Session()
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    session.events.register(
        "provide-client-params.cloudwatch-logs.FilterLogEvents",
        lambda params, **_: looks.append(params["endTime"] - params["startTime"]),
    )
    for minute in range(5):
        gateway.used(gateway.own, minutes_ago=minute)
        gateway.used(gateway.new(), minutes_ago=minute)
    assert "was used last at" in "".join(gateway.keys.status())
    assert looks == [60_000, 60_000]


def test_a_new_key_that_nobody_uses_does_not_replace_the_old(gateway: Gateway) -> None:
    list(gateway.keys.begin(OVER))
    with pytest.raises(StackError, match=f"key {gateway.new()} was not used since"):
        list(gateway.keys.finish(force=False))
    gateway.used(gateway.new())
    assert list(gateway.keys.status())[-1] == "now: `rotate api-key finish`"
    list(gateway.keys.finish(force=False))
    assert gateway.own not in gateway.valid()


def test_a_new_key_can_be_taken_back_while_nobody_uses_it(gateway: Gateway) -> None:
    list(gateway.keys.begin(OVERLAP))
    gateway.used(gateway.new())
    with pytest.raises(StackError, match="was used last at"):
        list(gateway.keys.cancel(force=False))
    list(gateway.keys.cancel(force=True))
    assert gateway.valid() == {gateway.own}


@pytest.mark.parametrize("step", ["finish", "cancel"])
def test_a_single_key_is_never_ended(gateway: Gateway, step: str) -> None:
    with pytest.raises(StackError, match="nothing is under way"):
        list(getattr(gateway.keys, step)(force=True))
    assert gateway.valid() == {gateway.own}


def test_where_callers_sign_there_is_no_key() -> None:
    with pytest.raises(StackError, match="AWS_IAM"):
        ApiKeys(KnownStack(NAME, known={"ApiKeyId": "none"}))


@pytest.mark.parametrize("step", ["finish", "cancel"])
def test_without_an_access_log_a_person_must_know(gateway: Gateway, step: str) -> None:
    gateway.api_logging = "off"
    list(gateway.keys.begin(OVER))
    assert "its use is not known" in "".join(gateway.keys.status())
    with pytest.raises(StackError, match="writes no access log"):
        list(getattr(gateway.keys, step)(force=False))
    assert len(gateway.valid()) == 2
    list(getattr(gateway.keys, step)(force=True))
    assert len(gateway.valid()) == 1
