"""The targets of ``make fuzz``, without the fuzzer: its seeds, and whatever once broke them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from fuzz.mutator import mutate
from fuzz.seeds import plant, seeds
from fuzz.targets import TARGETS, webhook, world_of, worlds
from tests.hostile.properties import GENUINE_BODY, STATES

PROJECT = Path(__file__).parents[2]
CRASHES = [path for path in (PROJECT / "fuzz" / "crashes").iterdir() if path.suffix != ".md"]


@pytest.mark.parametrize("target", TARGETS)
def test_its_seeds_are_as_they_must_be(target: str) -> None:
    for seed in seeds(target):
        TARGETS[target](seed)


def test_what_once_broke_a_target_does_so_no_more() -> None:
    for path in CRASHES:
        TARGETS[path.name.partition("-")[0]](path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_what_the_mutator_makes_is_as_it_must_be(target: str) -> None:
    choose = random.Random(target)  # noqa: S311 (the same in every run)
    prefix = int(target == "webhook")
    for seed in [*seeds(target)][::4]:
        data = seed
        for _ in range(5):
            number = choose.randrange(1 << 30)
            data = mutate(data, 8192, number, prefix=prefix, as_bytes=lambda body, _: body[1:])
            assert len(data) <= 8192
            TARGETS[target](data)


def test_the_worlds_to_begin_with_are_all_kinds_of_worlds() -> None:
    found = [world_of(number) for number in worlds()]
    assert {each.status for each in found} == set(STATES)
    for name in ("encoded", "accepts_unsigned", "has_key", "secret"):
        assert len({getattr(each, name) for each in found}) == 2


def test_no_bytes_at_all_are_a_world_too() -> None:
    webhook(b"")
    webhook(b"\xff" + GENUINE_BODY)


def test_seeds_are_planted_once(tmp_path: Path) -> None:
    count = plant("callback", tmp_path)
    assert count == plant("callback", tmp_path) == len(list(tmp_path.iterdir()))
    assert count > 100
