"""The handsets on the page: which there are, and what each shows. Pure.

The wording of a USSD prompt differs by network and is not documented; this one is invented.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from simulator.entries import Payment, PhoneAnswer, Prompt

# The wallets as their customers know them.
WALLETS = {
    "Airtel": "Airtel Money",
    "Tigo": "Tigo Pesa",
    "Halopesa": "HaloPesa",
    "Azampesa": "AzamPesa",
    "Mpesa": "M-Pesa",
}


@dataclass(frozen=True, slots=True)
class Phone:
    """One payer's handset. It rings while ``prompt`` waits; ``behind`` more wait after it."""

    msisdn: str
    prompt: Prompt
    behind: int

    @property
    def key(self) -> str:
        """Its name in the page."""
        return f"phone-{self.msisdn}"

    @property
    def is_ringing(self) -> bool:
        """Whether it waits for an answer."""
        return self.prompt.is_waiting

    @property
    def payment(self) -> Payment:
        """What it asks for, or asked for last."""
        return self.prompt.payment

    @property
    def wallet(self) -> str:
        """The wallet's name on the screen."""
        return WALLETS.get(self.payment.network, self.payment.network)

    @property
    def number(self) -> str:
        """The payer's number, in groups."""
        return f"+{self.msisdn[:3]} {self.msisdn[3:6]} {self.msisdn[6:9]} {self.msisdn[9:]}"

    @property
    def message(self) -> str:
        """What the handset shows once the prompt has ended."""
        return _ENDINGS[self.prompt.answer] if self.prompt.answer else ""


_ENDINGS = {
    PhoneAnswer.APPROVE: "Paid. Your receipt comes by SMS.",
    PhoneAnswer.WRONG_PIN: "Wrong PIN. Nothing was paid.",
    PhoneAnswer.DECLINE: "You declined. Nothing was paid.",
    PhoneAnswer.IGNORE: "Not answered. The merchant hears nothing.",
}


def phones_of(prompts: Iterable[Prompt]) -> dict[str, Phone]:
    """The handset of each payer who was asked on the page, by number, in the order of asking.

    A handset shows one prompt at a time: the oldest that waits, else the one answered last.
    """
    by_payer: dict[str, list[Prompt]] = {}
    for prompt in prompts:
        if prompt.asks_phone:
            by_payer.setdefault(prompt.payment.msisdn, []).append(prompt)
    return {msisdn: _phone(msisdn, asked) for msisdn, asked in by_payer.items()}


def _phone(msisdn: str, asked: list[Prompt]) -> Phone:
    waiting = [prompt for prompt in asked if prompt.is_waiting]
    if waiting:
        return Phone(msisdn, waiting[0], len(waiting) - 1)
    return Phone(msisdn, max(asked, key=lambda prompt: prompt.updated_at or ""), 0)


def format_amount(amount: str) -> str:
    """TZS with separated thousands, as a handset shows it: ``60,000``."""
    whole, point, rest = amount.partition(".")
    return f"{int(whole):,}{point}{rest}"
