"""What the stand-in is asked to send, for which payment and where to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import httpx

from finconnect.money import format_amount
from finconnect.payments.model import Payment, PaymentKey
from local.outputs import SECRET_PLACEHOLDER
from local.target import Target
from simulator.server import SimulatorServer
from simulator.settings import Settings

SECONDS = 10.0


class OrderError(Exception):
    """The callback cannot be sent; the text says why and what to do."""


def order_for(target: Target, reference: str | None) -> dict[str, Any]:
    """Which payment the callback tells of: the stand-in's, else the ledger's.

    Without `reference` it is the payment that was prompted last. Raises OrderError.
    """
    book = _book(target.simulator_url, reference) if target.simulator_url else None
    if book and book["prompts"]:
        return {"externalId": book["prompts"][-1]["externalId"]}
    if reference is None:
        raise OrderError("nobody was prompted yet: send a payment first, or name one: REF=…")
    payment = target.stack.ledger.record(PaymentKey("azampay", reference)).payment
    if payment is None:
        raise OrderError(f"neither the stand-in nor the ledger knows a payment {reference}")
    return {"record": record_of(payment)}


def record_of(payment: Payment) -> dict[str, Any]:
    """A payment of the ledger in the words of a checkout, as the stand-in wants it."""
    record = {
        "externalId": payment.key.external_id,
        "accountNumber": payment.msisdn,
        "amount": format_amount(payment.amount),
        "provider": payment.network,
    }
    # Where the checkout's answer was lost, the callback brings an id that nobody has seen.
    return record | ({"transactionId": payment.transaction_id} if payment.transaction_id else {})


def webhook_url_of(target: Target) -> str:
    """The webhook's URL with its secret. Raises OrderError, StackError, ClientError."""
    if target.simulator_url is not None:
        url = _get(target.simulator_url, "/callback-url", {})["url"]
        if url is None:
            raise OrderError("the stand-in has no callback URL")
        return str(url)
    name = target.stack.output("WebhookSecretName")
    value = boto3.client("secretsmanager").get_secret_value(SecretId=name)
    secret = json.loads(value["SecretString"])["current"]
    return target.stack.output("WebhookUrlTemplate").replace(SECRET_PLACEHOLDER, secret)


def other_secret(url: str) -> str:
    """The URL with the last character of its secret exchanged."""
    last = "B" if url.endswith("A") else "A"
    return url[:-1] + last


@contextmanager
def sent_from_here(seed: int | None) -> Iterator[str]:
    """The base URL of a stand-in in this process, whose key is the one of `seed`, or a new one."""
    with SimulatorServer(Settings(seed=seed)) as server:
        yield server.base_url


def _book(base_url: str, reference: str | None) -> Any:  # noqa: ANN401 - JSON
    return _get(base_url, "/book", {} if reference is None else {"externalId": reference})


def _get(base_url: str, path: str, parameters: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
    url = f"{base_url}/_simulator{path}"
    answer = httpx.get(url, params=parameters, timeout=SECONDS, trust_env=False)
    return answer.raise_for_status().json()
