"""The documented table is the one in the code."""

import re
from pathlib import Path

from local.trigger import URL_SECRET
from simulator.__main__ import _parser
from simulator.behaviours import ANY_OTHER, BY_NUMBER, EVENTS, Tamper
from tests.e2e.numbers import COURSES, readme_row

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_test_number_is_documented_as_it_is() -> None:
    rows = re.findall(r"^\| `(2557\d+)` \| ([\w-]+) \| (.+) \|$", TEXT, re.MULTILINE)
    assert rows == [(number, each.name, each.summary) for number, each in BY_NUMBER.items()]
    assert f"| any other | {ANY_OTHER.name} | {ANY_OTHER.summary} |" in TEXT


def test_the_readme_tells_what_each_number_comes_to() -> None:
    rows = [line for line in README.splitlines() if line.startswith("| `2557")]
    expected = [
        readme_row(number, each.summary, COURSES[each.name]) for number, each in BY_NUMBER.items()
    ]
    assert rows == expected
    assert f"| any other | {ANY_OTHER.summary} |" in README


def test_every_event_and_every_lie_is_documented() -> None:
    for name in (*EVENTS, *Tamper, URL_SECRET):
        assert f"`{name}`" in TEXT


def test_every_documented_option_exists() -> None:
    options = set(re.findall(r"`(--[a-z-]+)`", TEXT))
    assert options <= set(_parser()._option_string_actions)


def test_every_picture_is_there() -> None:
    folder = Path(__file__).parents[3] / "docs"
    pictures = re.findall(r"images/[\w-]+\.png", TEXT)
    assert len(pictures) == 3
    assert all((folder / picture).is_file() for picture in pictures)
