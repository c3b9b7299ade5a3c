"""The running stack does what openapi.yaml says, whatever it is sent: asked by schemathesis."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from local.outputs import local_url
from local.paths import PROJECT
from tests.e2e.support import World
from tools.api_description import Document, for_caller, plain_description

PROGRAM = PROJECT.root / ".tools" / "api" / "bin" / "schemathesis"
SETTINGS = PROJECT.root / "schemathesis.toml"
SECONDS = 240


@pytest.fixture
def description(world: World, tmp_path: Path) -> Path:
    """The description of this very stack."""
    described = for_caller(
        plain_description(),
        base_url=base_url_of(world),
        scheme="apiKey",
        secret=world.stack.webhook_secret,
    )
    expect_the_emulators_own_403(described)
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(described), encoding="utf-8")
    return path


def test_no_answer_differs_from_the_description(world: World, description: Path) -> None:
    # Accepted where they agree with a payment: so callbacks get behind the signature too.
    with world.environment("WebhookFunction", UNSIGNED_CALLBACKS="accept"):
        told = schemathesis(world, description)

    assert told.returncode == 0, told.stdout + told.stderr
    assert "No issues found" in told.stdout


def base_url_of(world: World) -> str:
    return local_url(world.stack.outputs.api_url, world.stack.aws.endpoint)


def expect_the_emulators_own_403(described: Document) -> None:
    # It keeps the gateway's own answers, which the template tests look at, and does not apply them.
    for item in described["paths"].values():
        for operation in item.values():
            if "403" in operation["responses"]:
                operation["responses"]["403"]["content"]["application/json"] = {}


def schemathesis(world: World, description: Path) -> subprocess.CompletedProcess[str]:
    command = [str(PROGRAM), "--config-file", str(SETTINGS), "run", str(description)]
    command += ["--url", base_url_of(world), "--header", f"x-api-key: {world.stack.api_key}"]
    return subprocess.run(
        command,
        cwd=description.parent,
        env={"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1", "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
