from pathlib import Path

from local.run_folder import RunFolder


def test_two_runs_have_two_folders_that_git_does_not_see(tmp_path: Path) -> None:
    one, other = (RunFolder.create(tmp_path / ".local") for _ in range(2))
    assert one.path != other.path
    assert (tmp_path / ".local" / ".gitignore").read_text() == "*\n"
    assert all(path.is_dir() for path in (one.temporary, one.state, one.objects, one.logs))


def test_the_copy_of_the_build_is_as_deep_in_the_project_as_the_build(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / ".local")
    assert folder.build.parent == folder.path.parent


def test_removing_leaves_nothing(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / ".local")
    folder.build.mkdir()
    folder.remove()
    assert [path.name for path in (tmp_path / ".local").iterdir()] == [".gitignore"]


def test_after_a_failure_only_the_logs_stay(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / ".local")
    folder.build.mkdir()
    folder.log("ministack").write_text("what happened")
    folder.remove_all_but_logs()
    assert [path.name for path in folder.path.iterdir()] == ["logs"]
    assert not folder.build.exists()
