import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LAYER = ROOT / "layers" / "provider" / "requirements.txt"
PINNED = [LAYER, *sorted((ROOT / "requirements").glob("*.txt"))]
PIN = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


def pins(path: Path) -> dict[str, str]:
    return dict(PIN.findall(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", PINNED, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_requirement_is_pinned_with_a_hash(path: Path) -> None:
    entries = re.split(r"\n(?=\w)", path.read_text(encoding="utf-8"))

    unpinned = [one.splitlines()[0] for one in entries if "\n    --hash=sha256:" not in one]

    assert pins(path)
    # The one entry without a hash is the comment at the head.
    assert all(line.startswith("#") for line in unpinned)


def test_tests_run_on_the_versions_that_the_layer_ships() -> None:
    layer = pins(LAYER)
    tested = pins(ROOT / "requirements" / "dev.txt")

    assert {name: tested.get(name) for name in layer} == layer


def test_the_layer_leaves_out_what_the_runtime_has() -> None:
    assert not {"boto3", "botocore"} & pins(LAYER).keys()
