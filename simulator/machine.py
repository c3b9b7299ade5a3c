"""One simulator's moving parts, put together in one place."""

from typing import TYPE_CHECKING

from simulator.background import Background
from simulator.behaviours import Effect
from simulator.book import Book
from simulator.delivery import Courier
from simulator.ids import Ids
from simulator.keys import KeyRing
from simulator.payers import Payers
from simulator.settings import Settings
from simulator.tokens import TokenOffice

if TYPE_CHECKING:
    from collections.abc import Callable


class OneShot:
    """A fault that is set once and happens once."""

    def __init__(self) -> None:
        self._armed = False

    def arm(self) -> None:
        """Let the next :meth:`take` find it."""
        self._armed = True

    def disarm(self) -> None:
        """Forget that it was armed."""
        self._armed = False

    def take(self) -> bool:
        """Whether it was armed; it no longer is."""
        armed, self._armed = self._armed, False
        return armed


class Machine:
    """The simulator without its HTTP side: what the endpoints act on."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ids = Ids(settings.seed)
        self.tokens = TokenOffice(settings.token_lifetime)
        self.keys = KeyRing(settings.seed)
        self.book = Book()
        self.background = Background()
        self.courier = Courier(
            self.book,
            self.background,
            self.ids,
            url=settings.callback_url,
            retry_delays=settings.retry_delays if settings.callback_retries else (),
            timeout=settings.callback_timeout,
        )
        self.payers = Payers(
            settings, self.book, self.background, self.ids, self.keys, self.courier
        )
        self.token_lock = OneShot()
        self.hidden_key = OneShot()

    def admits(self, token: str | None, api_key: str | None) -> int | None:
        """None if the caller may go on, or the status of the refusal.

        401 for a missing, unknown, revoked or expired token (DOC). 403 for a missing or wrong
        X-API-Key where one is configured; reports conflict on whether AzamPay wants it.
        """
        if token is None or not self.tokens.is_valid(token):
            return 401
        if self.settings.api_key is not None and api_key != self.settings.api_key:
            return 403
        return None

    def apply(self, effect: Effect, token: str) -> None:
        """Change what a test number changes besides the payment itself."""
        actions: dict[Effect, Callable[[], None]] = {
            Effect.REVOKE_TOKEN: lambda: self.tokens.revoke(token),
            Effect.LOCK_NEXT_TOKEN: self.token_lock.arm,
            Effect.ROTATE_KEY: self.keys.rotate,
            Effect.HIDE_KEY_ONCE: self.hidden_key.arm,
        }
        actions[effect]()

    def reset(self) -> None:
        """Empty the book, end waiting prompts, disarm faults; tokens, key and URL stay."""
        self.payers.hang_up()
        self.book.clear()
        self.token_lock.disarm()
        self.hidden_key.disarm()

    async def close(self) -> None:
        """End background work in order, then the connections."""
        await self.background.close()
        await self.courier.close()
