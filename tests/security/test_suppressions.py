"""ruff's security rules: whatever is not followed has its reason beside it."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = (
    "benchmarks",
    "dashboard",
    "functions",
    "fuzz",
    "layers",
    "local",
    "ops",
    "simulator",
    "soak",
    "tools",
)
SUPPRESSED = re.compile(r"#\s*noqa:[^(#-]*\bS\d{3}\b(?P<rest>.*)")
REASON = re.compile(r"[\w',: ]*(\(.{5,}\)|- .{5,})")


def suppressions() -> list[tuple[str, str]]:
    """The place and the rest of each line that silences a security rule."""
    return [
        (f"{path.relative_to(ROOT)}:{number}", match["rest"])
        for folder in (*SOURCES, "tests")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (match := SUPPRESSED.search(line))
    ]


def test_there_are_some_to_look_at() -> None:
    assert len(suppressions()) > len(SOURCES)


def test_each_has_its_reason_beside_it() -> None:
    assert [place for place, rest in suppressions() if not REASON.fullmatch(rest)] == []


@pytest.mark.parametrize("rest", ["", " ", " x", ", E501", " ()"])
def test_what_is_no_reason_is_noticed(rest: str) -> None:
    assert not REASON.fullmatch(rest)


def test_no_rule_is_silenced_for_all() -> None:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]
    assert lint["lint"]["select"] == ["ALL"]
    assert [rule for rule in lint["lint"]["ignore"] if rule.startswith("S")] == []


def test_rules_that_are_silenced_for_a_folder_have_a_reason_or_share_one() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    _, rules = text.split("[tool.ruff.lint.per-file-ignores]")
    block = rules.split("\n[", 1)[0].splitlines()
    silenced = [number for number, line in enumerate(block) if re.match(r'\s+"S\d', line)]
    assert silenced
    for number in silenced:
        group = [
            line for line in block[max(number - 2, 0) : number + 1] if re.match(r'\s+"S', line)
        ]
        assert any("#" in line for line in group), block[number]
