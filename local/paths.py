"""Where things lie in the project's folder. Nothing local depends on anything outside of it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ProjectPaths:
    """The folders and programs that the local stack uses, below one project root."""

    root: Path

    @property
    def local(self) -> Path:
        """What runs share or leave behind: run folders, locks, the SAM CLI's own files."""
        return self.root / ".local"

    @property
    def build(self) -> Path:
        """What `sam build` writes: the same folder that a developer's own `sam build` uses."""
        return self.root / ".aws-sam" / "build"

    @property
    def sam_python(self) -> Path:
        """The interpreter of the environment that holds the SAM CLI and nothing else."""
        return self.root / ".tools" / "sam" / "bin" / "python"

    @property
    def samconfig(self) -> Path:
        """The SAM CLI's configuration with the `local` environment."""
        return self.root / "samconfig.toml"

    @property
    def template(self) -> Path:
        """The template as written."""
        return self.root / "template.yaml"


PROJECT = ProjectPaths(Path(__file__).resolve().parent.parent)
