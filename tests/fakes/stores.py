"""What the use cases keep and ask besides the ledger, in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from finconnect.payments.deferred import Deferred
from finconnect.payments.model import Event
from finconnect.payments.record_callback import Url
from finconnect.payments.refresh_key import KeyRing
from finconnect.payments.verify import FetchState
from finconnect.providers.base import AccessToken
from tests.fakes.faults import Faults


@dataclass(slots=True)
class InMemoryTokenStore:
    """The stack's token. ``written`` remembers every write."""

    token: AccessToken | None = None
    faults: Faults = field(default_factory=Faults)
    written: list[AccessToken] = field(default_factory=list)

    def read(self) -> AccessToken | None:
        """The stored token."""
        return self.faults.around("tokens.read", lambda: self.token)

    def write(self, token: AccessToken) -> None:
        """Replace the stored token."""

        def effect() -> None:
            self.token = token
            self.written.append(token)

        self.faults.around("tokens.write", effect)


@dataclass(slots=True)
class InMemoryKeyStore:
    """The stack's public keys."""

    ring: KeyRing = field(default_factory=KeyRing)
    faults: Faults = field(default_factory=Faults)

    def read(self) -> KeyRing:
        """The stored keys."""
        return self.faults.around("keys.read", lambda: self.ring)

    def write(self, ring: KeyRing) -> None:
        """Replace the stored keys."""

        def effect() -> None:
            self.ring = ring

        self.faults.around("keys.write", effect)


@dataclass(slots=True)
class FakeKeys:
    """Keys in memory (``cached``), and what the store holds by now (``stored``)."""

    cached: Sequence[str] = ()
    stored: Sequence[str] = ()
    fresh: bool = True
    rereads: list[bool] = field(default_factory=list)

    def keys(self) -> Sequence[str]:
        """The keys in memory."""
        return self.cached

    def reread(self, *, force: bool = False) -> Sequence[str]:
        """The keys in the store; remembers whether it was forced."""
        self.rereads.append(force)
        self.cached = self.stored
        return self.stored

    def are_fresh(self) -> bool:
        """As it was told."""
        return self.fresh


@dataclass(slots=True)
class FakeFetching:
    """A key fetch that is due or not, and what it does. Time stands: it is due only once."""

    state: FetchState = FetchState.DUE
    fetches: Callable[[], bool] = lambda: True
    asked: int = 0
    fetched: int = 0

    def claim(self) -> FetchState:
        """How it stands; the first who asks while it is due takes it."""
        self.asked += 1
        state = self.state
        if state is FetchState.DUE:
            self.state = FetchState.UNSETTLED
        return state

    def fetch(self) -> bool:
        """Do what was told."""
        self.fetched += 1
        has_key = self.fetches()
        if has_key:
            self.state = FetchState.FETCHED
        return has_key


@dataclass(slots=True)
class FakeQueue:
    """A queue of callbacks that wait to be verified; ``waiting`` are its messages, as text."""

    faults: Faults = field(default_factory=Faults)
    waiting: list[str] = field(default_factory=list)

    def put(self, deferred: Deferred) -> None:
        """Keep a callback for a later try."""
        self.faults.around("queue.put", lambda: self.waiting.append(deferred.to_json()))


@dataclass(slots=True)
class FakeUrlSecret:
    """The secret of the callback URL."""

    secret: str = "the-secret-of-the-url"
    url: Url = Url.ONLY
    faults: Faults = field(default_factory=Faults)

    def matches(self, presented: str) -> Url | None:
        """The URL that it was told to be, if it is the one."""
        found = self.url if presented == self.secret else None
        return self.faults.around("url_secret.matches", lambda: found)


@dataclass(slots=True)
class FakePublisher:
    """A topic that remembers."""

    faults: Faults = field(default_factory=Faults)
    published: list[Event] = field(default_factory=list)

    def publish(self, event: Event) -> None:
        """Remember an event."""
        self.faults.around("topic.publish", lambda: self.published.append(event))
