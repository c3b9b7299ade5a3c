"""The command line of `rotate`: what it takes, and what it refuses before anything is touched."""

import pytest

from ops.__main__ import _parser


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("rotate credentials azampay.json", {"file": "azampay.json", "back": False}),
        ("rotate credentials -", {"file": "-", "back": False}),
        ("rotate credentials --back", {"file": None, "back": True}),
        ("rotate webhook-secret begin", {"overlap_hours": 72, "show": False}),
        ("rotate webhook-secret begin --overlap-hours 1.5 --show-url", {"show": True}),
        ("rotate api-key status --show-key", {"step": "status", "show": True}),
        ("rotate api-key finish --force", {"step": "finish", "force": True}),
        ("rotate webhook-secret cancel", {"step": "cancel", "force": False}),
    ],
)
def test_a_line_says_what_to_do(line: str, expected: dict[str, object]) -> None:
    options = vars(_parser().parse_args(line.split()))
    assert expected.items() <= options.items()


@pytest.mark.parametrize(
    "line",
    [
        "rotate",
        "rotate credentials",
        "rotate credentials file.json --back",
        "rotate webhook-secret",
        "rotate webhook-secret begin --overlap-hours -1",
        "rotate webhook-secret begin --overlap-hours 99999",
        "rotate webhook-secret begin --overlap-hours soon",
        "rotate webhook-secret finish --show-url",
        "rotate api-key begin --force",
        "rotate everything begin",
    ],
)
def test_anything_else_is_refused(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        _parser().parse_args(line.split())
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err
