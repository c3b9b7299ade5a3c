"""One folder per run, so that nothing of a run lies anywhere else."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunFolder:
    """`.local/run-…`: temporary files, the emulator's state, and all logs."""

    path: Path

    @classmethod
    def create(cls, parent: Path) -> "RunFolder":
        """A new folder below `parent`, which is made if need be."""
        parent.mkdir(parents=True, exist_ok=True)
        (parent / ".gitignore").write_text("*\n", encoding="ascii")
        folder = cls(Path(tempfile.mkdtemp(prefix="run-", dir=parent)))
        for path in (folder.temporary, folder.state, folder.objects, folder.logs):
            path.mkdir()
        return folder

    @property
    def temporary(self) -> Path:
        """TMPDIR of every program of the run."""
        return self.path / "tmp"

    @property
    def state(self) -> Path:
        """The emulator's state."""
        return self.path / "state"

    @property
    def objects(self) -> Path:
        """The emulator's S3 objects."""
        return self.path / "s3"

    @property
    def logs(self) -> Path:
        """What every program printed."""
        return self.path / "logs"

    @property
    def build(self) -> Path:
        """This run's copy of what `sam build` made: another run may build anew meanwhile.

        It lies beside the run's folder, because the built template names `openapi.yaml` by a path
        relative to itself: the copy has to be as deep in the project as `.aws-sam/build`.
        """
        return self.path.with_name(f"build-of-{self.path.name}")

    def log(self, name: str) -> Path:
        """The log file of one program."""
        return self.logs / f"{name}.log"

    def remove(self) -> None:
        """Removes all of it."""
        for path in (self.path, self.build):
            shutil.rmtree(path, ignore_errors=True)

    def remove_all_but_logs(self) -> None:
        """Leaves what is needed to find out what went wrong, and no more."""
        for path in (self.temporary, self.state, self.objects, self.build):
            shutil.rmtree(path, ignore_errors=True)
