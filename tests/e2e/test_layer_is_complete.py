"""The built layer holds all that the functions import: Lambda has nothing else but boto3."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

import pytest

from local.paths import PROJECT
from local.stack import LocalStack

# What the runtime brings along, as files and folders of an environment's site-packages.
OF_THE_RUNTIME: Final = (
    *("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3"),
)
FUNCTIONS: Final = ("event_relay", "payments", "reconciler", "token_refresh", "webhook")
# The queue's half of webhook is imported only once the queue calls, and so on.
LATE: Final = {
    "webhook": ("finconnect.payments.aws.sqs_batch",),
    "reconciler": ("finconnect.providers.azampay.provider",),
}
ENVIRONMENT: Final = json.loads(
    (Path(__file__).parents[2] / "events" / "env.json").read_text(encoding="utf-8")
)
# -I and -S: neither the environment's packages nor the current folder are found by themselves.
PROGRAM: Final = """
import importlib, json, os, sys
given = json.loads(sys.argv[1])
sys.path += given["path"]
os.environ.clear()
os.environ.update(given["environment"])
for name in given["modules"]:
    importlib.import_module(name)
print(sys.modules[given["shown"]].__file__)
"""


def logical_id(function: str) -> str:
    return "".join(part.capitalize() for part in function.split("_")) + "Function"


@pytest.fixture(scope="module")
def built(stack: LocalStack) -> Path:
    """What `sam build` made for the stack that runs."""
    return PROJECT.build


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds only what Lambda's runtime brings along."""
    folder = tmp_path_factory.mktemp("runtime")
    installed = Path(sysconfig.get_path("purelib"))
    for name in OF_THE_RUNTIME:
        (folder / name).symlink_to(installed / name)
    return folder


def imported(
    path: list[Path], modules: list[str], function: str
) -> subprocess.CompletedProcess[str]:
    """Import in an interpreter that knows the standard library and ``path`` alone."""
    given = {
        "path": [str(each) for each in path],
        "modules": modules,
        "shown": modules[0],
        "environment": ENVIRONMENT[logical_id(function)]
        | {"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1"}
        | {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
    }
    command = [sys.executable, "-I", "-S", "-B", "-c", PROGRAM, json.dumps(given)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_needs_nothing_that_is_not_in_the_layer(
    built: Path, runtime: Path, function: str
) -> None:
    code, layer = built / logical_id(function), built / "ProviderLayer" / "python"
    modules = ["app", *LATE.get(function, ())]
    ran = imported([code, layer, runtime], modules, function)
    assert ran.returncode == 0, ran.stderr
    assert Path(ran.stdout.strip()).is_relative_to(code)


def test_a_package_that_is_missing_would_be_seen(
    built: Path, runtime: Path, tmp_path: Path
) -> None:
    for entry in (built / "ProviderLayer" / "python").iterdir():
        if entry.name != "msgspec":
            (tmp_path / entry.name).symlink_to(entry)
    ran = imported([built / "PaymentsFunction", tmp_path, runtime], ["app"], "payments")
    assert ran.returncode != 0
    assert "No module named 'msgspec'" in ran.stderr


def test_its_packages_are_those_of_the_bill_of_materials_and_no_others(built: Path) -> None:
    # The bill of materials is made from the pins, and tests/security holds it against them.
    pinned = (PROJECT.root / "layers" / "provider" / "requirements.txt").read_text(encoding="utf-8")
    found = {
        re.sub(r"[-_.]+", "-", each.name).lower(): each.version
        for each in distributions(path=[str(built / "ProviderLayer" / "python")])
    }
    assert found == dict(re.findall(r"^([\w.-]+)==([^\s;]+)", pinned, re.MULTILINE))


def test_every_function_is_tried(built: Path) -> None:
    found = {path.name for path in built.iterdir() if path.name.endswith("Function")}
    assert found == {logical_id(function) for function in FUNCTIONS}
