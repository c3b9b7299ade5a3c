"""Callbacks without a signature, where they are refused and where they are accepted."""

from __future__ import annotations

from typing import Any, Final

import pytest

from finconnect.payments.model import Answer, Status, Verification
from finconnect.payments.verify import UnsignedCallbacks
from tests.fakes.provider import TRANSACTION
from tests.fakes.signing import callback_fields
from tests.hostile.bodies import dump, genuine
from tests.hostile.defects.catalogue import DEFECTS
from tests.hostile.defects.defect import Defect
from tests.hostile.defects.signatures import BASE64, FORGED
from tests.hostile.webhook import Webhook, a_webhook, recorded

_AMOUNTS: Final[list[Any]] = ["1001", "0", None, [], "1e3", -1000]
_PHONES: Final[list[Any]] = ["255700000001", None, 255712345678]
DISAGREEING: Final[dict[str, dict[str, Any]]] = {
    **{f"amount {value!r}": {"amount": value} for value in _AMOUNTS},
    **{f"phone {value!r}": {"msisdn": value} for value in _PHONES},
    **{f"network {value!r}": {"operator": value} for value in ("Tigo", "5", "Mpesa ")},
    "another transaction": {"externalreference": "f" * 32, "transid": "f" * 32},
    "another transid": {"transid": "f" * 32},
    "another signed reference": {"externalreference": "f" * 32},
    "a transaction in upper case": {"externalreference": TRANSACTION.upper(), "transid": None},
    "another currency": {"currency": "USD"},
}


def accepting(status: Status = Status.PENDING) -> Webhook:
    return a_webhook(recorded(status), unsigned=UnsignedCallbacks.ACCEPT)


def unsigned(**changes: Any) -> bytes:  # noqa: ANN401 (any JSON)
    return dump(callback_fields(**changes))


def test_refused_by_default() -> None:
    webhook = a_webhook(recorded())
    assert webhook.send(unsigned()).word == "invalid_signature"


def test_accepted_it_settles_and_says_why() -> None:
    webhook = accepting()
    assert webhook.send(unsigned()).word == "applied"
    assert webhook.payment().verification is Verification.URL_SECRET


@pytest.mark.parametrize("signature", [None, ""])
def test_accepted_an_empty_signature_is_none(signature: str | None) -> None:
    assert accepting().send(unsigned(signature=signature)).word == "applied"


@pytest.mark.parametrize("changes", DISAGREEING.values(), ids=DISAGREEING.keys())
def test_accepted_all_must_agree(changes: dict[str, Any]) -> None:
    webhook = accepting()
    assert webhook.send(unsigned(**changes)).word == "mismatch"
    assert webhook.state is Status.PENDING


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_accepted_the_secret_is_all_the_proof_there_is(secret: str) -> None:
    webhook = accepting()
    assert webhook.send(unsigned(), secret=secret).word == "not_found"
    assert webhook.state is Status.PENDING


def test_accepted_the_transaction_must_be_known() -> None:
    webhook = accepting(Status.UNKNOWN)
    assert webhook.send(unsigned()).word == "mismatch"
    assert webhook.state is Status.UNKNOWN


def test_accepted_before_the_answer_it_is_decided_by_the_answer() -> None:
    for transaction, status in ((TRANSACTION, Status.SUCCEEDED), ("f" * 32, Status.PENDING)):
        webhook = accepting(Status.CREATED)
        assert webhook.send(unsigned()).word == "held"
        webhook.answer_checkout(Answer(Status.PENDING, transaction))
        assert webhook.state is status


@pytest.mark.parametrize("defect", FORGED.values(), ids=FORGED.keys())
def test_accepted_a_signature_that_is_there_must_hold(defect: Defect) -> None:
    webhook = accepting()
    assert webhook.send(defect.body).word == "invalid_signature"
    assert webhook.state is Status.PENDING


@pytest.mark.parametrize("defect", BASE64.values(), ids=BASE64.keys())
def test_accepted_a_signature_that_is_malformed_is_not_no_signature(defect: Defect) -> None:
    assert accepting().send(defect.body).word == "invalid_callback"


@pytest.mark.parametrize("group", ["types", "twice", "unreadable", "surrogates", "deep", "sizes"])
def test_accepted_what_is_malformed_is_malformed(group: str) -> None:
    webhook = accepting()
    for defect in DEFECTS[group].values():
        if defect.status in {400, 413}:
            assert webhook.send(defect.body).status == defect.status
    assert webhook.state is Status.PENDING
    assert webhook.send(genuine()).word == "applied"
