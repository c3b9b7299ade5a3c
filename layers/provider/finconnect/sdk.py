"""FinConnect without AWS: one object, one call."""

from __future__ import annotations

from finconnect.providers.base import CheckoutAccepted, Payload, Provider
from finconnect.providers.registry import create_provider


class FintechSDK:
    """Pays through one provider; tokens and the providers' differences are handled inside.

    >>> sdk = FintechSDK("azampay", {"app_name": ..., "client_id": ..., "client_secret": ...,
    ...                              "authenticator_url": ..., "checkout_url": ...})
    >>> sdk.pay({"accountNumber": "255712345678", "amount": 1000, "currency": "TZS",
    ...          "externalId": "ORDER-1", "provider": "Mpesa"})
    """

    def __init__(self, provider: str, config: object) -> None:
        """``config``: the provider's own object or a mapping of its fields. Raises ValueError."""
        self.provider: Provider = create_provider(provider, config)

    def pay(self, payload: Payload) -> CheckoutAccepted:
        """Ask the payer for the money: the payload goes to the provider as it is.

        Raises InvalidPayload before anything is sent; then PaymentRefused or PaymentNotSent if no
        prompt is out, and PaymentOutcomeUnknown if one may be: never repeat that payload.
        """
        self.provider.read_payload(payload)
        return self.provider.initiate_ussd_push_request(payload)
