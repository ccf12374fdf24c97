"""Waiting for what others do."""

import time
from collections.abc import Callable
from typing import Any


def eventually(holds: Callable[[], Any], seconds: float = 60, every: float = 0.2) -> None:
    """Returns once `holds` answers something true; raises AssertionError with what stood in its way."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if holds():
                return
            reason: object = "it does not hold"
        except Exception as error:  # a connection refused, a page not there yet
            reason = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {reason}")
        time.sleep(every)
