"""The one decision about trying again: only what certainly never left may be sent again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from finconnect.providers.http import NeverSent


def delay_before_retry(attempt: int, *, attempts: int, jitter: float) -> float | None:
    """Seconds to wait after the ``attempt``-th connection failed, or None to give up.

    ``jitter`` is between 0 and 1. Waits of 0.1, 0.2, 0.4 … seconds, each cut down to half at most.
    """
    if attempt >= attempts:
        return None
    return 0.1 * float(2 ** (attempt - 1)) * (1 - jitter / 2)


@dataclass(frozen=True, slots=True)
class ConnectRetry:
    """Tries a request again while it never left. An answer, or its absence, is never retried."""

    attempts: int = 3
    sleep: Callable[[float], None] = time.sleep
    # The system's: another one's state would be the same in all containers of one snapshot.
    jitter: Callable[[], float] = field(default=random.SystemRandom().random)

    def call[T](self, send: Callable[[], T]) -> T:
        """Call ``send`` until it does not raise NeverSent, at most ``attempts`` times."""
        attempt = 1
        while True:
            try:
                return send()
            except NeverSent:
                delay = delay_before_retry(attempt, attempts=self.attempts, jitter=self.jitter())
                if delay is None:
                    raise
            self.sleep(delay)
            attempt += 1
