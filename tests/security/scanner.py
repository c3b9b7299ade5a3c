"""Runs checkov, on the template as it is or as somebody has broken it, without any suppression."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHECKOV = ROOT / ".tools" / "security" / "bin" / "checkov"
CONFIGURATION = ROOT / ".checkov.yaml"
# Nobody listens there: whatever would need the network fails.
NO_NETWORK = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")


def accepted() -> list[str]:
    """The checks that .checkov.yaml leaves out."""
    skipped: list[str] = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))["skip-check"]
    return skipped


def findings(framework: str, path: Path) -> list[dict[str, Any]]:
    """What checkov finds in a file or a folder, with nothing left out."""
    kind = "--directory" if path.is_dir() else "--file"
    # It takes up a configuration that lies in the folder in which it is started.
    arguments = ["--framework", framework, "--enable-secret-scan-all-files", kind, str(path)]
    report = _scan(arguments, ROOT / "tests")
    reports = report if isinstance(report, list) else [report]
    # Where nothing was looked at, or no secret was found, a report has no results.
    return [
        failed for each in reports for failed in each.get("results", {}).get("failed_checks", [])
    ]


def _scan(arguments: Sequence[str], folder: Path) -> Any:  # noqa: ANN401 - JSON
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [str(CHECKOV), *arguments, "--output", "json", "--skip-download", "--soft-fail"],
        cwd=folder,
        env={**kept, **NO_NETWORK, "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
