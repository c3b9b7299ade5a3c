"""Callbacks as AzamPay builds them, honest or tampered with. No network here."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from simulator import wire
from simulator.behaviours import Outcome, Tamper
from simulator.entries import Payment
from simulator.keys import KeyRing
from simulator.validation import NETWORKS

type Fields = dict[str, object]

# In this order, without separators (DOC). Amount and phone are not covered.
SIGNED_FIELDS = ("utilityref", "externalreference", "transactionstatus", "operator")


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback ready to be sent: its exact bytes, and what its signature was made over."""

    external_id: str
    transaction_id: str
    body: bytes
    signature_input: str | None


def build_callback(
    payment: Payment,
    outcome: Outcome,
    keys: KeyRing,
    *,
    tamper: Tamper | None = None,
    resign: bool = False,
    signed: bool = True,
) -> Callback:
    """The callback that tells of ``outcome``.

    ``tamper`` changes it after it was signed, as somebody on the way would; with ``resign`` it is
    signed after the change, as if AzamPay itself had meant it. Without ``signed``, or with
    ``Tamper.UNSIGNED``, there is no ``signature`` field at all, as in every logged callback.
    """
    honest = callback_fields(payment, outcome)
    altered = _ALTERATIONS[tamper](honest) if tamper in _ALTERATIONS else honest
    source = signature_input(altered if resign else honest)
    if not signed or tamper is Tamper.UNSIGNED:
        return _callback(payment, altered, None)
    make = keys.forge if tamper is Tamper.SIGNATURE else keys.sign
    return _callback(payment, altered | {"signature": make(source.encode())}, source)


def callback_fields(payment: Payment, outcome: Outcome) -> Fields:
    """The fields of an unsigned callback in the logged order (LOG).

    ``reference`` equals the transaction id in the sandbox, and is another id in a production
    Halopesa sample; the payment says which.
    """
    return {
        "message": outcome.message,
        "user": None,
        "password": None,
        "clientId": None,
        "transactionstatus": outcome.status,
        "operator": payment.network,
        "reference": payment.reference,
        "externalreference": payment.transaction_id,
        "utilityref": payment.external_id,
        "amount": payment.amount,
        "transid": payment.transaction_id,
        "msisdn": payment.msisdn,
        "mnoreference": payment.mno_reference,
        "submerchantAcc": None,
        "additionalProperties": payment.additional_properties,
    }


def signature_input(fields: Fields) -> str:
    """The text whose UTF-8 bytes are signed: the four fields joined without separators (DOC)."""
    return "".join(str(fields[name]) for name in SIGNED_FIELDS)


def _callback(payment: Payment, fields: Fields, source: str | None) -> Callback:
    return Callback(payment.external_id, payment.transaction_id, wire.encode(fields), source)


def _more(fields: Fields) -> Fields:
    return fields | {"amount": str(Decimal(str(fields["amount"])) + 1)}


def _opposite(fields: Fields) -> Fields:
    status = "failure" if fields["transactionstatus"] == "success" else "success"
    return fields | {"transactionstatus": status}


def _other_phone(fields: Fields) -> Fields:
    msisdn = str(fields["msisdn"])
    return fields | {"msisdn": f"{msisdn[:-1]}{(int(msisdn[-1]) + 1) % 10}"}


def _other_network(fields: Fields) -> Fields:
    position = NETWORKS.index(str(fields["operator"]))
    return fields | {"operator": NETWORKS[(position + 1) % len(NETWORKS)]}


def _other_transaction(fields: Fields) -> Fields:
    other = hashlib.sha256(str(fields["transid"]).encode()).hexdigest()[:32]
    return fields | {"transid": other}


_ALTERATIONS: dict[Tamper | None, Callable[[Fields], Fields]] = {
    Tamper.AMOUNT: _more,
    Tamper.STATUS: _opposite,
    Tamper.PHONE: _other_phone,
    Tamper.NETWORK: _other_network,
    Tamper.TRANSID: _other_transaction,
}
