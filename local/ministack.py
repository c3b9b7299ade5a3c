"""MiniStack, the AWS emulator that runs the real functions as processes of its own."""

import os
import sys
from pathlib import Path

import httpx

from local.environment import ACCESS_KEY, REGION, SECRET_KEY, server_environment
from local.errors import MissingProgram
from local.ports import LOOPBACK
from local.processes import ManagedProcess, Supervisor
from local.run_folder import RunFolder

START_SECONDS = 60.0
HEALTH_PATH = "/_ministack/health"


def start_ministack(
    supervisor: Supervisor, folder: RunFolder, port: int, region: str = REGION
) -> str:
    """Starts the emulator of `region` on `port` of the loopback interface, with IAM enforced.

    Returns its URL once it answers. Raises MissingProgram, or StepFailed and StepTimedOut with
    its log.
    """
    endpoint = f"http://{LOOPBACK}:{port}"
    process = supervisor.start(
        "MiniStack",
        [str(_program())],
        log=folder.log("ministack"),
        environment=ministack_environment(folder, port, region),
        folder=folder.path,
    )
    with httpx.Client(base_url=endpoint, timeout=2.0, trust_env=False) as client:
        process.wait_until(lambda: _is_healthy(client, process), seconds=START_SECONDS)
    return endpoint


def ministack_environment(folder: RunFolder, port: int, region: str = REGION) -> dict[str, str]:
    """Its whole configuration.

    Everything that it writes lies in the run's folder, and it listens on loopback only.
    """
    return {
        **server_environment(os.environ, folder.temporary),
        "AUTH": "true",
        "MINISTACK_REGION": region,
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(folder.state),
        "S3_DATA_DIR": str(folder.objects),
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _program() -> Path:
    """The emulator beside the interpreter that runs this, on which its workers run too."""
    program = Path(sys.executable).parent / "ministack"
    if not program.exists():
        raise MissingProgram(
            f"MiniStack is not installed beside {sys.executable}. Run `make install`."
        )
    return program


def _is_healthy(client: httpx.Client, process: ManagedProcess) -> bool:
    # An answer counts only while our own process lives: another program may have taken the port
    # meanwhile.
    try:
        return client.get(HEALTH_PATH).status_code == httpx.codes.OK and process.is_running
    except httpx.HTTPError:
        return False
