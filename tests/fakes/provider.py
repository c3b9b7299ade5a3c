"""A provider that answers as it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from finconnect.clock import Clock
from finconnect.providers.azampay.payload import read_payload
from finconnect.providers.base import AccessToken, CheckoutAccepted, Payload, PaymentDetails
from tests.fakes.clock import FakeClock
from tests.fakes.faults import Faults

TRANSACTION: Final = "0c2b9d5f6a1e4c6f9b7d3e2a1f0c4b8d"
ACCEPTED: Final = CheckoutAccepted(TRANSACTION, "The prompt is on its way.")


@dataclass(slots=True)
class FakeProvider:
    """Accepts checkouts, unless an ``answer`` says otherwise, and remembers what it was sent.

    ``answers`` are taken in turn, the last one for ever; an exception among them is raised.
    ``during_checkout`` happens once the checkout arrived and before it is answered.
    """

    answers: list[CheckoutAccepted | Exception] = field(default_factory=lambda: [ACCEPTED])
    faults: Faults = field(default_factory=Faults)
    clock: Clock = field(default_factory=FakeClock)
    lifetime: timedelta = timedelta(hours=1)
    during_checkout: Callable[[], None] = lambda: None
    public_key: str | Exception = "a key"
    checkouts: list[Payload] = field(default_factory=list)
    tokens_given: int = 0
    keys_given: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read_payload(self, payload: Payload) -> PaymentDetails:
        """What the payload asks for, by the real rules. Raises InvalidPayload."""
        return read_payload(payload)

    def initiate_ussd_push_request(self, payload: Payload) -> CheckoutAccepted:
        """Remember the checkout and answer it."""

        def effect() -> CheckoutAccepted:
            with self._lock:
                self.checkouts.append(payload)
                answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
            self.during_checkout()
            if isinstance(answer, Exception):
                raise answer
            return answer

        return self.faults.around("provider.checkout", effect)

    def authenticate(self) -> AccessToken:
        """A new token: ``token-1``, then ``token-2``, and so on."""

        def effect() -> AccessToken:
            with self._lock:
                self.tokens_given += 1
            now = self.clock()
            return AccessToken(f"token-{self.tokens_given}", now, now + self.lifetime)

        return self.faults.around("provider.authenticate", effect)

    def get_public_key(self) -> str:
        """The key, or what is raised in its place."""

        def effect() -> str:
            self.keys_given += 1
            if isinstance(self.public_key, Exception):
                raise self.public_key
            return self.public_key

        return self.faults.around("provider.public_key", effect)
