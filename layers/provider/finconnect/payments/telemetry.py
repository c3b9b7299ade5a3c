"""What happened, in the same words everywhere: the names of facts, and who hears them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from finconnect.payments.model import Change, Disposition, EventType, Kept, Payment, Status
from finconnect.providers.base import Callback
from finconnect.text import clean


@dataclass(frozen=True, slots=True)
class Measured:
    """A detail of a fact that is a metric's value too, in CloudWatch's own word for its unit.

    ``by`` names the detail that is the metric's one dimension besides the service. It takes a few
    fixed values: each of them is a metric that is paid for.
    """

    detail: str
    metric: str
    unit: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class FactKind:
    """How a fact is told: its log level, the metric that counts it, and what it measures.

    ``is_ours`` says that the fault is ours and not the caller's or the provider's: it also counts
    against the version of the function that runs, as ``ServerError``.
    """

    name: str
    level: int = logging.INFO
    metric: str | None = None
    measures: tuple[Measured, ...] = ()
    is_ours: bool = False


_SETTLED: Final = (Measured("seconds", "SettlementTime", "Seconds"),)


class Fact(Enum):
    """Every fact that is logged or counted. The names are what dashboards and searches rely on."""

    PAYMENT_RECORDED = FactKind("payment_recorded", metric="PaymentRecorded")
    PAYMENT_ANSWERED = FactKind("payment_answered")
    PAYMENT_ACCEPTED = FactKind("payment_accepted", metric="PaymentAccepted")
    PAYMENT_REFUSED = FactKind("payment_refused", logging.WARNING, "PaymentRefused")
    PAYMENT_NOT_SENT = FactKind("payment_not_sent", logging.ERROR, "PaymentNotSent")
    PAYMENT_UNKNOWN = FactKind("payment_unknown", logging.WARNING, "PaymentUnknown")
    PAYMENT_REPLAYED = FactKind("payment_replayed", metric="PaymentReplayed")
    PAYMENT_SUCCEEDED = FactKind("payment_succeeded", metric="PaymentSucceeded", measures=_SETTLED)
    PAYMENT_FAILED = FactKind("payment_failed", metric="PaymentFailed", measures=_SETTLED)
    PROVIDER_CALLED = FactKind(
        "provider_called",
        measures=(Measured("latency_ms", "ProviderLatency", "Milliseconds", by="operation"),),
    )
    CALLBACK_RECORDED = FactKind("callback_recorded", metric="CallbackRecorded")
    CALLBACK_DUPLICATE = FactKind("callback_duplicate", metric="CallbackDuplicate")
    CALLBACK_MISMATCH = FactKind("callback_mismatch", logging.ERROR, "PaymentMismatch")
    CALLBACK_CONFLICT = FactKind("callback_conflict", logging.ERROR, "PaymentConflict")
    CALLBACK_UNMATCHED = FactKind("callback_unmatched", logging.ERROR, "CallbackUnmatched")
    CALLBACK_HOSTILE = FactKind("callback_hostile", logging.WARNING, "CallbackHostile")
    CALLBACK_WRONG_URL = FactKind("callback_wrong_url", logging.WARNING, "CallbackWrongUrl")
    CALLBACK_NEW_URL = FactKind("callback_new_url", metric="CallbackNewUrl")
    CALLBACK_OLD_URL = FactKind("callback_old_url", metric="CallbackOldUrl")
    URL_SECRET_REMEMBERED = FactKind("url_secret_remembered", logging.WARNING)
    CALLBACK_FORGED = FactKind("callback_forged", logging.ERROR, "InvalidSignature")
    CALLBACK_UNSIGNED = FactKind("callback_unsigned", logging.ERROR, "CallbackUnsigned")
    CALLBACK_DEFERRED = FactKind("callback_deferred", logging.WARNING, "CallbackDeferred")
    CALLBACK_UNVERIFIABLE = FactKind("callback_unverifiable", logging.ERROR, "CallbackUnverifiable")
    MESSAGE_FAILED = FactKind("message_failed", logging.WARNING)
    EVENT_PUBLISHED = FactKind(
        "event_published",
        metric="EventPublished",
        measures=(Measured("lag_seconds", "OutboxLag", "Seconds"),),
    )
    EVENT_NOT_PUBLISHED = FactKind("event_not_published", logging.ERROR, "EventNotPublished")
    TOKEN_CURRENT = FactKind("token_current")
    TOKEN_REFRESHED = FactKind("token_refreshed", metric="TokenRefreshed")
    TOKEN_REFRESH_FAILED = FactKind("token_refresh_failed", logging.ERROR, "TokenRefreshFailed")
    TOKEN_MEASURED = FactKind(
        "token_measured",
        measures=(
            Measured("age_seconds", "TokenAge", "Seconds"),
            Measured("seconds_left", "TokenTimeLeft", "Seconds"),
        ),
    )
    CREDENTIALS_NOT_TAKEN = FactKind("credentials_not_taken", logging.WARNING)
    KEY_REFRESHED = FactKind("public_key_refreshed", metric="PublicKeyRefreshed")
    KEY_UNAVAILABLE = FactKind("public_key_unavailable", logging.WARNING, "PublicKeyUnavailable")
    KEY_MEASURED = FactKind(
        "public_key_measured", measures=(Measured("age_seconds", "PublicKeyAge", "Seconds"),)
    )
    OPEN_PAYMENTS = FactKind(
        "open_payments", measures=(Measured("count", "OpenPayments", "Count", by="age"),)
    )
    PAYMENT_SILENT = FactKind("payment_silent", logging.WARNING, "PaymentUnresolved")
    RECONCILED = FactKind("reconciled")
    RECONCILE_FAILED = FactKind("reconcile_failed", logging.ERROR, "ReconcileFailed")
    REQUEST_REFUSED = FactKind("request_refused", logging.INFO, "RequestRefused")
    REQUEST_FAILED = FactKind("request_failed", logging.ERROR, "RequestFailed", is_ours=True)
    UNEXPECTED = FactKind("unexpected_error", logging.ERROR, "UnexpectedError", is_ours=True)
    METRIC_LOST = FactKind("metric_lost", logging.ERROR)
    LINE_LOST = FactKind("line_lost", logging.ERROR)


class Telemetry(Protocol):
    """Where facts are told to."""

    def tell(self, fact: Fact, /, **details: object) -> None:
        """Tell a fact with its details. No detail may be a secret or a full phone number."""
        ...


def about(callback: Callback) -> dict[str, object]:
    """What every line about a callback says of it, believed or not."""
    return {"external_id": clean(callback.external_id), "digest": callback.digest}


_OF_STATUS: Final = {
    Status.SUCCEEDED: Fact.PAYMENT_SUCCEEDED,
    Status.FAILED: Fact.PAYMENT_FAILED,
}
_OF_DISPOSITION: Final = {
    Disposition.MISMATCH: Fact.CALLBACK_MISMATCH,
    Disposition.CONFLICT: Fact.CALLBACK_CONFLICT,
    Disposition.UNMATCHED: Fact.CALLBACK_UNMATCHED,
}


def tell_change(telemetry: Telemetry, change: Change) -> None:
    """Tell what a change came to: the callbacks in it, a conflict without one, the new state."""
    kept = [*change.resolved, *([change.received] if change.received else [])]
    for each in kept:
        _tell_callback(telemetry, each, change.after)
    _tell_settled(telemetry, change)
    types = [event.type for event in change.events]
    if EventType.CONFLICT in types and not any(
        each.disposition is Disposition.CONFLICT for each in kept
    ):
        telemetry.tell(Fact.CALLBACK_CONFLICT, payment=str(change.events[0].key))
    moved = (
        change.before is not None
        and change.after is not None
        and (change.before.status is not change.after.status)
    )
    if change.received is None and change.after is not None and (moved or types):
        silent = EventType.UNRESOLVED in types
        telemetry.tell(
            Fact.PAYMENT_SILENT if silent else Fact.PAYMENT_ANSWERED,
            payment=str(change.after.key),
            status=change.after.status,
            events=types,
        )


def _tell_settled(telemetry: Telemetry, change: Change) -> None:
    """Tell that a payment has an outcome now, and how long after its prompt was asked for."""
    before, after = change.before, change.after
    if before is None or after is None or before.status is after.status:
        return
    fact = _OF_STATUS.get(after.status)
    if fact is not None:
        telemetry.tell(
            fact,
            payment=str(after.key),
            network=after.network,
            seconds=(after.updated_at - after.created_at).total_seconds(),
        )


def _tell_callback(telemetry: Telemetry, kept: Kept, payment: Payment | None) -> None:
    """Tell what became of a callback: what a person must look at has its own fact."""
    callback = kept.callback
    telemetry.tell(
        _OF_DISPOSITION.get(kept.disposition, Fact.CALLBACK_RECORDED),
        payment=str(callback.key),
        disposition=kept.disposition,
        outcome=callback.outcome,
        verification=callback.verification,
        status=payment.status if payment else None,
        digest=callback.digest,
    )
