"""The two halves do not mix: who may import whom, read from the sources and tried out."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import finconnect.errors

PACKAGE = Path(finconnect.errors.__file__).parent
OF_AWS = ("boto3", "botocore", "aws_lambda_powertools")
PROVIDERS = sorted(PACKAGE.joinpath("providers").glob("*/__init__.py"))
CONCRETE = tuple(f"finconnect.providers.{path.parent.name}" for path in PROVIDERS)


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in PACKAGE.glob(folder))


def imports_of(path: Path) -> Iterator[str]:
    """Every name that a source file imports, wherever the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offences(paths: list[Path], forbidden: tuple[str, ...]) -> list[str]:
    return [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in paths
        for name in imports_of(path)
        if any(name == each or name.startswith(f"{each}.") for each in forbidden)
    ]


def test_there_is_something_to_look_at() -> None:
    assert CONCRETE == ("finconnect.providers.azampay",)
    assert len(sources("providers/**/*.py")) > 10
    assert len(sources("payments/**/*.py")) > 10


def test_an_offence_would_be_seen(tmp_path: Path) -> None:
    offender = PACKAGE / "providers" / "http.py"
    assert offences([offender], ("httpx",)) == ["providers/http.py imports httpx"]
    assert offences([offender], ("htt",)) == []


def test_the_providers_know_nothing_of_aws_and_nothing_of_payments() -> None:
    common = sources("*.py", "providers/**/*.py")
    forbidden = (*OF_AWS, "ulid", "finconnect.payments", "finconnect.composition")
    assert offences(common, forbidden) == []


def test_the_payments_know_nothing_of_any_one_provider() -> None:
    assert offences(sources("payments/**/*.py"), (*CONCRETE, "finconnect.sdk")) == []


def test_the_payments_speak_no_http_and_do_no_cryptography() -> None:
    forbidden = ("httpx", "cryptography", "finconnect.providers.http")
    assert offences(sources("payments/**/*.py"), forbidden) == []


def modules_after(statement: str) -> set[str]:
    """The modules that a fresh interpreter has after a statement."""
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    environment = {"PYTHONPATH": str(PACKAGE.parent), "AWS_DEFAULT_REGION": "us-east-1"}
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return set(ran.stdout.split())


@pytest.mark.parametrize("function", ["webhook", "event_relay"])
def test_functions_that_never_call_a_provider_do_not_load_an_http_client(function: str) -> None:
    loaded = modules_after(f"import finconnect.composition.{function}")
    assert f"finconnect.composition.{function}" in loaded
    assert loaded.isdisjoint({"httpx", "httpcore", "finconnect.providers.http"})


def test_the_check_would_see_an_http_client() -> None:
    assert "httpx" in modules_after("import finconnect.composition.payments")


@pytest.mark.parametrize(
    "statement",
    [
        "from finconnect import FintechSDK",
        "from finconnect.providers.azampay import AzampayProvider",
        "import finconnect.providers.azampay.callback",
    ],
)
def test_the_providers_do_not_load_anything_of_aws(statement: str) -> None:
    loaded = modules_after(statement)
    assert loaded.isdisjoint(OF_AWS)
    assert not any(name.startswith("finconnect.payments") for name in loaded)


def test_nothing_heavy_is_loaded_by_the_package_alone() -> None:
    loaded = modules_after("import finconnect")
    assert loaded.isdisjoint({"httpx", "cryptography", "msgspec", "finconnect.sdk"})
