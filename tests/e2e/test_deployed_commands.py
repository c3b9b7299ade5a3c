"""`make trigger` and `make listen` with STACK=: what they do to a stack that somebody deployed.

The emulator's API has no address of the form that AWS gives it, so the callback's URL is named.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.environment import local_credentials
from local.events import EventQueue
from local.paths import PROJECT
from simulator.keys import KeyRing
from tests.e2e.support import World, payment, wait_until

SEED = 1


def test_a_seeds_key_in_the_parameter_lets_trigger_speak_for_azampay(
    world: World, events: EventQueue
) -> None:
    paid = world.prompted()["externalId"]
    with parameter(world, {"current": KeyRing(SEED).public_pem}):
        done = trigger(world, f"--ref={paid}", f"--seed={SEED}")
    assert done.returncode == 0, done.stderr
    assert 'Answered 200: {"status":"applied"}' in done.stdout
    assert events.wait_for(paid, "payment.succeeded").data["verification"] == "signature"


def test_without_it_a_callback_signed_here_is_refused(world: World) -> None:
    paid = world.prompted()["externalId"]
    world.key_is_due()
    done = trigger(world, f"--ref={paid}")
    assert done.returncode == 0, done.stderr
    assert "which a deployed stack does not know" in done.stdout
    assert "Answered 401" in done.stdout
    assert world.state_of(paid)["status"] == "pending"


def test_listen_prints_the_events_of_a_named_stack(world: World, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as output:
        listener = subprocess.Popen(
            command(world, "local.listen"),
            cwd=PROJECT.root,
            env=shell(world),
            stdout=output,
            stderr=output,
        )
    try:
        wait_until("it listens", lambda: "Listening to" in log.read_text())
        wanted = payment()
        world.merchant.post(wanted)
        line = f"payment.succeeded      {wanted['externalId']}"
        wait_until("the event is printed", lambda: line in log.read_text())
    finally:
        listener.terminate()
        assert listener.wait(30) == 0
    assert "the queue and its subscription are removed" in log.read_text()


@contextmanager
def parameter(world: World, ring: dict[str, str]) -> Iterator[None]:
    """Inside, the stack's public key parameter has other keys; afterwards its own again."""
    ssm = world.stack.aws.client("ssm")
    name = world.stack.outputs.public_key_parameter_name
    before = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    ssm.put_parameter(Name=name, Value=json.dumps(ring), Type="String", Overwrite=True)
    try:
        yield
    finally:
        ssm.put_parameter(Name=name, Value=before, Type="String", Overwrite=True)


def trigger(world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command(world, "local.trigger"), f"--url={world.stack.webhook_url}", *arguments],
        cwd=PROJECT.root,
        env=shell(world),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def command(world: World, module: str) -> list[str]:
    return [sys.executable, "-m", module, "--stack", world.stack.name]


def shell(world: World) -> dict[str, str]:
    """The AWS configuration of a shell: all that the commands are told of the stack's account."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROJECT.root / "layers" / "provider"),
        **local_credentials(world.stack.aws.endpoint),
    }
