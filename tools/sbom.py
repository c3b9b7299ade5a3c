"""Writes the layer's bill of materials: what third-party code runs beside the payments.

CycloneDX 1.6 as JSON, from the pinned requirements of the layer, which `sam build` installs and
nothing else. Each component has its version, its package URL and the SHA-256 of each file that may
be installed for it. boto3 is not among them: it comes with the Lambda runtime.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "layers" / "provider" / "requirements.txt"
GENERATOR = ROOT / ".tools" / "security" / "bin" / "cyclonedx-py"
DEFAULT_TARGET = ROOT / ".sbom" / "layer.cdx.json"
LAYER = "finconnect-layer"


def generate(requirements: Path = REQUIREMENTS) -> dict[str, Any]:
    """The bill of materials of a pinned requirements file; the same for the same file.

    Raises subprocess.CalledProcessError if the file cannot be read as requirements.
    """
    command = [str(GENERATOR), "requirements", str(requirements), "--output-reproducible"]
    command += ["--schema-version", "1.6", "--output-format", "JSON", "--validate"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    bill: dict[str, Any] = json.loads(printed)
    for component in bill["components"]:
        # The generator puts the whole line there, hashes and all; they have a place of their own.
        del component["description"]
    bill["metadata"]["component"] = {"type": "library", "bom-ref": LAYER, "name": LAYER}
    parts = [component["bom-ref"] for component in bill["components"]]
    # The file does not say which of them needs which: all of them are the layer's.
    bill["dependencies"] = [{"ref": LAYER, "dependsOn": parts}, *({"ref": each} for each in parts)]
    return bill


def main(arguments: list[str] | None = None) -> int:
    """Write the bill of materials into a file and say how much is in it."""
    parser = argparse.ArgumentParser(prog="make sbom", description=__doc__)
    parser.add_argument("--output", type=Path, default=DEFAULT_TARGET)
    target: Path = parser.parse_args(arguments).output
    bill = generate()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{len(bill['components'])} packages of the layer: {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
