"""What is written otherwise but says the same is no defect: it settles the payment."""

from __future__ import annotations

from typing import Final

import pytest

from finconnect.payments.aws import items
from finconnect.payments.model import Status
from finconnect.payments.verify import FetchState
from tests.fakes.provider import TRANSACTION
from tests.hostile.bodies import ABSENT, changed, genuine, raw, renamed, with_signature
from tests.hostile.defects.encodings import MAX_BYTES, padded
from tests.hostile.webhook import a_webhook, recorded


def _other_last(text: str) -> str:
    # 256 bytes leave four bits of the last letter unused: another letter, the same bytes.
    assert text.endswith("==")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return f"{text[:-3]}{letters[letters.index(text[-3]) ^ 1]}=="


SAME: Final = {
    "as it is": genuine(),
    "64 KiB exactly": padded(MAX_BYTES),
    "the amount with decimals": changed(amount="1000.00"),
    "the amount as a number": changed(amount=1000),
    "the amount as a fraction": raw("amount", "1000.0"),
    "the amount with an exponent, as a number": raw("amount", "1e3"),
    "the phone in its local form": changed(msisdn="0712345678"),
    "the network in upper case": genuine(operator="MPESA"),
    "the network in lower case": genuine(operator="mpesa"),
    "no transid": changed(transid=ABSENT),
    "transid null": changed(transid=None),
    "transid empty": changed(transid=""),
    "TRANSID for transid": renamed("transid", "TRANSID"),
    "the currency named": changed(currency="TZS"),
    "another reference, which is never a key": changed(reference="x" * 40),
    "fields nobody knows": changed(
        alg="none", publicKey="-----BEGIN PUBLIC KEY-----", status="failed", __proto__={"a": 1}
    ),
    "credentials": changed(user="canary-user", password="canary-password", clientId="canary-id"),
    "NUL in what is not signed": raw("mnoreference", '"\\u0000\\u0000"'),
    "control characters in the message": raw("message", '"a\\u0000\\r\\n\\u001b[31mERROR\\u2028x"'),
    "a message of 60,000 characters": changed(message="x" * 60_000),
    "keys that are escaped": genuine().replace(b'"amount"', b'"\\u0061mount"'),
    "additionalProperties 9,000 deep": raw("additionalProperties", "[" * 9_000 + "]" * 9_000),
    "the last bits of base64 that nobody reads": with_signature(_other_last),
}


@pytest.mark.parametrize("encoded", [False, True], ids=["as text", "as base64"])
@pytest.mark.parametrize("body", SAME.values(), ids=SAME.keys())
def test_the_payment_succeeds_once(body: bytes, encoded: bool) -> None:
    webhook = a_webhook(recorded())
    assert webhook.send(body, encoded=encoded).word == "applied"
    assert webhook.state is Status.SUCCEEDED
    assert webhook.send(genuine()).word == ("duplicate" if body == genuine() else "confirmed")
    assert webhook.ledger.types() == ["payment.succeeded"]


@pytest.mark.parametrize("body", SAME.values(), ids=SAME.keys())
def test_nothing_hostile_of_it_is_shown_to_anybody(body: bytes) -> None:
    webhook = a_webhook(recorded())
    webhook.send(body)
    (event,) = webhook.ledger.events()
    assert event.envelope.isprintable()
    assert len(event.envelope) < 2048
    kept = [items.callback_item(each) for each in webhook.ledger.inbox.values()]
    assert "canary" not in f"{kept}{webhook.payment()}{event.envelope}"


def test_nothing_hostile_waits_in_the_queue() -> None:
    for body in SAME.values():
        webhook = a_webhook(recorded(), keys=(), fetching=FetchState.UNSETTLED)
        assert webhook.send(body).word == "deferred"
        assert "canary" not in webhook.queue.waiting[0]


@pytest.mark.parametrize("transaction", ["f" * 32, TRANSACTION.upper()])
def test_a_transaction_that_azampay_signs_is_another_one_where_it_is_known(
    transaction: str,
) -> None:
    body = genuine(externalreference=transaction, transid=transaction)
    webhook = a_webhook(recorded(Status.PENDING))
    assert webhook.send(body).word == "mismatch"
    assert webhook.state is Status.PENDING
    # Where the checkout never told its id, the signed one in AzamPay's form is what there is.
    webhook = a_webhook(recorded(Status.UNKNOWN))
    assert webhook.send(body).word == "applied"
