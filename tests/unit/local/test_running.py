import os
from pathlib import Path

import pytest

from local.errors import NotRunning
from local.running import Running, announced, find_running

HERE = Running("http://127.0.0.1:4566", "finconnect-local", "http://127.0.0.1:5555", os.getpid())


def test_a_stack_is_found_while_it_is_announced(tmp_path: Path) -> None:
    note = tmp_path / "made" / "running.json"
    with announced(HERE, note):
        assert find_running(note) == HERE
    with pytest.raises(NotRunning, match="make run"):
        find_running(note)
    assert list(note.parent.iterdir()) == []


def test_a_stack_removes_only_its_own_note(tmp_path: Path) -> None:
    note = tmp_path / "running.json"
    later = Running("http://127.0.0.1:4567", "finconnect-local", "http://127.0.0.1:5", os.getpid())
    with announced(later, note):
        with announced(HERE, note):
            pass
        with announced(HERE, note), announced(later, note):
            pass
    with announced(HERE, note):
        note.write_text("{}", encoding="utf-8")
    assert note.exists()


def test_when_the_later_one_has_ended_the_earlier_one_is_found_again(tmp_path: Path) -> None:
    note = tmp_path / "running.json"
    later = Running("http://127.0.0.1:4567", "finconnect-local", "http://127.0.0.1:5", os.getpid())
    with announced(HERE, note):
        with announced(later, note):
            assert find_running(note) == later
        assert find_running(note) == HERE
    assert not note.exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pid": 1}'])
def test_a_note_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    note = tmp_path / "running.json"
    note.write_text(text, encoding="utf-8")
    with pytest.raises(NotRunning):
        find_running(note)


def test_what_a_killed_stack_left_is_none(tmp_path: Path) -> None:
    note = tmp_path / "running.json"
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    with announced(Running("http://h", "s", "http://h", child), note), pytest.raises(NotRunning):
        find_running(note)
