"""Handsets: one per payer, one prompt at a time."""

import pytest
from msgspec import structs

from simulator.entries import Payment, PhoneAnswer, Prompt
from simulator.phones import WALLETS, format_amount, phones_of
from simulator.validation import NETWORKS

PAYMENT = Payment(
    external_id="A-1",
    transaction_id="t1",
    reference="t1",
    mno_reference="m",
    network="Mpesa",
    msisdn="255712345678",
    amount="60000",
)


def prompt(seq: int, msisdn: str = "255712345678", **changes: object) -> Prompt:
    payment = structs.replace(PAYMENT, msisdn=msisdn, transaction_id=f"t{seq}")
    made = Prompt(seq=seq, external_id="A-1", payment=payment, asks_phone=True)
    return structs.replace(made, **changes)


def test_a_phone_per_payer() -> None:
    phones = phones_of([prompt(1), prompt(2, "255787654321")])
    assert [phone.number for phone in phones.values()] == ["+255 712 345 678", "+255 787 654 321"]
    assert all(phone.is_ringing for phone in phones.values())
    assert phones["255712345678"].wallet == "M-Pesa"


def test_scripts_have_no_phone() -> None:
    assert phones_of([prompt(1, asks_phone=False)]) == {}


def test_the_oldest_prompt_that_waits_is_shown_first() -> None:
    answered = prompt(1, answer=PhoneAnswer.DECLINE, updated_at="2026-01-01T00:00:00Z")
    (phone,) = phones_of([answered, prompt(2), prompt(3)]).values()
    assert (phone.prompt.seq, phone.behind) == (2, 1)


def test_when_none_waits_it_shows_how_the_last_one_ended() -> None:
    ended = [
        prompt(1, answer=PhoneAnswer.WRONG_PIN, updated_at="2026-01-01T00:00:02Z"),
        prompt(2, answer=PhoneAnswer.APPROVE, updated_at="2026-01-01T00:00:01Z"),
    ]
    (phone,) = phones_of(ended).values()
    assert not phone.is_ringing
    assert phone.message == "Wrong PIN. Nothing was paid."


def test_every_network_has_a_wallet() -> None:
    assert set(WALLETS) == set(NETWORKS)


@pytest.mark.parametrize(
    ("amount", "shown"), [("0", "0"), ("1000", "1,000"), ("4999999.5", "4,999,999.5")]
)
def test_amounts_are_grouped(amount: str, shown: str) -> None:
    assert format_amount(amount) == shown
