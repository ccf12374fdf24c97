"""Waiting for a cloud, which does most things some time after it was asked."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from offline.plugins.openstack.errors import passing, sentence
from offline.plugins.resource import Call, ProviderError

FIRST_POLL_S, LONGEST_POLL_S = 0.5, 2.0
LIMIT_S = 600
OUTAGE_S = 120  # that a cloud may give no sensible answer
UNDO_S = 120

T = TypeVar("T")


class Patience:
    """How long one operation waits: by the engine's time limit, or by LIMIT_S."""

    def __init__(self, call: Call) -> None:
        self._call, self._limit_s = call, call.timeout or LIMIT_S
        self._end = time.monotonic() + self._limit_s
        self._silent_since: float | None = None

    def until(self, ask: Callable[[], T | None], waiting: str, late: str | Callable[[], str]) -> T:
        """What `ask` answers once it is not None.

        waiting: shown meanwhile. late: what the error says after the time limit: what is wrong
        and what to do.
        """
        began, poll = time.monotonic(), FIRST_POLL_S
        while (answer := self._ask(ask)) is None:
            now = time.monotonic()
            if now > self._end:
                wrong = late if isinstance(late, str) else late()
                raise ProviderError(f"{wrong} (after {self._limit_s:.0f} s, its time limit)")
            self._call.log(f"{waiting}, {now - began:.0f} s", ephemeral=True)
            if self._call.cancelled.wait(min(poll, max(self._end - now, 0.1))):
                raise ProviderError(f"stopped by the operator while {waiting}; run it again")
            poll = min(poll * 1.4, LONGEST_POLL_S)
        return answer

    def _ask(self, ask: Callable[[], T | None]) -> T | None:
        try:
            answer = ask()
        except Exception as error:
            self._silent_since = self._silent_since or time.monotonic()
            if not passing(error) or time.monotonic() - self._silent_since > OUTAGE_S:
                raise
            return None
        self._silent_since = None
        return answer


@contextmanager
def undone(call: Call, what: str, remove: Callable[[Call], None]) -> Iterator[None]:
    """Removes what was made if the rest fails: the state would not know it."""
    try:
        yield
    except BaseException as error:
        late = replace(call, timeout=UNDO_S, cancelled=threading.Event())
        try:
            remove(late)
        except Exception as other:
            raise ProviderError(
                f"{sentence(error)}; moreover {what} is left in the cloud ({sentence(other)}): "
                "delete it there"
            ) from error
        raise
