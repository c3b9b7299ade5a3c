"""Lambda: POST /payments/{provider} and GET /payments/{provider}/{externalId}."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from finconnect.composition.payments import build
from finconnect.payments.aws.powertools import counted, logger
from finconnect.payments.http_api import Response, answers_problems, json_response, read_json
from finconnect.payments.model import PaymentKey
from finconnect.payments.payment_answers import initiated_response
from finconnect.payments.settings import PaymentsSettings, read_settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

app = build(read_settings(PaymentsSettings))


@logger.inject_lambda_context
@counted
def handler(event: dict[str, Any], context: LambdaContext) -> Response:
    """Answer one request of API Gateway."""
    return route(event)


@answers_problems(app.telemetry)
def route(event: dict[str, Any]) -> Response:
    """GET looks a payment up, POST initiates one: the gateway lets nothing else through."""
    if event["httpMethod"] == "GET":
        key = PaymentKey("azampay", event["pathParameters"]["externalId"])
        return json_response(200, app.look_up(key))
    return initiated_response(app.initiate(read_json(event)), path=event["requestContext"]["path"])
