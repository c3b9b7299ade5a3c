from pathlib import Path

import pytest

from tools.check_hosts import REGISTRIES, check, find_hosts

HOSTS = [".".join(parts) for parts in REGISTRIES]


@pytest.mark.parametrize("host", HOSTS)
def test_every_registry_is_found_wherever_it_stands(host: str) -> None:
    text = f"first line\n--index-url https://files.{host}/simple\n"

    assert list(find_hosts(text)) == [(2, f"files.{host}")]


@pytest.mark.parametrize("host", HOSTS)
def test_capitals_do_not_hide_a_registry(host: str) -> None:
    assert list(find_hosts(host.upper())) == [(1, host.upper())]


@pytest.mark.parametrize(
    "text",
    ["pip install httpx", "a debian machine", "https://example.org/simple", "not" + HOSTS[0]],
)
def test_other_text_is_left_alone(text: str) -> None:
    assert list(find_hosts(text)) == []


def test_a_finding_says_file_line_and_host(tmp_path: Path) -> None:
    (tmp_path / "pins.txt").write_text(f"\nsee {HOSTS[0]}\n")

    (finding,) = check(tmp_path, [Path("pins.txt")])

    assert str(finding) == f"pins.txt:2: names the package registry {HOSTS[0]}"


def test_what_is_no_text_or_gone_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "image.png").write_bytes(b"\x89PNG\xff\xfe")
    (tmp_path / "folder").mkdir()

    assert check(tmp_path, [Path("image.png"), Path("folder"), Path("deleted")]) == []
