"""What runs on AWS, or speaks to it, knows no region, partition or account of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.template.documents import ROOT
from tests.template.rules.interface import nothing_is_hard_coded

FOLDERS = ("functions", "layers/provider/finconnect", "ops", "examples")
KINDS = {".py", ".js", ".php"}


def sources(root: Path = ROOT) -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in KINDS and "node_modules" not in path.parts:
                yield path.relative_to(root)


def test_there_is_something_to_look_at() -> None:
    found = list(sources())
    assert {path.parts[0] for path in found} == {folder.split("/")[0] for folder in FOLDERS}
    assert {path.suffix for path in found} == KINDS


@pytest.mark.parametrize("path", list(sources()), ids=str)
def test_no_place_is_hard_coded(path: Path) -> None:
    assert nothing_is_hard_coded((ROOT / path).read_text(encoding="utf-8")) == []
