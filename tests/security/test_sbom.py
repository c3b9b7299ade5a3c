"""Everything that is pinned for the layer is in its bill of materials, and nothing else."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tools import sbom

PIN = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    return sbom.generate()


@pytest.fixture(scope="module")
def requirements() -> str:
    return sbom.REQUIREMENTS.read_text(encoding="utf-8")


def test_every_pinned_package_is_in_it(bill: dict[str, Any], requirements: str) -> None:
    listed = {component["name"]: component["version"] for component in bill["components"]}
    assert listed == dict(PIN.findall(requirements))
    assert len(bill["components"]) == len(listed)


def test_every_package_has_its_url_and_its_hashes(bill: dict[str, Any], requirements: str) -> None:
    for component in bill["components"]:
        assert component["purl"] == f"pkg:pypi/{component['name']}@{component['version']}"
    listed = {
        digest["content"]
        for component in bill["components"]
        for reference in component["externalReferences"]
        for digest in reference.get("hashes", [])
    }
    assert listed == set(HASH.findall(requirements))


def test_the_layer_depends_on_each_of_them(bill: dict[str, Any]) -> None:
    (layer,) = [each for each in bill["dependencies"] if each["ref"] == sbom.LAYER]
    assert bill["metadata"]["component"]["name"] == sbom.LAYER
    assert layer["dependsOn"] == [component["bom-ref"] for component in bill["components"]]


def test_the_command_writes_it_and_the_same_again(
    bill: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "new" / "layer.cdx.json"
    assert sbom.main(["--output", str(target)]) == 0
    assert json.loads(target.read_text(encoding="utf-8")) == bill
    assert f"{len(bill['components'])} packages" in capsys.readouterr().out


def test_a_package_that_is_added_is_added(tmp_path: Path) -> None:
    more = tmp_path / "requirements.txt"
    more.write_text(f"left-pad==1.0.0 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    assert [each["name"] for each in sbom.generate(more)["components"]] == ["left-pad"]
