"""What every provider offers, in words that belong to none of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Protocol

EXPIRY_MARGIN: Final = timedelta(seconds=60)

type Payload = Mapping[str, Any]


def fingerprint(token: str) -> str:
    """The SHA-256 of a token in hex: enough to say which token, useless for paying with it."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a request to a provider must carry; times are aware UTC. ``repr`` shows no secret.

    ``api_key`` travels with the token, so that whoever may use the one needs no way to the
    credentials for the other.
    """

    value: str = field(repr=False)
    obtained_at: datetime
    expires_at: datetime
    api_key: str | None = field(default=None, repr=False)

    def is_usable(self, now: datetime) -> bool:
        """Whether it will still be valid when it arrives: a minute before its end it counts as out.

        Of a token that lives shorter than four minutes, the last quarter is left unused instead.
        """
        margin = min(EXPIRY_MARGIN, (self.expires_at - self.obtained_at) / 4)
        return self.expires_at - margin > now


class TokenSource(Protocol):
    """Where a provider gets the token for its next request from."""

    def token(self) -> AccessToken:
        """A token that is believed to be valid. Raises AuthenticationError if there is none."""
        ...

    def renew(self, refused: AccessToken) -> AccessToken:
        """Another token, because the provider refused this one. Raises AuthenticationError."""
        ...

    def was_in_vain(self, renewed: AccessToken) -> None:
        """Be told that a renewed token was refused as well: it is no matter of the token."""
        ...


@dataclass(frozen=True, slots=True)
class PaymentDetails:
    """What a payload asks for, in terms that a record can be compared by.

    ``amount`` is in the currency's main unit (shillings), ``msisdn`` is ``255`` and nine digits,
    ``network`` is the mobile money network as the provider spells it.
    """

    external_id: str
    amount: Decimal
    currency: str
    msisdn: str = field(repr=False)
    network: str


@dataclass(frozen=True, slots=True)
class CheckoutAccepted:
    """The prompt is on its way to the handset. The money is not."""

    transaction_id: str
    message: str | None


class Verdict(StrEnum):
    """What a callback's signature says about it."""

    SIGNED = "signed"
    FORGED = "forged"
    UNSIGNED = "unsigned"
    NO_KEY = "no_key"
    """Signed, but there is no key to check it with: neither believed nor refused."""


class CallbackOutcome(StrEnum):
    """The two words of a callback that settle a payment. Any other word settles nothing."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Callback:
    """A provider's callback, parsed but not yet believed.

    ``outcome`` is None for a word that is not known. ``amount``, ``msisdn`` are None where absent
    or unreadable, which agrees with no record. ``references`` are all ids that the callback gives
    for the provider's transaction, without repetition, the signed one first; ``reference_is_sound``
    says whether the signed one has the provider's form. ``evidence`` is what may be kept: never a
    password or a token. ``retained`` is what may wait in a queue: JSON that parses to this callback
    again, but for the digest.
    """

    digest: str
    external_id: str
    outcome: CallbackOutcome | None
    status_text: str
    references: tuple[str, ...]
    reference_is_sound: bool
    amount: Decimal | None
    msisdn: str | None = field(repr=False)
    network: str
    message: str | None
    evidence: Mapping[str, str] = field(repr=False)
    retained: str = field(repr=False)
    signed_bytes: bytes = field(repr=False)
    signature: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class HandledCallback:
    """A parsed callback together with what its signature says."""

    verdict: Verdict
    callback: Callback


class PayloadReader(Protocol):
    """The part of a provider that understands its payloads."""

    def read_payload(self, payload: Payload) -> PaymentDetails:
        """Check a payload and say what it asks for. Raises InvalidPayload for all its faults."""
        ...


class CheckoutProvider(PayloadReader, Protocol):
    """The part of a provider that asks a payer for money."""

    def initiate_ussd_push_request(self, payload: Payload) -> CheckoutAccepted:
        """Send the payload, unchanged, and at most once with effect.

        Raises PaymentRefused, PaymentNotSent or PaymentOutcomeUnknown.
        """
        ...


class CallbackReader(Protocol):
    """The part of a provider that understands its callbacks. Does no input or output."""

    def parse_callback(self, body: bytes) -> Callback:
        """Parse a raw callback body. Raises CallbackError for anything malformed."""
        ...

    def verify_callback(self, callback: Callback, public_key: str | None) -> Verdict:
        """Check a callback's signature. Raises PublicKeyError for an unusable key."""
        ...


class Provider(CheckoutProvider, CallbackReader, Protocol):
    """A payment provider, as FinConnect names its calls."""

    def authenticate(self) -> AccessToken:
        """Ask the provider for a token. Raises AuthenticationError."""
        ...

    def register_ipn(self, url: str) -> str:
        """Register a callback URL and return its id. Raises UnsupportedOperation."""
        ...

    def get_public_key(self) -> str:
        """Fetch the PEM key that callbacks are signed with. Raises PublicKeyError."""
        ...

    def handle_callback(self, body: bytes, public_key: str | None) -> HandledCallback:
        """Parse and verify a raw callback. Raises CallbackError for anything malformed."""
        ...
