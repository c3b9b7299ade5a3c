"""Publishing the outbox: at least once, always the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from finconnect.payments.errors import PublishFailed
from finconnect.payments.relay import RelayEvent
from finconnect.payments.telemetry import Fact
from tests.fakes.builders import an_event
from tests.fakes.faults import When
from tests.fakes.stores import FakePublisher
from tests.fakes.telemetry import RecordingTelemetry


def test_an_event_is_published_as_it_is_and_told() -> None:
    topic, heard = FakePublisher(), RecordingTelemetry()
    RelayEvent(topic, heard, lambda: an_event().time + timedelta(seconds=2.5))(an_event())
    assert topic.published == [an_event()]
    assert heard.details(Fact.EVENT_PUBLISHED) == {
        "payment": "azampay/order-1",
        "event": an_event().id,
        "type": "payment.pending",
        "lag_seconds": 2.5,
    }


def test_an_event_given_twice_is_published_twice_with_the_same_id() -> None:
    topic = FakePublisher()
    topic.faults.fail(PublishFailed("no"), "topic.publish", when=When.AFTER)
    relay = RelayEvent(topic, RecordingTelemetry())
    with pytest.raises(PublishFailed):
        relay(an_event())
    relay(an_event())
    assert [event.id for event in topic.published] == [an_event().id] * 2


def test_an_event_that_is_not_published_is_said_so() -> None:
    topic, heard = FakePublisher(), RecordingTelemetry()
    topic.faults.fail(PublishFailed("Throttled"), "topic.publish")
    with pytest.raises(PublishFailed):
        RelayEvent(topic, heard)(an_event())
    assert heard.facts == [Fact.EVENT_NOT_PUBLISHED]
    assert heard.details(Fact.EVENT_NOT_PUBLISHED)["event"] == an_event().id
