"""What the README says that a machine can compare."""

from tests.template.documents import ROOT

QUESTIONS = "| question | answer |\n|---|---|\n"
TWICE = " (twice)"
PARAMETER = "Parameter "


def questions() -> list[str]:
    """The questions of `sam deploy --guided` in the README's table, one by one."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.split(QUESTIONS, 1)[1].split("\n\n", 1)[0]
    return [question for line in table.splitlines() for question in _of(line.split("|")[1].strip())]


def _of(cell: str) -> list[str]:
    prefix = PARAMETER if cell.startswith(PARAMETER) else ""
    names = cell.removesuffix(TWICE).removeprefix(prefix).split(", ")
    return [f"{prefix}{name.rstrip('?')}" for name in names] * (1 + cell.endswith(TWICE))
