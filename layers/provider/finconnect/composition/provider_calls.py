"""What the functions tell of their calls to the provider."""

from __future__ import annotations

from finconnect.payments.telemetry import Fact, Telemetry
from finconnect.providers.http import HttpCall, HttpClient


def told_client(telemetry: Telemetry) -> HttpClient:
    """An HTTP client that tells of each call how long it took and what came of it."""

    def tell(call: HttpCall) -> None:
        telemetry.tell(
            Fact.PROVIDER_CALLED,
            operation=call.operation,
            latency_ms=round(call.seconds * 1000, 1),
            outcome=call.outcome,
            http_status=call.status,
            trace=call.trace_id,
        )

    return HttpClient(observe=tell)
