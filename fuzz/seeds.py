"""What the fuzzer begins with: the signature vectors, the events, and one of each defect."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from fuzz.targets import worlds
from tests.hostile.defects.catalogue import DEFECTS
from tests.hostile.properties import GENUINE_BODY
from tests.vectors.loading import load_vectors

EVENTS: Final = Path(__file__).parents[1] / "events"
MAX_BYTES: Final = 8 * 1024
"""Larger bodies tell the fuzzer nothing that smaller ones do not, and slow it down."""
_OF_EACH_GROUP: Final = 12


def bodies() -> Iterator[bytes]:
    """The bodies, the genuine one first."""
    yield GENUINE_BODY
    for vector in load_vectors().values():
        yield vector.body
    for path in sorted(EVENTS.glob("callback-*.json")):
        event = json.loads(path.read_text(encoding="utf-8"))
        if event.get("body"):
            yield event["body"].encode()
    for defects in DEFECTS.values():
        usable = [each.body for each in defects.values() if len(each.body) < MAX_BYTES]
        yield from usable[:: max(1, len(usable) // _OF_EACH_GROUP)]


def seeds(target: str) -> Iterator[bytes]:
    """The seeds of a target."""
    if target == "callback":
        yield from bodies()
        return
    for number in worlds():
        yield bytes([number]) + GENUINE_BODY
    for index, body in enumerate(bodies()):
        yield bytes([worlds()[index % len(worlds())]]) + body


def plant(target: str, folder: Path) -> int:
    """Write the seeds into a corpus folder; returns how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    planted = set()
    for seed in seeds(target):
        path = folder / hashlib.sha1(seed, usedforsecurity=False).hexdigest()
        path.write_bytes(seed)
        planted.add(path)
    return len(planted)
