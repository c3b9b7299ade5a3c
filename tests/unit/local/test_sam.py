import sys
from pathlib import Path

import pytest

from local.errors import MissingProgram
from local.sam import (
    exclusive,
    interpreter_with_pip,
    link_or_copy,
    machine_architecture,
    overrides,
)


@pytest.mark.parametrize(
    ("machine", "architecture"),
    [("x86_64", "x86_64"), ("AMD64", "x86_64"), ("arm64", "arm64"), ("aarch64", "arm64")],
)
def test_the_functions_are_built_for_this_machine(machine: str, architecture: str) -> None:
    assert machine_architecture(machine) == architecture


def test_parameters_become_arguments_in_a_fixed_order() -> None:
    assert overrides({"B": "http://127.0.0.1:1", "A": "x"}) == [
        "ParameterKey=A,ParameterValue=x",
        "ParameterKey=B,ParameterValue=http://127.0.0.1:1",
    ]


def test_it_is_said_when_no_interpreter_has_pip(tmp_path: Path) -> None:
    with pytest.raises(MissingProgram, match="make install"):
        interpreter_with_pip([tmp_path / "python3.13"])


def test_an_interpreter_without_pip_is_passed_over(tmp_path: Path) -> None:
    lacking, having = tmp_path / "lacking", tmp_path / "having"
    for path, code in ((lacking, 1), (having, 0)):
        path.write_text(f"#!/bin/sh\nexit {code}\n")
        path.chmod(0o755)
    assert interpreter_with_pip([lacking, Path(sys.executable + "-none"), having]) == having


def test_a_link_costs_no_copy(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_text("content")
    link_or_copy(str(source), str(target))
    assert target.samefile(source)


def test_where_a_link_cannot_be_it_is_a_copy(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_text("new")
    target.write_text("old")
    link_or_copy(str(source), str(target))
    assert target.read_text() == "new"
    assert not target.samefile(source)


def test_the_lock_can_be_taken_again_after_an_error(tmp_path: Path) -> None:
    lock = tmp_path / "folder" / "build.lock"
    with pytest.raises(ValueError, match="inside"), exclusive(lock):
        raise ValueError("inside")
    with exclusive(lock):
        assert lock.exists()
