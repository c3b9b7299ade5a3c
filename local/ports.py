"""Choosing ports on the loopback interface, so that two stacks can run side by side."""

import random
import socket
from collections.abc import Callable, Iterable, Iterator

from local.errors import PortTaken

LOOPBACK = "127.0.0.1"
# Below the range from which systems take the ports of outgoing connections (32768 on Linux): a
# port chosen there cannot be lost to one between the choice and its use.
CHOICE = range(20_000, 32_000)
ATTEMPTS = 200

CanBind = Callable[[int], bool]


def can_bind(port: int) -> bool:
    """Whether a server could listen on this port of the loopback interface now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def random_candidates() -> Iterator[int]:
    """Ports to try, in an order that differs between two stacks that start at once."""
    generator = random.SystemRandom()
    return (generator.choice(CHOICE) for _ in range(ATTEMPTS))


def choose_port(
    variable: str,
    *,
    asked: int | None = None,
    usual: int | None = None,
    is_free: CanBind = can_bind,
    candidates: Callable[[], Iterable[int]] = random_candidates,
) -> int:
    """The port that was asked for, else the usual one if free, else any free one.

    Raises:
        PortTaken: the port that was asked for is in use, or none is free; names `variable`.
    """
    if asked is not None:
        if is_free(asked):
            return asked
        raise PortTaken(
            f"Port {asked} is in use on {LOOPBACK}. Set {variable} to another port, or leave it "
            "unset: then a free one is chosen."
        )
    tried = [usual] if usual is not None else []
    for port in (*tried, *candidates()):
        if is_free(port):
            return port
    raise PortTaken(f"No free port was found on {LOOPBACK}. Set {variable} to one that is free.")
