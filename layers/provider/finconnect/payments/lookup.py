"""Look a payment up, with what happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from urllib.parse import unquote

from finconnect.clock import to_iso
from finconnect.payments.correlation import correlate
from finconnect.payments.errors import PaymentNotFound
from finconnect.payments.events import payment_view
from finconnect.payments.model import Payment, PaymentKey
from finconnect.text import clean

_MAX_CHARACTERS: Final = 3 * 128
"""The longest externalId, with each of its characters percent-encoded."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Something that was published about a payment, and its status then."""

    at: datetime
    type: str
    status: str


class PaymentReader(Protocol):
    """What this use case needs of the ledger."""

    def history(self, key: PaymentKey) -> tuple[Payment, Sequence[HistoryEntry]] | None:
        """The payment and its events in their order, or None. Raises LedgerUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class LookUpPayment:
    """Finds a payment by the merchant's own reference."""

    ledger: PaymentReader

    def __call__(self, key: PaymentKey) -> dict[str, Any]:
        """The payment as the API shows it, with its history. Raises PaymentNotFound.

        API Gateway is said to hand on path parameters still percent-encoded, and emulators decode
        them: an id that is not found as it came is looked for decoded.
        """
        # The ledger's keys end at 2,048 bytes: a longer one would be its error, and not "no such".
        if len(key.external_id) > _MAX_CHARACTERS:
            raise PaymentNotFound("longer than any externalId")
        asked = PaymentKey(key.provider, _fully_decoded(key.external_id))
        correlate(payment=str(asked))
        decoded = PaymentKey(key.provider, unquote(key.external_id))
        found = self.ledger.history(key)
        if found is None and decoded != key:
            found = self.ledger.history(decoded)
        if found is None:
            # Whatever somebody asked for is logged: perhaps a phone number, perhaps kilobytes.
            raise PaymentNotFound(clean(asked.external_id))
        payment, entries = found
        correlate(payment=str(payment.key))
        created = HistoryEntry(payment.created_at, "payment.created", "created")
        return payment_view(payment) | {
            "history": [
                {"at": to_iso(entry.at), "type": entry.type, "status": entry.status}
                for entry in (created, *entries)
            ]
        }


def _fully_decoded(text: str) -> str:
    """Return ``text`` with no percent-encoding left, however often it was applied: for logs only.

    No phone number is seen, and masked, behind the ``%2B`` or ``%252B`` of its plus sign. What is
    looked for is decoded once at most. It ends: each round makes the text shorter.
    """
    while (decoded := unquote(text)) != text:
        text = decoded
    return text
