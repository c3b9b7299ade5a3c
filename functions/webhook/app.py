"""Lambda: POST /webhooks/{provider}/{secret}."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from finconnect.composition.webhook import build
from finconnect.payments.aws.powertools import counted, logger
from finconnect.payments.http_api import Response, answers_problems, json_response, read_body
from finconnect.payments.settings import WebhookSettings, read_settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

app = build(read_settings(WebhookSettings))


@logger.inject_lambda_context
@counted
def handler(event: dict[str, Any], context: LambdaContext) -> Response:
    """Answer one callback."""
    return take_in(event)


@answers_problems(app.telemetry)
def take_in(event: dict[str, Any]) -> Response:
    """Record the callback; the answer leaves only after the write."""
    disposition = app.record(read_body(event), event["pathParameters"]["secret"])
    return json_response(200, {"status": disposition.value})
