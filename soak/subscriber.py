"""Whoever wants every event, listening in a thread until nothing comes any more."""

import threading

from local.events import EventQueue, ReceivedEvent

POLL_SECONDS = 1.0
EMPTY_POLLS = 3


class Subscriber:
    """Keeps all that arrives in a queue."""

    def __init__(self, queue: EventQueue) -> None:
        self._queue = queue
        self._is_ending = threading.Event()
        self._is_abandoned = threading.Event()
        self._thread = threading.Thread(target=self._run, name="subscriber", daemon=True)

    @property
    def received(self) -> list[ReceivedEvent]:
        """Every message so far, in the order of arrival."""
        return self._queue.received

    def start(self) -> None:
        """Begins to listen."""
        self._thread.start()

    def drain_and_stop(self) -> None:
        """Returns when nothing has come for some seconds."""
        self._is_ending.set()
        self._thread.join()

    def abandon(self) -> None:
        """Stops at once, whatever may come."""
        self._is_abandoned.set()
        self._is_ending.set()

    def _run(self) -> None:
        empty = 0
        while not self._is_ending.is_set() or empty < EMPTY_POLLS:
            if self._is_abandoned.is_set():
                return
            empty = 0 if self._queue.poll(POLL_SECONDS) else empty + 1
