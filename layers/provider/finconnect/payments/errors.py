"""What can go wrong between a request or a callback and the ledger.

FinConnectError
├── PaymentNotFound           no such payment
├── ExternalIdReused          the reference belongs to a payment with another payload
├── PaymentInProgress         an equal request is being sent at this moment
├── PayloadTooLarge           more bytes than any honest request has
├── UnsupportedMediaType      a body of another kind than JSON
├── UnknownUrl                a webhook URL that does not exist: wrong secret
├── SignatureRefused          a callback that must not be believed
├── VerificationUnavailable   a callback that can be neither believed nor refused now
├── ConcurrentChange          somebody else changed the payment first: read again, decide again
├── DuplicateCallback         this very callback is in the ledger already
├── TooManyHeld               more callbacks before the checkout's answer than can be held
├── LedgerUnavailable         the ledger did not answer, or refused for now
│   └── NotUnderstood         another release wrote it, and reading it would be guessing
├── StoreUnavailable          a secret or a key could not be read or written
└── PublishFailed             the topic did not take an event
"""

from __future__ import annotations

from typing import Final

from finconnect.errors import FinConnectError

MAX_BODY_BYTES: Final = 64 * 1024
"""What PayloadTooLarge is measured by: a callback has about one kilobyte, a payment less."""


class PaymentNotFound(FinConnectError):
    """There is no payment with this reference."""


class ExternalIdReused(FinConnectError):
    """The reference was used before, for a payment with another payload."""


class PaymentInProgress(FinConnectError):
    """An equal request is between its record and the provider's answer."""


class PayloadTooLarge(FinConnectError):
    """The body has more bytes than any honest request."""


class UnsupportedMediaType(FinConnectError):
    """The request says that its body is something else than JSON."""


class UnknownUrl(FinConnectError):
    """The secret in the callback URL is wrong; answered as if nothing were there."""


class SignatureRefused(FinConnectError):
    """The callback is not signed by the provider, or not signed at all where it must be."""


class VerificationUnavailable(FinConnectError):
    """No key to verify with, and none to be fetched: neither believed nor refused."""


class ConcurrentChange(FinConnectError):
    """The payment is no longer as it was read."""


class DuplicateCallback(FinConnectError):
    """The inbox holds this very callback already."""


class TooManyHeld(FinConnectError):
    """The payment holds as many early callbacks as it can: this one must wait elsewhere."""


class LedgerUnavailable(FinConnectError):
    """The ledger could not be read or written; whether a write happened is not known."""


class NotUnderstood(LedgerUnavailable):
    """It was written by a release that this one cannot read: to be tried again, never guessed."""


class StoreUnavailable(FinConnectError):
    """A secret, a key or a function of ours could not be reached."""


class PublishFailed(FinConnectError):
    """The topic did not take the event."""
