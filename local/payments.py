"""A merchant's client of the deployed API."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

# The deployed functions may take up to their own time-out when a container is new.
TIMEOUT_SECONDS = 40.0

# One of the stand-in's test numbers, whose payer approves without being asked ...
WILLING_PAYER = "255700000001"
# ... and one that is not among them: where somebody sits at the stand-in's page, it asks there.
ASKED_PAYER = "255754000001"


class PaymentsClient:
    """Sends payments and asks for them. Every answer is returned as it is, whatever its status."""

    def __init__(self, payment_url: str, api_key: str | None) -> None:
        self.payment_url = payment_url
        headers = {} if api_key is None else {"X-API-Key": api_key}
        self._client = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False, headers=headers)

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()

    def post(self, payment: Mapping[str, Any] | bytes) -> httpx.Response:
        """POSTs a payment: an object, or the bytes of a body."""
        content = payment if isinstance(payment, bytes) else None
        body = None if isinstance(payment, bytes) else dict(payment)
        return self._client.post(
            self.payment_url,
            content=content,
            json=body,
            headers={"Content-Type": "application/json"},
        )

    def get(self, external_id: str) -> httpx.Response:
        """GETs a payment with its history."""
        return self._client.get(f"{self.payment_url}/{quote(external_id, safe='')}")


def example_payment(external_id: str, account_number: str = ASKED_PAYER) -> dict[str, Any]:
    """A payment of 1,000 TZS that the stand-in accepts."""
    return {
        "accountNumber": account_number,
        "amount": 1000,
        "currency": "TZS",
        "externalId": external_id,
        "provider": "Mpesa",
        "additionalProperties": None,
    }
