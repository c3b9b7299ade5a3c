"""Lambda: POST /webhooks/{provider}/{secret}, and the queue of callbacks to be verified later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from finconnect.composition.webhook import build
from finconnect.payments.aws.powertools import counted, logger
from finconnect.payments.correlation import correlate
from finconnect.payments.http_api import (
    Response,
    answers_problems,
    header,
    json_response,
    read_body,
)
from finconnect.payments.settings import WebhookSettings, read_settings
from finconnect.text import traceparent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

app = build(read_settings(WebhookSettings))


@logger.inject_lambda_context
@counted
def handler(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    """Answer one callback, or try a batch of waiting ones again."""
    if "Records" in event:
        return app.record_batch(event, context)
    return take_in(event)


@answers_problems(app.telemetry)
def take_in(event: dict[str, Any]) -> Response:
    """Keep the callback; the answer leaves only after the write."""
    trace = traceparent(header(event, "Traceparent"))
    correlate(trace=trace)
    secret = event["pathParameters"]["secret"]
    disposition = app.record(read_body(event), secret, trace)
    return json_response(200, {"status": disposition.value})
