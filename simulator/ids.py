"""Identifiers and the clock: the two sources of things that differ from run to run."""

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

type Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present time, aware, in UTC."""
    return datetime.now(UTC)


class Ids:
    """Identifiers in AzamPay's forms; the same seed gives the same sequence."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable, and nothing secret

    def transaction_id(self) -> str:
        """32 hexadecimal digits, the form of ``transactionId`` and ``transid`` (LOG)."""
        return self._hex(32)

    def mno_reference(self) -> str:
        """A UUID, the form of ``mnoreference`` (LOG)."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def traceparent(self) -> str:
        """A W3C trace context, sent with callbacks (LOG) and as ``traceId`` in a 400 (DOC)."""
        return f"00-{self._hex(32)}-{self._hex(16)}-00"

    def _hex(self, digits: int) -> str:
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"
