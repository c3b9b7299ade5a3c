"""What comes of a refresh of the token or of the public key."""

from __future__ import annotations

from enum import StrEnum


class Refreshed(StrEnum):
    """What came of a refresh."""

    REFRESHED = "refreshed"
    CURRENT = "current"
    UNAVAILABLE = "unavailable"


class Trial(StrEnum):
    """What the provider said to credentials that were tried."""

    TAKEN = "taken"
    REFUSED = "refused"
