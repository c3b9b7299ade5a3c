"""What the README says that a machine can compare."""

import re

from tests.template.documents import ROOT

QUESTIONS = "| question | answer |\n|---|---|\n"
PARAMETERS = "| parameter | default | meaning |\n|---|---|---|\n"
TWICE = " (twice)"
PARAMETER = "Parameter "


def questions() -> list[str]:
    """The questions of `sam deploy --guided` in the README's table, one by one."""
    return [question for cell in _first_column(QUESTIONS) for question in _of(cell)]


def parameters() -> list[str]:
    """The parameters that the README explains under "Configuration", one by one."""
    return [name for cell in _first_column(PARAMETERS) for name in re.findall(r"`(\w+)`", cell)]


def _first_column(heading: str) -> list[str]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.split(heading, 1)[1].split("\n\n", 1)[0]
    return [line.split("|")[1].strip() for line in table.splitlines()]


def _of(cell: str) -> list[str]:
    prefix = PARAMETER if cell.startswith(PARAMETER) else ""
    names = cell.removesuffix(TWICE).removeprefix(prefix).split(", ")
    return [f"{prefix}{name.rstrip('?')}" for name in names] * (1 + cell.endswith(TWICE))
