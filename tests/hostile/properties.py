"""What must hold of any callback whatever, in any state of a payment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from finconnect.payments.model import Status
from finconnect.payments.verify import FetchState, UnsignedCallbacks
from tests.hostile.bodies import PEM, genuine
from tests.hostile.container import URL_SECRET
from tests.hostile.mutations import outcome_of
from tests.hostile.webhook import Webhook, a_webhook, recorded

GENUINE_BODY: Final = genuine()
STATES: Final = (Status.CREATED, Status.UNKNOWN, Status.PENDING, Status.FAILED)


@dataclass(frozen=True, slots=True)
class World:
    """Where a callback arrives, and how."""

    status: Status = Status.PENDING
    accepts_unsigned: bool = False
    has_key: bool = True
    key_is_fresh: bool = True
    encoded: bool = False
    secret: str = URL_SECRET

    def webhook(self) -> Webhook:
        """A webhook with one payment in this state."""
        mode = UnsignedCallbacks.ACCEPT if self.accepts_unsigned else UnsignedCallbacks.REJECT
        return a_webhook(
            recorded(self.status),
            unsigned=mode,
            keys=(PEM,) if self.has_key else (),
            fetching=FetchState.FETCHED
            if self.has_key and self.key_is_fresh
            else FetchState.UNSETTLED,
        )


def hold(world: World, body: bytes) -> None:
    """Send a body, and hold what comes of it against what must be."""
    webhook = world.webhook()
    before = webhook.payment()
    # ``send`` itself checks the answer, the log, and that nothing is kept of what was refused.
    reply = webhook.send(body, secret=world.secret, encoded=world.encoded)
    if webhook.state is not before.status:
        assert world.secret == URL_SECRET
        assert webhook.state == outcome_of(
            body, before.transaction_id, unsigned=world.accepts_unsigned
        )
    if body == GENUINE_BODY and before.status is Status.PENDING and world.secret == URL_SECRET:
        assert reply.word == ("applied" if world.has_key else "deferred")
        assert (webhook.state is Status.SUCCEEDED) is world.has_key
