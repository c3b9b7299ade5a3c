"""What a callback's signature covers, for somebody who wants to learn it from an example."""

import base64
from dataclasses import dataclass

from simulator import wire
from simulator.callbacks import SIGNED_FIELDS
from simulator.entries import CallbackAttempt
from simulator.keys import KeyRing


@dataclass(frozen=True, slots=True)
class Signature:
    """The signed text, the fields it is joined from as the callback shows them, and two checks.

    ``is_over_fields``: the callback's fields, joined, are what was signed. ``holds``: the key that
    is published now confirms the signature over the callback's fields.
    """

    source: str
    fields: tuple[tuple[str, str], ...]
    is_over_fields: bool
    holds: bool

    @property
    def joined(self) -> str:
        """What a webhook joins from the fields that it received."""
        return "".join(value for _, value in self.fields)


def signature_of(attempt: CallbackAttempt, keys: KeyRing) -> Signature | None:
    """The signature of a callback that was sent; None where it carries none."""
    if attempt.signature_input is None:
        return None
    body = wire.decode(base64.b64decode(attempt.request.body_base64))
    fields = tuple((name, str(body[name])) for name in SIGNED_FIELDS)
    joined = "".join(value for _, value in fields)
    return Signature(
        source=attempt.signature_input,
        fields=fields,
        is_over_fields=joined == attempt.signature_input,
        holds=keys.verifies(joined.encode(), str(body["signature"])),
    )
