"""The environment variables of the programs that the stack starts."""

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path

REGION = "us-east-1"
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105 - the emulator's own, known to everybody
PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "PYTHONDONTWRITEBYTECODE",
)
LOOPBACK_NAMES = "127.0.0.1,localhost"


def forget_aws_account(environ: MutableMapping[str, str]) -> None:
    """Takes every AWS setting out of `environ`.

    Nothing that runs locally may reach a real account.
    """
    for name in [name for name in environ if name.startswith("AWS_")]:
        del environ[name]
    environ["AWS_CONFIG_FILE"] = os.devnull
    environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    environ["AWS_EC2_METADATA_DISABLED"] = "true"


def local_credentials(endpoint: str, region: str = REGION) -> dict[str, str]:
    """What points any AWS tool at the emulator at `endpoint`, which plays `region`."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
    }


def server_environment(environ: Mapping[str, str], temporary: Path) -> dict[str, str]:
    """For the emulator and the stand-in: as little as possible of the person's own settings.

    The functions inherit it, and must not find a proxy or an account there.
    """
    kept = {name: environ[name] for name in PASSED_ON if name in environ}
    return {**kept, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}


def tool_environment(environ: Mapping[str, str], temporary: Path) -> dict[str, str]:
    """For the SAM CLI: the person's settings (package index, proxy), without any AWS account."""
    kept: dict[str, str] = dict(environ)
    forget_aws_account(kept)
    # Our own project's packages must not be found by the tools' interpreters.
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        kept.pop(name, None)
    not_proxied = ",".join(
        filter(None, (kept.get("no_proxy") or kept.get("NO_PROXY"), LOOPBACK_NAMES))
    )
    return {
        **kept,
        "TMPDIR": str(temporary),
        "NO_PROXY": not_proxied,
        "no_proxy": not_proxied,
        "SAM_CLI_TELEMETRY": "0",
    }
