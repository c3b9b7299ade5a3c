"""Asking AzamPay how a collection stands: only where configured, and believed only if clear.

PROBE: the sandbox describes such a call. What it answers is disputed, and five projects conclude
that there is none. ``success: true`` in its answer does not mean paid: "not found" comes with it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from finconnect import strict_json
from finconnect.providers.azampay.callback import OUTCOMES
from finconnect.providers.base import CallbackOutcome
from finconnect.providers.http import HttpAnswer

STATUS_PATH: Final = "/api/v1/partner/gettransactionstatus"
"""PROBE: the best candidate."""


def status_query(transaction_id: str, network: str) -> dict[str, str]:
    """The query of a status request (PROBE): the network in lower case."""
    return {"transactionId": transaction_id, "provider": network.lower()}


def read_status(answer: HttpAnswer) -> CallbackOutcome | None:
    """What a status answer settles: one clear word, or None.

    The word is looked for where sources saw it: ``data`` as text, or ``transactionstatus``. Two
    words that differ are not clear.
    """
    if answer.status != HTTPStatus.OK:
        return None
    try:
        body = strict_json.decode_object(answer.body)
    except strict_json.InvalidJson:
        return None
    words = {
        body[name] for name in ("data", "transactionstatus") if isinstance(body.get(name), str)
    }
    return OUTCOMES.get(words.pop()) if len(words) == 1 else None
