"""Mutates callbacks as JSON, since changed bytes hardly ever are any."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from tests.hostile.mutations import MUTATIONS, NAMES, TEXTS, Draft

type Mutate = Callable[[bytes, int], bytes]

_AS_BYTES = 0.3
_OTHER_WORLD = 0.1
_MOST_STEPS = 3


def mutate(data: bytes, max_size: int, seed: int, *, prefix: int, as_bytes: Mutate) -> bytes:
    """Change some data, of which ``prefix`` bytes are no JSON, into other data for a target.

    ``as_bytes`` is the fuzzer's own way to mutate.
    """
    choose = random.Random(seed)  # noqa: S311 (nothing secret)
    head, body = data[:prefix], data[prefix:]
    if prefix and choose.random() < _OTHER_WORLD:
        head = choose.randbytes(prefix)
    there = None if choose.random() < _AS_BYTES else _read(body)
    changed = _changed(there, choose).dump() if there else as_bytes(body, max_size - prefix)
    return (head.ljust(prefix, b"\0") + changed)[:max_size]


def _changed(there: Draft, choose: random.Random) -> Draft:
    for _ in range(choose.randint(1, _MOST_STEPS)):
        mutation = choose.choice(MUTATIONS)
        there = mutation(
            there, choose.choice(NAMES), choose.choice(TEXTS), choose.randrange(1 << 12)
        )
    return there


def _read(body: bytes) -> Draft | None:
    try:
        pairs = json.loads(body, object_pairs_hook=list)
        return Draft([(key, json.dumps(_plain(value))) for key, value in pairs])
    except (ValueError, TypeError, RecursionError):
        return None


def _plain(value: object) -> object:
    # What was an object below the first level came as pairs: its form is of no interest.
    return value if isinstance(value, str | int | float | None) else {}
