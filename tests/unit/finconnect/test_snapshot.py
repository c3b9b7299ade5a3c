"""Many containers from one snapshot: nothing that must differ is part of what they share.

A fork is such a snapshot: two processes with the same memory. Only Python's own generator notices a
fork, and is set back here to what a snapshot would hold.
"""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LAYER = Path(__file__).parents[3] / "layers" / "provider"
PROGRAM = """
import json, os, random
from finconnect.payments.aws import dynamodb_ledger
from finconnect.payments.events import new_ids
from finconnect.providers.retry import ConnectRetry

# In the snapshot: everything was used once, as a request before it would have.
new_ids(3), dynamodb_ledger._DICE.random(), ConnectRetry().jitter()
state = random.getstate()
for _ in range(2):
    child = os.fork()
    if child == 0:
        random.setstate(state)
        made = [new_ids(3), dynamodb_ledger._DICE.random(), ConnectRetry().jitter()]
        print(json.dumps(made), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_ids_and_waits_differ_between_containers_of_one_snapshot() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(LAYER)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    first, second = map(json.loads, done.stdout.splitlines())
    assert not set(first[0]) & set(second[0])
    assert first[1] != second[1]
    assert first[2] != second[2]


@pytest.mark.parametrize(
    "file", sorted((LAYER / "finconnect").rglob("*.py")), ids=lambda file: file.stem
)
def test_only_the_systems_random_numbers_are_used(file: Path) -> None:
    used = {
        node.attr
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("random", "uuid")
    }
    assert used <= {"SystemRandom", "uuid4"}
