"""What is to be paid: every behaviour of the stand-in, in an order that the seed decides."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulator.behaviours import BY_NUMBER

ORDINARY_NUMBER = "255754000001"
NETWORKS = ("Mpesa", "Tigo", "Airtel", "Halopesa", "Azampesa")
LATE_EVENTS = ("success", "failure", "pending")


@dataclass(frozen=True)
class Planned:
    """One payment, whether it is posted twice, and a callback that somebody sends of it later."""

    payload: dict[str, Any]
    behaviour: str
    is_repeated: bool
    late_event: str | None

    @property
    def external_id(self) -> str:
        """The merchant's own reference."""
        return str(self.payload["externalId"])


def make_plan(count: int, seed: int) -> Sequence[Planned]:
    """``count`` payments; the same seed gives the same ones."""
    dice = random.Random(seed)  # noqa: S311 - repeatable, and nothing secret
    # Some of them change the provider's key, which no provider does every few seconds: so callbacks
    # also wait until their key is neither the current nor the previous one.
    kinds = [*BY_NUMBER, ORDINARY_NUMBER]
    numbers = [kinds[index % len(kinds)] for index in range(count)]
    dice.shuffle(numbers)
    return [_planned(index, number, seed, dice) for index, number in enumerate(numbers)]


def _planned(index: int, number: str, seed: int, dice: random.Random) -> Planned:
    behaviour = BY_NUMBER[number].name if number in BY_NUMBER else "any-other"
    payload = {
        "accountNumber": number,
        "amount": dice.choice((500, 1000, "1500.50", 25_000)),
        "currency": "TZS",
        "externalId": f"SOAK-{seed}-{index:05d}",
        "provider": dice.choice(NETWORKS),
    }
    late = dice.choice(LATE_EVENTS) if dice.random() < 1 / 8 else None
    return Planned(payload, behaviour, is_repeated=dice.random() < 1 / 5, late_event=late)
