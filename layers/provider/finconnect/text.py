"""Text from outside, made fit to be shown: bounded, printable, no secrets, no phone numbers."""

from __future__ import annotations

import re
from typing import Final

from finconnect.msisdn import mask_msisdn

MAX_SHOWN_CHARACTERS: Final = 300
# A Tanzanian number as people write it: with or without +, 00, spaces and dashes.
_PHONE: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:\+|00)?(?:255|0)(?:[ -]?[0-9]){9}(?![0-9A-Za-z])", re.ASCII
)

_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)


def traceparent(text: str | None) -> str | None:
    """Return a ``Traceparent`` header (W3C; LOG: AzamPay's callbacks have one), or None.

    Whoever sends a callback chooses its headers: what does not have the form of one is not logged.
    """
    return text if text is not None and _TRACEPARENT.fullmatch(text) else None


def clean(text: str, *, secrets: tuple[str, ...] = (), limit: int = MAX_SHOWN_CHARACTERS) -> str:
    """Return ``text`` fit for a log, an error or an event, at most ``limit`` characters.

    Known secrets and phone numbers are masked, since a provider may echo what it was sent; control
    characters become spaces, so that nobody can forge a log line.
    """
    for secret in secrets:
        for form in (secret, secret.strip()):
            if form:
                text = text.replace(form, "***")
    text = _PHONE.sub(lambda found: mask_msisdn(re.sub(r"[^0-9]", "", found[0])), text)
    text = "".join(character if character.isprintable() else " " for character in text)
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
