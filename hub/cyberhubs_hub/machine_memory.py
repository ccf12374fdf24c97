"""Whether the hub's machine has memory for another server."""

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path

from cyberhubs_hub.failures import NO_MEMORY, StartFailure

MEMINFO = Path("/proc/meminfo")  # the machine's, in a container too
KEPT = 256 * 2**20  # bytes, for what runs already: hubs, the door, the system
WAIT_S = 300  # for others' servers to end
START = 256 * 2**20  # bytes that a server with one kernel takes


def available() -> int:
    """Bytes that programs can still get. Swap does not count: who needs it is slow, and all others with them."""
    found = re.search(r"^MemAvailable:\s+(\d+) kB$", MEMINFO.read_text(), re.MULTILINE)
    assert found  # Linux says it since 3.14
    return int(found[1]) * 1024


def has_room(limit: int) -> bool:
    """For a server that may take `limit` bytes."""
    return available() >= KEPT + min(limit, START)


async def wait_for_room(limit: int, say: Callable[[], None]) -> None:
    """Calls `say` if there is to wait. Raises StartFailure after WAIT_S."""
    deadline, said = time.monotonic() + WAIT_S, False
    while not has_room(limit):
        if not said:
            said = True
            say()
        if time.monotonic() > deadline:
            raise StartFailure("memory", NO_MEMORY)
        await asyncio.sleep(1)
