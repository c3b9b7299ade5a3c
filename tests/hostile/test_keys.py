"""Keys that must not be believed by, keys that are not to be had, and callbacks that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives import serialization

from finconnect.payments.errors import SignatureRefused, VerificationUnavailable
from finconnect.payments.model import Disposition, Status
from finconnect.payments.refresh_key import KeyRing
from finconnect.payments.verify import FetchState
from tests.fakes.signing import azampay_key, other_key, public_pem
from tests.hostile.bodies import (
    PEM,
    Signer,
    changed,
    ec_signer,
    genuine,
    rsa_signer,
    signed_by,
)
from tests.hostile.defects.catalogue import ALL
from tests.hostile.defects.defect import Defect
from tests.hostile.defects.signatures import EC_KEY, FORGED, WEAK_KEY
from tests.hostile.test_boundaries import shifted
from tests.hostile.webhook import Webhook, a_webhook, recorded

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa


def pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    public = key.public_key()
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


# Somebody has put it into the parameter by hand: what is signed by it is not AzamPay's.
UNUSABLE: Final[dict[str, tuple[str, Signer]]] = {
    "EC": (pem_of(EC_KEY), ec_signer(EC_KEY)),
    "1,024 bits": (pem_of(WEAK_KEY), rsa_signer(WEAK_KEY)),
    "a private key": (
        azampay_key()
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode(),
        rsa_signer(azampay_key()),
    ),
    "no PEM": ("AAAA", rsa_signer(other_key())),
    "an empty PEM": (
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        rsa_signer(other_key()),
    ),
    "NUL": ("\0", rsa_signer(other_key())),
}


@pytest.mark.parametrize(("pem", "signer"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_key_that_must_not_be_used_proves_nothing(pem: str, signer: Signer) -> None:
    webhook = a_webhook(recorded(), keys=(pem,))
    reply = webhook.send(signed_by(signer))
    assert (reply.status, reply.word) == (401, "invalid_signature")
    assert "public_key_unavailable" in reply.facts
    assert webhook.state is Status.PENDING


@pytest.mark.parametrize(("pem", "signer"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_key_that_must_not_be_used_stands_in_no_ones_way(pem: str, signer: Signer) -> None:
    webhook = a_webhook(recorded(), keys=(pem, PEM))
    assert webhook.send(genuine()).word == "applied"


def without_a_key(defect: str, state: FetchState = FetchState.UNSETTLED) -> Webhook:
    webhook = a_webhook(recorded(), keys=(), fetching=state)
    reply = webhook.send(ALL[defect].body)
    assert (reply.status, reply.word) == (200, "deferred"), defect
    return webhook


SIGNED: Final = [name for name, each in ALL.items() if each.status == 200]
KEY_IS_THERE: Final = KeyRing(current=PEM)


@pytest.mark.parametrize("state", [FetchState.UNSETTLED, FetchState.FETCHED])
@pytest.mark.parametrize("defect", [*SIGNED, *(f"forged: {name}" for name in FORGED)])
def test_without_a_key_a_callback_waits_and_is_no_better_later(
    defect: str, state: FetchState, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = without_a_key(defect, state)
    assert webhook.state is Status.PENDING
    with pytest.raises(VerificationUnavailable):
        webhook.try_again()

    # The key has come; the webhook's cache of it is its own.
    later = a_webhook(webhook.payment())
    later.queue.waiting = webhook.queue.waiting
    if ALL[defect].status == 200:
        assert later.try_again() == Disposition(ALL[defect].word)
    else:
        # It was answered 200, so it stays: the queue keeps whatever raises.
        with pytest.raises(SignatureRefused):
            later.try_again()

    assert later.state is Status.PENDING
    assert len(later.ledger.inbox) == (ALL[defect].status == 200)


@pytest.mark.parametrize(
    "defect",
    [each for each in ALL.values() if each.status in {400, 413}],
    ids=[name for name, each in ALL.items() if each.status in {400, 413}],
)
def test_what_is_malformed_does_not_even_wait(defect: Defect) -> None:
    webhook = a_webhook(recorded(), keys=(), fetching=FetchState.UNSETTLED)
    assert webhook.send(defect.body).status == defect.status
    assert webhook.queue.waiting == []


@pytest.mark.parametrize("defect", [f"forged: {name}" for name in FORGED])
def test_by_a_key_that_is_not_fresh_a_forgery_waits_and_is_neither_believed_nor_dropped(
    defect: str,
) -> None:
    webhook = a_webhook(recorded(), fetching=FetchState.UNSETTLED)
    reply = webhook.send(ALL[defect].body)
    assert (reply.status, reply.word) == (200, "deferred")
    for error in (VerificationUnavailable, SignatureRefused):
        with pytest.raises(error):
            webhook.try_again()
        # Between two tries the key is fetched.
        webhook = a_webhook(webhook.payment(), queue=webhook.queue)
    assert webhook.state is Status.PENDING
    assert webhook.ledger.inbox == {}
    assert len(webhook.queue.waiting) == 1


def test_a_forged_callback_waits_while_the_key_is_in_doubt() -> None:
    webhook = a_webhook(recorded(), fetching=FetchState.UNSETTLED)
    assert webhook.send(changed(transactionstatus="failure")).word == "deferred"
    assert webhook.send(genuine()).word == "applied"


def test_a_waiting_callback_cannot_be_shifted_either() -> None:
    body = shifted("order-1", "success", (6, 39, 46))
    webhook = a_webhook(recorded(Status.UNKNOWN, external_id="order-"), keys=())
    assert webhook.send(body).word == "deferred"
    later = a_webhook(webhook.payment())
    later.queue.waiting = webhook.queue.waiting
    assert later.try_again() is Disposition.MISMATCH
    assert later.state is Status.UNKNOWN


def test_azampays_next_key_is_no_key_until_it_is_fetched() -> None:
    webhook = a_webhook(recorded(), keys=(public_pem(other_key(1)), PEM))
    assert webhook.send(genuine()).word == "applied"
    webhook = a_webhook(recorded())
    assert webhook.send(signed_by(rsa_signer(other_key(1)))).word == "invalid_signature"
