"""Finds package registries named in the project's files.

A pinned file that names a host works only where that host is reachable; without one the
packages come from wherever the machine's own settings say.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# In parts, so that this file does not find itself.
REGISTRIES = (
    ("pypi", "org"),
    ("pypi", "python", "org"),
    ("pythonhosted", "org"),
    ("npmjs", "org"),
    ("npmjs", "com"),
    ("yarnpkg", "com"),
    ("debian", "org"),
)
HOST = re.compile(
    r"(?<![\w-])(?:[\w-]+\.)*(?:" + "|".join(r"\.".join(parts) for parts in REGISTRIES) + r")\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    """A registry host and the place where it is named."""

    path: Path
    line: int
    host: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: names the package registry {self.host}"


def find_hosts(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line number and the name of each registry host in a text."""
    for number, line in enumerate(text.splitlines(), start=1):
        for match in HOST.finditer(line):
            yield number, match[0]


def check(root: Path, paths: Iterable[Path]) -> list[Finding]:
    """Search files, given relative to the root; what is not text names no host."""
    findings = []
    for path in paths:
        try:
            text = (root / path).read_text(encoding="utf-8")
        except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError):
            continue
        findings += [Finding(path, line, host) for line, host in find_hosts(text)]
    return findings


def list_files(root: Path) -> list[Path]:
    """List what git tracks or would track, relative to the root.

    Raises:
        subprocess.CalledProcessError: the root is not in a git repository.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    return [Path(name) for name in listed.stdout.split("\0") if name]


def main() -> int:
    """Check the project; the exit code is 1 if a registry is named anywhere."""
    root = Path(__file__).resolve().parent.parent
    paths = list_files(root)
    findings = check(root, paths)
    for finding in findings:
        print(finding)
    if not findings:
        print(f"No package registry is named in {len(paths)} files.")
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
