"""How often passwords may be guessed."""

import math
import time
from collections import OrderedDict

FORGOTTEN_S = 900  # after the last wrong one
MOST = 10_000  # that are remembered of each kind


class _Wrong:
    """Wrong passwords by key. After `free` of them each is followed by a wait in which none is
    looked at: 1 s, and twice as long each time, up to `longest_s`."""

    def __init__(self, free: int, longest_s: float) -> None:
        self._free, self._longest_s = free, longest_s
        self._seen: OrderedDict[object, tuple[int, float]] = OrderedDict()  # how many, the last one

    def wait_s(self, key: object, now: float) -> float:
        count, last = self._seen.get(key, (0, now))
        over = count - self._free
        return last + min(2.0 ** min(over, 32), self._longest_s) - now if over >= 0 else 0

    def add(self, key: object, now: float) -> None:
        count, last = self._seen.pop(key, (0, now))
        self._seen[key] = (count + 1 if now - last < FORGOTTEN_S else 1, now)
        if len(self._seen) > MOST:
            self._seen.popitem(last=False)


class Guesses:
    """Wrong passwords of an address. What is guessed for one name there keeps others there, who
    may be many behind one address, waiting for some seconds only, and nobody elsewhere."""

    def __init__(self) -> None:
        self._of_name = _Wrong(free=5, longest_s=60)
        self._of_address = _Wrong(free=20, longest_s=4)

    def wait_s(self, address: str, name: str) -> int:
        """Whole seconds until a password from there is looked at again; 0: now."""
        now = time.monotonic()
        waits = (
            self._of_name.wait_s((address, name.lower()), now),
            self._of_address.wait_s(address, now),
        )
        return math.ceil(max(0.0, *waits))

    def was_wrong(self, address: str, name: str) -> None:
        now = time.monotonic()
        self._of_name.add((address, name.lower()), now)
        self._of_address.add(address, now)
