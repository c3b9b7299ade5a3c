"""Installs the project's tools into its own folder.

Runs on any Python from 3.9 and needs nothing else: `.tools/bootstrap` gets uv by pip, and
uv makes the environments that the arguments name, on Python 3.13. Every package is pinned
and checked against its hash. What is installed already costs only a look at its stamp.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple, NoReturn

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
UV = TOOLS / "bootstrap" / "bin" / "uv"
PYTHON_VERSION = "3.13"
LEAKED_SETTINGS = ("PYTHONHOME", "PYTHONPATH", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON", "VIRTUAL_ENV")

NO_PYTHON = """Python 3.13 was neither found on this machine nor could it be downloaded.
AWS Lambda runs the functions on 3.13, so the tests and the local stack do too.
What to do: install it (pyenv install 3.13; brew install python@3.13; your system's package),
or name one: make PYTHON313=/path/to/python3.13 ..."""

NO_PACKAGES = """The packages could not be installed; the lines above say why.
What to do: check the network and the proxy, then repeat the command. What is
already here is kept."""

NO_OPENSSL = """The program `openssl` is not on the PATH; the tests make signatures with it.
What to do: apt-get install openssl; dnf install openssl; brew install openssl"""


class Missing(Exception):
    """A prerequisite is not there; the text says which, and what to do."""


class Environment(NamedTuple):
    """A virtual environment and the pinned requirements that it holds."""

    folder: Path
    requirements: Path

    @property
    def stamp(self) -> Path:
        """The file that is written last, when everything is installed."""
        return self.folder / ".installed"

    def fingerprint(self) -> str:
        """What is to be installed, and where: an environment does not survive a move."""
        digest = hashlib.sha256(self.requirements.read_bytes())
        digest.update(f"{self.folder}\n{os.environ.get('PYTHON313', '')}".encode())
        return digest.hexdigest()

    def is_current(self) -> bool:
        """Whether exactly these requirements are installed in exactly this place."""
        try:
            stamped = self.stamp.read_text(encoding="ascii")
        except FileNotFoundError:
            return False
        return stamped == self.fingerprint() and (self.folder / "bin" / "python").exists()


BOOTSTRAP = Environment(TOOLS / "bootstrap", ROOT / "requirements" / "bootstrap.txt")
ENVIRONMENTS = {
    "dev": Environment(ROOT / ".venv", ROOT / "requirements" / "dev.txt"),
    "sam": Environment(TOOLS / "sam", ROOT / "requirements" / "sam.txt"),
    "api": Environment(TOOLS / "api", ROOT / "requirements" / "api.txt"),
    "fuzz": Environment(TOOLS / "fuzz", ROOT / "requirements" / "fuzz.txt"),
    "security": Environment(TOOLS / "security", ROOT / "requirements" / "security.txt"),
    "charts": Environment(TOOLS / "charts", ROOT / "requirements" / "charts.txt"),
}


def run(command: list[str], advice: str) -> None:
    """Run a command whose failure means a missing prerequisite; its output is shown."""
    environment = {k: v for k, v in os.environ.items() if k not in LEAKED_SETTINGS}
    # A Python that uv has to download stays inside the project too.
    environment.setdefault("UV_PYTHON_INSTALL_DIR", str(TOOLS / "python"))
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise Missing(advice)


def install_uv() -> None:
    """Put the pinned uv into `.tools/bootstrap`, with pip.

    Raises:
        Missing: the environment or the package cannot be had.
    """
    if BOOTSTRAP.is_current():
        return
    folder = str(BOOTSTRAP.folder)
    run([sys.executable, "-m", "venv", "--clear", folder], "The venv module does not work.")
    pip = [str(BOOTSTRAP.folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    pinned = ["--require-hashes", "--only-binary=:all:", "-r", str(BOOTSTRAP.requirements)]
    run([*pip, *pinned], NO_PACKAGES)
    BOOTSTRAP.stamp.write_text(BOOTSTRAP.fingerprint(), encoding="ascii")


def find_python() -> str:
    """Name the Python for the environments: as told, pyenv's, or as uv finds it.

    uv looks on the PATH, where pyenv has only stand-ins that refuse to start a version
    other than the selected one; hence the look into pyenv's own folder.
    """
    told = os.environ.get("PYTHON313")
    if told:
        return told
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path("~/.pyenv").expanduser())
    found = sorted(pyenv.glob(f"versions/{PYTHON_VERSION}.*/bin/python{PYTHON_VERSION}"))
    return str(found[-1]) if found else PYTHON_VERSION


def install(name: str) -> None:
    """Bring the environment of that name to exactly its requirements.

    Raises:
        Missing: Python 3.13 or the packages cannot be had.
    """
    environment = ENVIRONMENTS[name]
    if environment.is_current():
        return
    started = time.monotonic()
    folder = environment.folder
    say(f"installing {folder.relative_to(ROOT)} ...")
    install_uv()
    create = [str(UV), "venv", "--quiet", "--clear", "--no-project"]
    run([*create, "--python", find_python(), str(folder)], NO_PYTHON)
    # Ready-made packages only: no compiler is needed and no package's code runs here.
    sync = [str(UV), "pip", "sync", "--quiet", "--require-hashes", "--no-build"]
    into = ["--python", str(folder / "bin" / "python"), str(environment.requirements)]
    run([*sync, *into], NO_PACKAGES)
    environment.stamp.write_text(environment.fingerprint(), encoding="ascii")
    say(f"installed {folder.relative_to(ROOT)} in {time.monotonic() - started:.0f} s")


def require_openssl() -> None:
    """Look for the openssl program.

    Raises:
        Missing: it is not on the PATH.
    """
    if shutil.which("openssl") is None:
        raise Missing(NO_OPENSSL)


def say(text: str) -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


def provide(names: list[str]) -> None:
    """Provide everything named, one process at a time.

    Two `make` at once would otherwise write into one environment.
    """
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in names:
            if name == "openssl":
                require_openssl()
            else:
                install(name)


def main(names: list[str] | None = None) -> NoReturn:
    """Provide what is named (`dev`, `sam`, `security`, ...) and exit, 1 with advice if not."""
    try:
        provide(sys.argv[1:] if names is None else names)
    except Missing as missing:
        sys.exit(f"error: {missing}")
    sys.exit(0)


if __name__ == "__main__":
    main()
