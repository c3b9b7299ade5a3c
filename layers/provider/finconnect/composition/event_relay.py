"""What event_relay is made of."""

from __future__ import annotations

from finconnect.payments.aws import clients
from finconnect.payments.aws.powertools import PowertoolsTelemetry
from finconnect.payments.aws.sns_publisher import SnsPublisher
from finconnect.payments.relay import Publisher, RelayEvent
from finconnect.payments.settings import EventRelaySettings
from finconnect.payments.telemetry import Telemetry


def build(
    settings: EventRelaySettings,
    *,
    telemetry: Telemetry | None = None,
    publisher: Publisher | None = None,
) -> RelayEvent:
    """Build the use case of event_relay; what is given replaces what would be built."""
    return RelayEvent(
        publisher or SnsPublisher(clients.sns(), settings.event_topic_arn),
        telemetry or PowertoolsTelemetry(),
    )
