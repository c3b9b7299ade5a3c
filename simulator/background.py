"""Work that goes on after a request was answered, and ends in order when the simulator stops."""

import asyncio
import logging
from collections.abc import Coroutine

_log = logging.getLogger("simulator")


class Background:
    """Keeps every task until it is done, so that none is lost and none fails unheard."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self.closing = asyncio.Event()

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run ``work`` beside the requests."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    async def pause(self, seconds: float) -> bool:
        """Wait; returns False at once when the simulator stops meanwhile."""
        if seconds <= 0:
            return not self.closing.is_set()
        try:
            async with asyncio.timeout(seconds):
                await self.closing.wait()
        except TimeoutError:
            return True
        return False

    async def close(self, grace: float = 2.0) -> None:
        """End all pauses, give running work ``grace`` seconds, then cancel and await it."""
        self.closing.set()
        while self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a background task failed", exc_info=error)
