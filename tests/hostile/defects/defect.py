"""One thing wrong with an otherwise genuine callback, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Defect:
    """A body, and the answer to it where the payment is pending.

    ``word`` is the problem's code, or the receipt's word with status 200. ``differences`` are those
    that are published for a mismatch.
    """

    body: bytes = field(repr=False)
    status: int
    word: str
    differences: tuple[str, ...] = ()


def not_a_callback(body: bytes) -> Defect:
    """It is malformed, and is refused before anything else is looked at."""
    return Defect(body, 400, "invalid_callback")


def not_believed(body: bytes) -> Defect:
    """Its signature does not hold, or there is none."""
    return Defect(body, 401, "invalid_signature")


def too_large(body: bytes) -> Defect:
    """It has more bytes than any honest callback."""
    return Defect(body, 413, "payload_too_large")


def mismatch(body: bytes, *differences: str) -> Defect:
    """It is signed, but does not agree with what was asked for."""
    return Defect(body, 200, "mismatch", differences)


def unmatched(body: bytes) -> Defect:
    """It is signed, and names no payment."""
    return Defect(body, 200, "unmatched")


def ignored(body: bytes) -> Defect:
    """It is signed and agrees, and its word settles nothing."""
    return Defect(body, 200, "ignored")
