"""The whole webhook in one process: the real handler, use case, verifier and secret comparison.

Only the stores are in memory. Every callback that is sent is held against what is always true:
an answer of the allowed ones, a clean log, and nothing kept of what was not answered with 200.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from finconnect.payments.aws.caches import CachedKeys, SecretsManagerUrlSecret
from finconnect.payments.decisions import decide_answer
from finconnect.payments.deferred import Deferred, RecordDeferredCallback
from finconnect.payments.model import Answer, Disposition, Payment, PaymentKey, Status
from finconnect.payments.refresh_key import KeyRing
from finconnect.payments.verify import FetchState, UnsignedCallbacks, VerifyCallback
from finconnect.providers.azampay.callback import AzampayCallbacks
from tests.fakes.builders import a_payment
from tests.fakes.clock import START, FakeClock, FakeIds
from tests.fakes.provider import TRANSACTION
from tests.fakes.stores import FakeFetching, InMemoryKeyStore
from tests.hostile.bodies import PEM
from tests.hostile.container import URL_SECRET, Container, Reply, container, post
from tests.hostile.item_ledger import CheckedQueue, ItemLedger

if TYPE_CHECKING:
    from finconnect.composition.webhook import WebhookApp

_NO_TRANSACTION: Final = (Status.CREATED, Status.UNKNOWN)

type Snapshot = tuple[dict[Any, Any], dict[Any, Any], dict[Any, Any], list[str]]


class _Secrets:
    """Secrets Manager, as far as the comparison of the path's secret needs it."""

    def get_secret_value(self, **_: object) -> dict[str, str]:
        return {"SecretString": json.dumps({"current": URL_SECRET})}


@dataclass(slots=True)
class Webhook:
    """A stack with recorded payments."""

    ledger: ItemLedger
    queue: CheckedQueue
    app: WebhookApp
    container: Container

    def send(
        self, body: bytes | str | None, *, secret: str = URL_SECRET, encoded: bool = False
    ) -> Reply:
        """POST a callback."""
        return self.send_event(post(body, secret=secret, encoded=encoded))

    def send_event(self, event: dict[str, Any]) -> Reply:
        """Give the handler an event, and hold what comes of it against what is always true."""
        before = self.snapshot()
        reply = self.container.handle(event, self.app)
        after = self.snapshot()
        if reply.status != 200 or reply.word == Disposition.DUPLICATE:
            assert after == before, "something was kept of a callback that was not taken"
        elif reply.word == Disposition.DEFERRED:
            assert (after[:3], len(after[3])) == (before[:3], len(before[3]) + 1)
        else:
            assert len(after[1]) == len(before[1]) + 1, "a callback that was taken is not there"
        return reply

    def try_again(self) -> Disposition:
        """Verify the newest of the waiting callbacks, as the queue would have it done."""
        return self.app.record_deferred(Deferred.from_json(self.queue.waiting[-1]))

    def answer_checkout(self, answer: Answer, key: PaymentKey | None = None) -> None:
        """Let the checkout of a payment be answered, as the payments function does."""
        payment = self.payment(key)
        held = self.ledger.held_callbacks(payment.key)
        self.ledger.commit(decide_answer(payment, answer, held, now=payment.updated_at))

    def snapshot(self) -> Snapshot:
        """All that is kept."""
        ledger = self.ledger
        kept = (dict(ledger.payments), dict(ledger.inbox), dict(ledger.outbox))
        return (*kept, list(self.queue.waiting))

    def payment(self, key: PaymentKey | None = None) -> Payment:
        """A payment as it stands; the only one, if none is named."""
        if key is not None:
            return self.ledger.payments[key]
        (only,) = self.ledger.payments.values()
        return only

    @property
    def state(self) -> Status:
        """The state of the only payment."""
        return self.payment().status

    def keeps(self, body: bytes) -> bool:
        """Whether exactly these bytes are in the inbox."""
        digest = hashlib.sha256(body).hexdigest()
        return any(found == digest for _, found in self.ledger.inbox)


def recorded(status: Status = Status.PENDING, **changes: Any) -> Payment:  # noqa: ANN401
    """A payment of 1,000 shillings in this state; its transaction is known where it can be."""
    known = None if status in _NO_TRANSACTION else TRANSACTION
    return a_payment(status, **{"transaction_id": known, **changes})


def a_webhook(
    *payments: Payment,
    unsigned: UnsignedCallbacks = UnsignedCallbacks.REJECT,
    keys: Sequence[str] = (PEM,),
    fetching: FetchState = FetchState.FETCHED,
    queue: CheckedQueue | None = None,
) -> Webhook:
    """A webhook over these payments, that knows these keys, the current one first."""
    ledger, queue, reader = ItemLedger(), queue or CheckedQueue(), AzampayCallbacks()
    ledger.payments = {payment.key: payment for payment in payments}
    inner = container()
    telemetry, clock = inner.built.telemetry, FakeClock()
    current, previous = (*keys, None, None)[:2]
    ring = KeyRing(current, previous, fetched_at=START, replaced_at=START)
    verify = VerifyCallback(
        reader=reader,
        keys=CachedKeys(InMemoryKeyStore(ring), clock),
        fetching=FakeFetching(state=fetching),
        unsigned=unsigned,
        telemetry=telemetry,
    )
    url_secret = SecretsManagerUrlSecret(cast("Any", _Secrets()), "url-secret", clock)
    record = replace(
        inner.built.record,
        url_secret=url_secret,
        verify=verify,
        deferred=queue,
        ledger=ledger,
        clock=clock,
        ids=FakeIds(),
    )
    again = RecordDeferredCallback(reader, verify, record.record)
    app = replace(inner.built, record=record, record_deferred=again)
    return Webhook(ledger, queue, app, inner)
