"""The webhook's secret, replaced by command: at no moment is a callback refused for it."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime, timedelta
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
OUTPUTS = {"WebhookSecretName": "url-secret", "WebhookUrlTemplate": URL + "{secret}"}


@pytest.fixture
def waited() -> list[float]:
    """The seconds that were waited for."""
    return []


@pytest.fixture
def secret(stack: Deployment, waited: list[float]) -> WebhookSecret:
    stack.knows_key()
    return WebhookSecret(KnownStack("finconnect-sandbox", known=OUTPUTS), waited.append)


def pay_and_call_back(stack: Deployment, order: str, url_secret: str) -> int:
    """The webhook's answer to a success of a payment of its own."""
    stack.post(a_payload(externalId=order))
    body = callback_body(azampay_key(), utilityref=order)
    return int(stack.call_back(body, secret=url_secret)["statusCode"])


def came(metric: str, at: datetime | None = None, *, minutes_ago: int = 90, count: int = 1) -> None:
    """As if so many callbacks had come."""
    boto3.client("cloudwatch").put_metric_data(
        Namespace="FinConnect",
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [{"Name": "service", "Value": "finconnect-sandbox-webhook"}],
                "Timestamp": at or now() - timedelta(minutes=minutes_ago),
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
    began_hours_ago(stack, 1)
    list(secret.url())
    assert waited == []
    list(secret.finish(force=True))
    list(secret.begin(OVERLAP))
    list(secret.url())
    assert 10 < waited.pop() <= 15


def test_a_second_one_is_not_begun(stack: Deployment, secret: WebhookSecret) -> None:
    list(secret.begin(OVERLAP))
    before = stack.secret("url-secret")
    with pytest.raises(StackError, match="under way"):
        list(secret.begin(OVERLAP))
    assert stack.secret("url-secret") == before


def test_status_can_be_asked_for_in_the_first_second_of_a_minute(
    secret: WebhookSecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    minute = now().replace(second=0, microsecond=1)
    monkeypatch.setattr("ops.webhook_secret.now", lambda: minute)
    list(secret.begin(OVERLAP))
    assert "  new URL: 0 callbacks" in list(secret.status())


@pytest.mark.parametrize("step", ["begin", "finish", "cancel"])
def test_of_two_at_once_one_is_refused_and_the_other_stays(
    stack: Deployment, secret: WebhookSecret, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if step != "begin":
        began_hours_ago(stack, 80)

    def act(whose: WebhookSecret) -> None:
        list(whose.begin(OVERLAP) if step == "begin" else getattr(whose, step)(force=True))

    session = boto3.Session()
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    theirs, done = [secret], list[object]()

    def between_our_reading_and_our_writing(**_: object) -> None:
        if theirs:
            act(theirs.pop())
            done.append(stack.secret("url-secret"))

    session.events.register(
        "provide-client-params.secrets-manager.PutSecretValue", between_our_reading_and_our_writing
    )
    with pytest.raises(StackError, match="somebody else was replacing it"):
        act(WebhookSecret(KnownStack("finconnect-sandbox", known=OUTPUTS)))
    assert done == [stack.secret("url-secret")]


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


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(5 * 60, 60 * 60, id="a try at the new one, and a night without payers"),
        pytest.param(30 * 60, 60 * 60, id="a try at the new one, and a day without payers"),
        pytest.param(30 * 60, 30 * 60, id="in the same moment, as far as the metrics tell"),
    ],
)
def test_an_old_url_that_was_used_last_is_not_ended(
    stack: Deployment, secret: WebhookSecret, old: int, new: int
) -> None:
    began_hours_ago(stack, 80)
    at = now()
    came("CallbackOldUrl", at - timedelta(minutes=old), count=412)
    came("CallbackNewUrl", at - timedelta(minutes=new))
    with pytest.raises(StackError, match="the last callback came to the old URL"):
        list(secret.finish(force=False))
    assert stack.secret("url-secret")["previous"] == URL_SECRET


def test_a_day_without_the_old_url_is_waited_for(stack: Deployment, secret: WebhookSecret) -> None:
    began_hours_ago(stack, 80)
    came("CallbackOldUrl", minutes_ago=23 * 60)
    came("CallbackNewUrl", minutes_ago=30)
    with pytest.raises(StackError, match="less than a day ago"):
        list(secret.finish(force=False))


def test_what_had_to_wait_may_have_come_to_either_url(
    stack: Deployment, secret: WebhookSecret
) -> None:
    began_hours_ago(stack, 80)
    came("CallbackDeferred", minutes_ago=20)
    with pytest.raises(StackError, match=r"had to wait, .* may have come to the new URL"):
        list(secret.cancel(force=False))
    came("CallbackOldUrl", minutes_ago=70 * 60)
    came("CallbackNewUrl", minutes_ago=10)
    with pytest.raises(StackError, match=r"had to wait, .* may have come to the old URL"):
        list(secret.finish(force=False))
    assert stack.secret("url-secret")["current"] == "new"


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


def test_what_anybody_can_send_to_the_new_url_is_not_counted(
    stack: Deployment, secret: WebhookSecret, capsys: pytest.CaptureFixture[str]
) -> None:
    list(secret.begin(OVERLAP))
    stack.restart("webhook")
    new = stack.secret("url-secret")["current"]
    stack.post(a_payload())
    genuine = callback_body(azampay_key())
    assert stack.call_back(genuine)["statusCode"] == 200
    capsys.readouterr()
    altered = [genuine.replace(b"1000", b"1001"), genuine.replace(b", ", b",  ")]
    for body in (callback_body(), genuine, *altered, b"{}"):
        stack.call_back(body, secret=new)
    assert counted(capsys) == {}


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
