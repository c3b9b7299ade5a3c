"""The check of a callback's signature with the ``openssl`` program, not with our own code."""

import base64
import subprocess
import tempfile
from pathlib import Path
from typing import Any


def verifies(pem: str, fields: dict[str, Any]) -> bool:
    """Whether the four documented fields verify with the public key."""
    signed = (
        fields["utilityref"]
        + fields["externalreference"]
        + fields["transactionstatus"]
        + fields["operator"]
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "key").write_text(pem)
        Path(folder, "signature").write_bytes(base64.b64decode(fields["signature"], validate=True))
        done = subprocess.run(
            ["openssl", "dgst", "-sha256", "-verify", "key", "-signature", "signature"],
            cwd=folder,
            input=signed.encode(),
            capture_output=True,
            check=False,
        )
    return done.returncode == 0 and done.stdout.strip() == b"Verified OK"
