"""Everything that FinConnect raises on purpose.

FinConnectError
├── InvalidPayload             a request that no provider would accept; names every faulty field
├── AuthenticationError        no token to be had ("Authentication failed: ...")
├── PaymentRequestError        a checkout that was not accepted ("Payment request failed: ...")
│   ├── PaymentRefused         the provider said no: no prompt was sent
│   ├── PaymentNotSent         nothing left, or it was turned away at the door
│   │   └── PaymentUnauthorised    the provider refused the token, twice
│   └── PaymentOutcomeUnknown  it may have left and no clear answer came: never send it again
├── PublicKeyError             no usable key to verify callbacks with
├── CallbackError              a callback that is not one: malformed, or made to harm
└── UnsupportedOperation       the provider has no such call

No error holds a token, a credential or a request body, so ``repr`` and tracebacks are safe to log.
"""

from __future__ import annotations

from dataclasses import dataclass


class FinConnectError(Exception):
    """Base of every error that FinConnect raises on purpose."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a payload: the field by its wire name, and what to do about it."""

    field: str
    message: str


class InvalidPayload(FinConnectError):
    """The payload cannot be sent; ``faults`` names every faulty field, not only the first."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{fault.field}: {fault.message}" for fault in faults))


class ProviderError(FinConnectError):
    """What a provider answered, as far as it may be shown.

    ``status_code`` is the HTTP status, or None where no answer came. ``provider_message`` is the
    provider's own text, cleaned and shortened, or None. ``trace_id`` is the provider's, to quote
    when asking its support. ``transaction_id`` is the provider's id of it, if any.
    """

    prefix = ""

    def __init__(
        self,
        reason: str,
        *,
        status_code: int | None = None,
        provider_message: str | None = None,
        trace_id: str | None = None,
        transaction_id: str | None = None,
    ) -> None:
        self.reason = reason
        self.status_code = status_code
        self.provider_message = provider_message
        self.trace_id = trace_id
        self.transaction_id = transaction_id
        super().__init__(f"{self.prefix}{reason}")


class AuthenticationError(ProviderError):
    """The provider gave no token."""

    prefix = "Authentication failed: "


class PaymentRequestError(ProviderError):
    """The checkout was not accepted; the subclass says what that means for the money."""

    prefix = "Payment request failed: "


class PaymentRefused(PaymentRequestError):
    """The provider refused: no prompt was sent. Final for this reference."""


class PaymentNotSent(PaymentRequestError):
    """No prompt can be out, so the same request may be sent again."""


class PaymentUnauthorised(PaymentNotSent):
    """The provider turned the request away at the door because of its token."""


class PaymentOutcomeUnknown(PaymentRequestError):
    """The prompt may be on the handset. Never send this checkout again; the callback settles it."""


class PublicKeyError(FinConnectError):
    """No key, or none that is strong enough to believe a signature by."""


class CallbackError(FinConnectError):
    """The one error for every hostile or malformed callback."""


class UnsupportedOperation(FinConnectError):
    """The provider offers no such call; the text says what to do instead."""
