"""The business that the picture shows: mostly payments that succeed, and one time of trouble."""

import random
from collections import Counter

from dashboard.traffic import TROUBLE, USUAL, mix_at, payment_of, rate
from simulator.behaviours import BY_NUMBER


def test_trouble_comes_once_and_passes() -> None:
    kinds = [mix_at(part / 100) is TROUBLE for part in range(100)]
    assert Counter(kinds) == {False: 75, True: 25}
    assert kinds.index(True) == 50


def test_it_is_busiest_in_the_middle() -> None:
    assert max(range(101), key=lambda part: rate(part / 100)) == 50


def test_every_behaviour_is_one_of_the_simulators() -> None:
    assert TROUBLE.keys() | USUAL.keys() <= {each.name for each in BY_NUMBER.values()}


def test_two_pictures_show_the_same_business() -> None:
    first, second = (random.Random(1) for _ in range(2))  # noqa: S311 (repeatable)
    made = [payment_of(number, number / 50, first) for number in range(50)]
    assert made == [payment_of(number, number / 50, second) for number in range(50)]
    assert len({each["externalId"] for each in made}) == 50
