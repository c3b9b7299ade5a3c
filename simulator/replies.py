"""The checkout's answers, from the good one to a connection that breaks."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from simulator import wire
from simulator.background import Background
from simulator.behaviours import Reply
from simulator.connections import DroppedConnection, HeldConnection
from simulator.validation import InvalidCheckout

_PAGE = b"""<html>\r
<head><title>502 Bad Gateway</title></head>\r
<body>\r
<center><h1>502 Bad Gateway</h1></center>\r
</body>\r
</html>\r
"""


@dataclass(frozen=True, slots=True)
class Context:
    """What an answer may need. ``transaction_id`` is None where nobody was prompted."""

    transaction_id: str | None
    trace_id: str
    background: Background


def render(reply: Reply, context: Context) -> Response:
    """The answer to send for ``reply``."""
    return _RENDERERS[reply](context)


def _accepted(context: Context) -> Response:
    """The prompt is on its way; the money is not (DOC)."""
    return wire.json_response(
        {
            "transactionId": context.transaction_id,
            "message": "Your request has been received and is being processed.",
            "success": True,
        }
    )


def _invalid_vendor(_: Context) -> Response:
    """A refusal inside a 200; ``transactionId`` is the text "null" (LOG)."""
    return wire.json_response(
        {
            "success": False,
            "transactionId": "null",
            "messageCode": 1000,
            "message": "Request failed: Invalid Vendor",
        }
    )


def _invalid_field(context: Context) -> Response:
    fault = InvalidCheckout({"accountNumber": "The accountNumber is not registered."})
    return wire.invalid(fault.errors, context.trace_id)


_RENDERERS: dict[Reply, Callable[[Context], Response]] = {
    Reply.ACCEPTED: _accepted,
    Reply.INVALID_VENDOR: _invalid_vendor,
    Reply.INVALID_FIELD: _invalid_field,
    Reply.UNAUTHORISED: lambda _: wire.unauthorised(),
    Reply.EMPTY_200: lambda _: Response(b""),
    Reply.HTML_502: lambda _: Response(_PAGE, 502, media_type="text/html"),
    Reply.RESET: lambda _: DroppedConnection(),
    Reply.SILENCE: lambda context: HeldConnection(context.background.closing),
}
