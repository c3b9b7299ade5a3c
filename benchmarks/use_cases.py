"""What is measured: the real use cases on the real ledger, with a provider that says yes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from benchmarks.finished import MESSAGE, TRANSACTION, callback_of, payload_of
from benchmarks.ledger import TABLE
from benchmarks.meter import Bill, Meter
from finconnect.payments.aws.dynamodb_ledger import DynamoDBLedger
from finconnect.payments.deferred import Deferred
from finconnect.payments.initiate import InitiatePayment
from finconnect.payments.lookup import LookUpPayment
from finconnect.payments.model import Disposition, PaymentKey, Status, Verification
from finconnect.payments.reconcile import ReconcilePayments
from finconnect.payments.record_callback import RecordCallback, Url
from finconnect.payments.telemetry import Fact
from finconnect.providers.azampay.callback import AzampayCallbacks
from finconnect.providers.azampay.payload import read_payload
from finconnect.providers.base import CheckoutAccepted, Payload, PaymentDetails

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SILENT = 3


class _Provider:
    """Prompts everybody at once."""

    def read_payload(self, payload: Payload) -> PaymentDetails:
        return read_payload(payload)

    def initiate_ussd_push_request(self, payload: Payload) -> CheckoutAccepted:  # noqa: ARG002
        return CheckoutAccepted(TRANSACTION, MESSAGE)


class _Nobody:
    """Hears nothing, keeps nothing, and lets everybody in."""

    def tell(self, fact: Fact, /, **details: object) -> None:
        """Nothing."""

    def matches(self, presented: str) -> Url:  # noqa: ARG002 - the port's own signature
        return Url.ONLY

    def put(self, deferred: Deferred) -> None:
        raise RuntimeError(f"nothing is to be deferred here: {deferred.digest}")


class UseCases:
    """One payment, one callback, one look-up, one run of the reconciler: each with its bill."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._meter = Meter(client)
        nobody, ledger = _Nobody(), DynamoDBLedger(client, TABLE)
        self._initiate = InitiatePayment("azampay", _Provider(), ledger, nobody)
        self._look_up = LookUpPayment(ledger)
        self._reconcile = ReconcilePayments(ledger, nobody, after=timedelta(0))
        self._record = RecordCallback(
            provider_name="azampay",
            reader=AzampayCallbacks(),
            url_secret=nobody,
            verify=lambda _: Verification.SIGNATURE,
            deferred=nobody,
            ledger=ledger,
            telemetry=nobody,
        )

    def measure(self, size: int) -> dict[str, Bill]:
        """The bills of all of them, in a ledger that holds ``size`` finished payments."""
        external_id = f"MEASURED-{size:07d}"
        bills = {}
        with self._meter.measuring() as bills["a payment"]:
            payment = self._initiate(payload_of(external_id)).payment
        _expect(payment.status is Status.PENDING)
        with self._meter.measuring() as bills["a callback"]:
            disposition = self._record(callback_of(external_id), "")
        _expect(disposition is Disposition.APPLIED)
        with self._meter.measuring() as bills["a look-up"]:
            seen = self._look_up(PaymentKey("azampay", external_id))
        _expect(seen["status"] == "succeeded")
        for number in range(SILENT):
            self._initiate(payload_of(f"SILENT-{size:07d}-{number}"))
        with self._meter.measuring() as bills[f"a reconciler run, {SILENT} silent"]:
            tally = self._reconcile()
        _expect(tally == {"pending": SILENT})
        return bills


def _expect(holds: bool) -> None:  # noqa: FBT001 - an assertion
    if not holds:
        raise RuntimeError("it did not go as it goes for every payment: nothing was measured")
