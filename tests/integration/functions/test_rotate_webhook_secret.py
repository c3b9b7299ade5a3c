"""The webhook's secret, replaced by command: at no moment is a callback refused for it."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import timedelta
from typing import Any

import boto3
import pytest

from finconnect.clock import to_iso
from ops.overlap import now
from ops.stack import StackError
from ops.webhook_secret import WebhookSecret
from tests.fakes.builders import a_payload
from tests.fakes.known_stack import KnownStack
from tests.fakes.signing import azampay_key, callback_body
from tests.integration.functions.deployment import URL_SECRET, Deployment

OVERLAP = timedelta(hours=72)
OVER = timedelta(0)
URL = "https://api.example.com/v1/webhooks/azampay/"


@pytest.fixture
def waited() -> list[float]:
    """The seconds that were waited for."""
    return []


@pytest.fixture
def secret(stack: Deployment, waited: list[float]) -> WebhookSecret:
    stack.knows_key()
    outputs = {"WebhookSecretName": "url-secret", "WebhookUrlTemplate": URL + "{secret}"}
    return WebhookSecret(KnownStack("finconnect-sandbox", known=outputs), waited.append)


def pay_and_call_back(stack: Deployment, order: str, url_secret: str) -> int:
    """The webhook's answer to a success of a payment of its own."""
    stack.post(a_payload(externalId=order))
    body = callback_body(azampay_key(), utilityref=order)
    return int(stack.call_back(body, secret=url_secret)["statusCode"])


def came(metric: str, *, minutes_ago: int = 90, count: int = 1) -> None:
    """As if so many callbacks had come."""
    boto3.client("cloudwatch").put_metric_data(
        Namespace="FinConnect",
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [{"Name": "service", "Value": "finconnect-sandbox-webhook"}],
                "Timestamp": now() - timedelta(minutes=minutes_ago),
                "Value": count,
            }
        ],
    )


def began_hours_ago(stack: Deployment, hours: int) -> None:
    """As if the replacement had been begun then, with an overlap that is over."""
    began = now() - timedelta(hours=hours)
    times = {"began_at": to_iso(began), "finish_after": to_iso(began)}
    stack.put_secret("url-secret", {"current": "new", "previous": URL_SECRET, **times})


def test_before_during_and_after_each_callback_is_taken(
    stack: Deployment, secret: WebhookSecret
) -> None:
    old = URL_SECRET
    assert pay_and_call_back(stack, "before", old) == 200
    list(secret.begin(OVERLAP))
    new = stack.secret("url-secret")["current"]
    assert stack.secret("url-secret")["previous"] == old
    stack.restart("webhook")
    assert [pay_and_call_back(stack, "during-old", old)] == [200]
    assert [pay_and_call_back(stack, "during-new", new)] == [200]

    list(secret.finish(force=True))
    stack.restart("webhook")
    assert pay_and_call_back(stack, "after-new", new) == 200
    assert pay_and_call_back(stack, "after-old", old) == 404
    told = Counter(stack.event_types())
    assert told["payment.succeeded"] == 4


def test_a_new_secret_is_as_the_template_makes_it(stack: Deployment, secret: WebhookSecret) -> None:
    made = set()
    for _ in range(3):
        list(secret.begin(OVERLAP))
        made.add(stack.secret("url-secret")["current"])
        list(secret.finish(force=True))
    assert len(made) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9]{64}", each) for each in made)
    assert stack.secret("url-secret").keys() == {"current"}


def test_nothing_but_the_url_that_is_asked_for_shows_a_secret(
    stack: Deployment, secret: WebhookSecret
) -> None:
    lines = [*secret.begin(OVERLAP), *secret.status()]
    new = stack.secret("url-secret")["current"]
    assert not any(each in line for line in lines for each in (new, URL_SECRET))
    assert list(secret.url())[-1] == URL + new


def test_the_url_is_printed_once_every_container_opens_to_it(
    stack: Deployment, secret: WebhookSecret, waited: list[float]
) -> None:
    list(secret.url())
    assert waited == []  # nothing is under way
    list(secret.begin(OVERLAP))
    list(secret.url())
    assert 10 < waited.pop() <= 15
    began_hours_ago(stack, 1)
    list(secret.url())
    assert waited == []


def test_a_second_one_is_not_begun(stack: Deployment, secret: WebhookSecret) -> None:
    list(secret.begin(OVERLAP))
    before = stack.secret("url-secret")
    with pytest.raises(StackError, match="under way"):
        list(secret.begin(OVERLAP))
    assert stack.secret("url-secret") == before


@pytest.mark.parametrize("step", ["finish", "cancel"])
def test_what_was_not_begun_is_not_ended(
    stack: Deployment, secret: WebhookSecret, step: str
) -> None:
    with pytest.raises(StackError, match="nothing is under way"):
        list(getattr(secret, step)(force=True))
    assert stack.secret("url-secret") == {"current": URL_SECRET}


def test_the_overlap_and_the_first_callback_to_the_new_url_are_waited_for(
    stack: Deployment, secret: WebhookSecret
) -> None:
    list(secret.begin(OVERLAP))
    before = stack.secret("url-secret")
    with pytest.raises(
        StackError, match=r"overlap lasts until .*; no callback has come to the new"
    ):
        list(secret.finish(force=False))
    assert stack.secret("url-secret") == before


def test_an_old_url_that_is_still_used_is_not_ended(
    stack: Deployment, secret: WebhookSecret
) -> None:
    began_hours_ago(stack, 80)
    came("CallbackNewUrl", count=7)
    came("CallbackOldUrl", minutes_ago=20, count=2)
    with pytest.raises(StackError, match="a callback came to the old URL at about"):
        list(secret.finish(force=False))
    text = "\n".join(secret.status())
    assert "old URL: 2 callbacks, the last at about" in text
    assert "new URL: 7 callbacks" in text


@pytest.mark.parametrize("hours", [80, 24 * 30, 24 * 200])
def test_once_azampay_has_switched_the_old_url_is_ended(
    stack: Deployment, secret: WebhookSecret, hours: int
) -> None:
    began_hours_ago(stack, hours)
    came("CallbackOldUrl", minutes_ago=70 * 60)
    came("CallbackNewUrl", minutes_ago=30)
    assert list(secret.status())[-1] == "now: `rotate webhook-secret finish`"
    list(secret.finish(force=False))
    assert stack.secret("url-secret") == {"current": "new"}


def test_one_that_was_begun_by_hand_can_be_finished(
    stack: Deployment, secret: WebhookSecret
) -> None:
    stack.put_secret("url-secret", {"current": "new", "previous": "old"})
    assert "two URLs are valid" in next(iter(secret.status()))
    list(secret.finish(force=True))
    assert stack.secret("url-secret") == {"current": "new"}


def test_a_new_url_that_nobody_uses_can_be_taken_back(
    stack: Deployment, secret: WebhookSecret
) -> None:
    list(secret.begin(OVER))
    list(secret.cancel(force=False))
    assert stack.secret("url-secret") == {"current": URL_SECRET}


def test_a_new_url_that_is_used_is_not_taken_back(stack: Deployment, secret: WebhookSecret) -> None:
    began_hours_ago(stack, 3)
    came("CallbackNewUrl")
    with pytest.raises(StackError, match="the new URL has had 1 callbacks"):
        list(secret.cancel(force=False))
    assert stack.secret("url-secret")["current"] == "new"


def test_callbacks_are_counted_by_url_while_there_are_two_and_only_then(
    stack: Deployment, secret: WebhookSecret, capsys: pytest.CaptureFixture[str]
) -> None:
    pay_and_call_back(stack, "one", URL_SECRET)
    assert counted(capsys) == {}
    list(secret.begin(OVERLAP))
    stack.restart("webhook")
    new = stack.secret("url-secret")["current"]
    for order, url_secret in (("a", URL_SECRET), ("b", new), ("c", new)):
        pay_and_call_back(stack, order, url_secret)
    pay_and_call_back(stack, "d", "a-guess")
    assert counted(capsys) == {"CallbackOldUrl": 1, "CallbackNewUrl": 2}


def test_a_deferred_callback_of_the_old_url_is_recorded_after_its_end(
    stack: Deployment, secret: WebhookSecret
) -> None:
    stack.post(a_payload(externalId="waits"))
    stack.forgets_keys()
    body = callback_body(azampay_key(), utilityref="waits")
    mend = stack.break_store("lambda.Invoke")
    answer = stack.call_back(body)
    assert json.loads(answer["body"]) == {"status": "deferred"}
    mend()
    list(secret.begin(OVER))
    list(secret.finish(force=True))
    stack.restart("webhook")
    stack.knows_key()
    assert stack.deliver_waiting() == {"batchItemFailures": []}
    assert stack.event_types()[-1] == "payment.succeeded"


def counted(capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    """How often each of both metrics was written out."""
    found: Counter[str] = Counter()
    for line in capsys.readouterr().out.splitlines():
        values: dict[str, Any] = json.loads(line)
        for name in ("CallbackOldUrl", "CallbackNewUrl"):
            if "_aws" in values and name in values:
                found[name] += len(values[name])
    return dict(found)
