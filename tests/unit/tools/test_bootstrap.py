import ast
from pathlib import Path

import pytest

from tools import bootstrap

SOURCE = Path(bootstrap.__file__).read_text(encoding="utf-8")


def test_bootstrap_is_readable_for_the_oldest_python_supported() -> None:
    ast.parse(SOURCE, feature_version=(3, 9))


def environment_in(folder: Path) -> bootstrap.Environment:
    requirements = folder / "pins.txt"
    requirements.write_text("one==1\n")
    (folder / "bin").mkdir()
    (folder / "bin" / "python").touch()
    return bootstrap.Environment(folder, requirements)


def test_an_environment_is_current_only_once_it_is_stamped(tmp_path: Path) -> None:
    environment = environment_in(tmp_path)
    assert not environment.is_current()

    environment.stamp.write_text(environment.fingerprint())

    assert environment.is_current()


def test_changed_pins_make_an_environment_outdated(tmp_path: Path) -> None:
    environment = environment_in(tmp_path)
    environment.stamp.write_text(environment.fingerprint())

    environment.requirements.write_text("one==2\n")

    assert not environment.is_current()


def test_a_moved_environment_is_outdated(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    environment = environment_in(old)
    environment.stamp.write_text(environment.fingerprint())

    moved = old.rename(tmp_path / "new")

    assert not bootstrap.Environment(moved, moved / "pins.txt").is_current()


def test_a_python_named_by_the_user_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON313", "/somewhere/python3.13")

    assert bootstrap.find_python() == "/somewhere/python3.13"


def test_the_newest_python_of_pyenv_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHON313", raising=False)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    for version in ("3.12.1", "3.13.0", "3.13.2"):
        python = tmp_path / "versions" / version / "bin" / f"python{version[:4]}"
        python.parent.mkdir(parents=True)
        python.touch()

    assert bootstrap.find_python().endswith("versions/3.13.2/bin/python3.13")


def test_a_missing_openssl_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(bootstrap.Missing, match=r"`openssl`(?s:.*)apt-get install openssl"):
        bootstrap.require_openssl()
