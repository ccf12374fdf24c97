"""Who may start a server now: everybody gets a place, some after a wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class StartQueue:
    """A number of places, given in the order of asking."""

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(places)
        self._waiting: list[object] = []

    @asynccontextmanager
    async def place(self, who: object) -> AsyncIterator[None]:
        """Waits for a place and holds it inside the `async with`."""
        self._waiting.append(who)
        try:
            await self._places.acquire()
        finally:
            self._waiting.remove(who)
        try:
            yield
        finally:
            self._places.release()

    def ahead(self, who: object) -> int | None:
        """How many wait before `who`; None if `who` does not wait."""
        return self._waiting.index(who) if who in self._waiting else None
