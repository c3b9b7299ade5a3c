"""What a request for a payment came to, as an HTTP answer."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from finconnect.payments.events import payment_view
from finconnect.payments.http_api import Problem, Response, json_response, problem_response
from finconnect.payments.initiate import Initiated
from finconnect.payments.model import Status

_REFUSED: Final = Problem(
    422,
    "provider_refused",
    "The provider refused the payment",
    "No prompt was sent. Mend what the provider names, and use a new externalId.",
)
_NOT_SENT: Final = Problem(
    503,
    "provider_unavailable",
    "The provider cannot be reached",
    "Nothing was sent, nobody was charged. Post the same request again.",
    retry_after=10,
)


def initiated_response(result: Initiated, *, path: str) -> Response:
    """The answer to a POST to ``path``: the state of the record decides, and nothing else."""
    payment = result.payment
    view = payment_view(payment)
    if result.replayed:
        return json_response(200, view, {"Idempotency-Replayed": "true"})
    if payment.status is Status.REJECTED:
        return problem_response(_REFUSED, payment=view, providerMessage=payment.message)
    if payment.status is Status.NOT_SENT:
        return problem_response(_NOT_SENT, payment=view)
    location = f"{path.rstrip('/')}/{quote(payment.key.external_id, safe='')}"
    return json_response(202, view, {"Location": location})
