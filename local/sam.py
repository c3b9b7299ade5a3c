"""The real `sam build` and `sam deploy`, only that the deployment goes to the emulator."""

import fcntl
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.environment import REGION, local_credentials, tool_environment
from local.errors import MissingProgram
from local.paths import ProjectPaths
from local.processes import Supervisor
from local.run_folder import RunFolder

RUNTIME_INTERPRETER = "python3.13"
CONFIG_ENVIRONMENT = "local"
BUILD_SECONDS = 300.0
DEPLOY_SECONDS = 180.0


class SamCli:
    """Runs the SAM CLI for one run of the stack."""

    def __init__(self, paths: ProjectPaths, folder: RunFolder, supervisor: Supervisor) -> None:
        self._paths = paths
        self._folder = folder
        self._supervisor = supervisor

    def build(self) -> None:
        """Builds into the project's `.aws-sam`, and gives this run a copy of the result.

        Another run may build at the same time: one waits for the other, and then finds
        everything in the cache.
        Raises MissingProgram, or StepFailed and StepTimedOut with the log.
        """
        environment = self._environment() | {"PATH": _path_with(self._build_interpreter().parent)}
        command = self._command("build", "--template-file", str(self._paths.template))
        command += ["--build-dir", str(self._paths.build), "--cached", "--parameter-overrides"]
        command += overrides({"Architecture": machine_architecture()})
        with exclusive(self._paths.local / "build.lock"):
            self._supervisor.run(
                "sam build",
                command,
                log=self._folder.log("sam-build"),
                environment=environment,
                folder=self._paths.root,
                seconds=BUILD_SECONDS,
            )
            shutil.copytree(self._paths.build, self._folder.build, copy_function=link_or_copy)

    def deploy(self, endpoint: str, stack_name: str, parameters: Mapping[str, str]) -> None:
        """Deploys this run's build as `stack_name` to the emulator at `endpoint`.

        Raises StepFailed and StepTimedOut with the log.
        """
        command = self._command(
            "deploy", "--template-file", str(self._folder.build / "template.yaml")
        )
        command += ["--stack-name", stack_name, "--region", REGION, "--resolve-s3"]
        command += ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"]
        command += [
            "--capabilities",
            "CAPABILITY_IAM",
            "CAPABILITY_NAMED_IAM",
            "CAPABILITY_AUTO_EXPAND",
        ]
        command += ["--parameter-overrides", *overrides(parameters)]
        self._supervisor.run(
            "sam deploy",
            command,
            log=self._folder.log(f"sam-deploy-{stack_name}"),
            environment=self._environment() | local_credentials(endpoint),
            folder=self._paths.root,
            seconds=DEPLOY_SECONDS,
        )

    def _command(self, verb: str, *arguments: str) -> list[str]:
        python = self._paths.sam_python
        if not python.exists():
            raise MissingProgram(
                f"The SAM CLI is not installed beside {python}. Run `make install`."
            )
        samconfig = str(self._paths.samconfig)
        configuration = ["--config-file", samconfig, "--config-env", CONFIG_ENVIRONMENT]
        return [str(python), "-m", "samcli", verb, *configuration, *arguments]

    def _environment(self) -> dict[str, str]:
        # Where it keeps its own settings, which would otherwise be the person's home folder.
        settings = {"__SAM_CLI_APP_DIR": str(self._paths.local / "sam-cli")}
        return settings | tool_environment(os.environ, self._folder.temporary)

    def _build_interpreter(self) -> Path:
        folders = (
            self._paths.sam_python.parent,
            Path(sys.executable).parent,
            Path(sys.base_prefix) / "bin",
        )
        return interpreter_with_pip(folder / RUNTIME_INTERPRETER for folder in folders)


def interpreter_with_pip(candidates: Iterable[Path]) -> Path:
    """The first interpreter that has pip, which `sam build` uses to fetch the layer's dependencies.

    Raises MissingProgram.
    """
    for candidate in candidates:
        if candidate.exists() and _has_pip(candidate):
            return candidate
    raise MissingProgram(
        f"`sam build` needs a {RUNTIME_INTERPRETER} with pip, and none was found. "
        "Run `make install`."
    )


def _has_pip(interpreter: Path) -> bool:
    check = [str(interpreter), "-c", "import pip"]
    return subprocess.run(check, capture_output=True, check=False, timeout=30).returncode == 0


def _path_with(folder: Path) -> str:
    return os.pathsep.join((str(folder), os.environ.get("PATH", os.defpath)))


def machine_architecture(machine: str = platform.machine()) -> str:
    """The name that Lambda has for this machine's processor: the functions run on it directly."""
    return "arm64" if machine.lower() in ("arm64", "aarch64") else "x86_64"


def overrides(parameters: Mapping[str, str]) -> list[str]:
    """Template parameters as arguments of the SAM CLI."""
    return [
        f"ParameterKey={name},ParameterValue={value}" for name, value in sorted(parameters.items())
    ]


def link_or_copy(source: str, target: str) -> None:
    """A second name for the same file, which costs nothing; a copy where that cannot be."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Waits until no other run holds `lock`, and holds it meanwhile."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
