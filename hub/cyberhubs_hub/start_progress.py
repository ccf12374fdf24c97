"""What the page says while a server starts: its place in the queue, then what is being done."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from cyberhubs_hub.machine_memory import wait_for_room
from cyberhubs_hub.start_queue import StartQueue

WAITS_FOR_MEMORY = "Waiting for memory: the machine's is in use by others' servers"


class StartProgress:
    """Of a spawner. `stage`: percent, what is being done, since when; None before it has begun."""

    queue: ClassVar[StartQueue] = StartQueue(2 * (os.cpu_count() or 1))
    stage: tuple[int, str, float] | None = None

    @asynccontextmanager
    async def turn(self, memory: int) -> AsyncIterator[None]:
        """A place in the queue, and then memory for a server that may take so many bytes. Raises StartFailure."""
        async with self.queue.place(self):
            await wait_for_room(memory, lambda: self.begin(10, WAITS_FOR_MEMORY))
            yield

    def begin(self, percent: int, message: str) -> None:
        self.stage = (percent, message, time.monotonic())

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Events for the page, each as soon as there is something new to say."""
        said = None
        while True:
            event = self._now()
            if event != said:
                said = event
                yield event
            await asyncio.sleep(0.2)

    def _now(self) -> dict[str, Any]:
        ahead = self.queue.ahead(self)
        if ahead is not None:
            return {"progress": 5, "message": f"Waiting for a place: {ahead} ahead of you"}
        if self.stage is None:
            return {"progress": 10, "message": "Looking for the application"}
        percent, message, since = self.stage
        seconds = int(time.monotonic() - since)
        return {"progress": percent, "message": f"{message} ({seconds} s)" if seconds else message}
