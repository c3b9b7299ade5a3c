"""checkov finds nothing but what .checkov.yaml accepts, and nothing is accepted in vain."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.security import scanner


@pytest.fixture(scope="module")
def found() -> list[dict[str, Any]]:
    template = scanner.findings("cloudformation", scanner.ROOT / "template.yaml")
    return template + scanner.findings("openapi", scanner.ROOT / "openapi.yaml")


def test_nothing_is_found_that_is_not_accepted(found: list[dict[str, Any]]) -> None:
    unexpected = {
        (each["check_id"], each["check_name"], each["resource"])
        for each in found
        if each["check_id"] not in scanner.accepted()
    }
    assert unexpected == set()


def test_nothing_is_accepted_that_is_not_found(found: list[dict[str, Any]]) -> None:
    assert set(scanner.accepted()) - {each["check_id"] for each in found} == set()
    assert len(scanner.accepted()) == len(set(scanner.accepted()))


def test_a_fault_is_found(tmp_path: Path) -> None:
    text = (scanner.ROOT / "template.yaml").read_text(encoding="utf-8")
    broken = text.replace("EnableKeyRotation: true", "EnableKeyRotation: false")
    assert broken != text
    (tmp_path / "template.yaml").write_text(broken, encoding="utf-8")
    found = scanner.findings("cloudformation", tmp_path / "template.yaml")
    assert {each["check_id"] for each in found} - set(scanner.accepted()) == {"CKV_AWS_7"}


def test_no_source_holds_a_secret(tmp_path: Path) -> None:
    # What tests and events hold is made up, and much of it looks like secrets.
    for folder in ("functions", "layers", "local", "ops", "simulator", "tools"):
        shutil.copytree(
            scanner.ROOT / folder,
            tmp_path / folder,
            ignore=shutil.ignore_patterns("__pycache__", "requirements.txt", "*_events.py"),
        )
    for file in ("template.yaml", "openapi.yaml", "samconfig.toml"):
        shutil.copy(scanner.ROOT / file, tmp_path / file)
    assert places(scanner.findings("secrets", tmp_path)) == set()

    # In parts, so that this file does not find itself.
    key = "AKIA" + "Z7QPVJ2KTL4XW9RB"
    (tmp_path / "ops" / "leak.py").write_text(f'KEY = "{key}"\n', encoding="utf-8")
    leaked = scanner.findings("secrets", tmp_path)
    assert places(leaked) == {"/ops/leak.py"}


def places(found: list[dict[str, Any]]) -> set[str]:
    return {str(each["file_path"]) for each in found}


def test_each_accepted_check_has_its_reason_above_it() -> None:
    lines = scanner.CONFIGURATION.read_text(encoding="utf-8").splitlines()
    checks = [number for number, line in enumerate(lines) if re.match(r" *- CKV", line)]
    assert len(checks) == len(scanner.accepted())
    for number in checks:
        above = next(line for line in reversed(lines[:number]) if not re.match(r" *- CKV", line))
        assert re.match(r" *# .{20}", above), lines[number]


def test_no_check_is_silenced_anywhere_else() -> None:
    for name in ("template.yaml", "openapi.yaml"):
        text = (scanner.ROOT / name).read_text(encoding="utf-8")
        assert "checkov:" not in text
        assert "cfn-lint:" not in text
