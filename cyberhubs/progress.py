"""What who runs a command sees of slow work, all on stderr: what is done, and how far it is."""

import sys
import threading
import time
from types import TracebackType
from typing import TextIO

HEARTBEAT_S = 15.0


class Report:
    def __init__(self, stream: TextIO | None = None, heartbeat_s: float = HEARTBEAT_S) -> None:
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.heartbeat_s = 1.0 if self.live else heartbeat_s

    def line(self, text: str) -> None:
        print(text, file=self.stream, flush=True)

    def step(self, what: str) -> "Step":
        return Step(self, what)


class Step:
    """A slow thing: says at once that it began, then how far it is, about every 15 seconds.

    On a terminal it is one line that is rewritten each second.
    """

    def __init__(self, report: Report, what: str) -> None:
        self.what = what
        self.detail = ""
        self._report = report
        self._began = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> "Step":
        if not self._report.live:
            self._report.line(f"{self.what} ...")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        if self._report.live:
            print("\r\033[K", end="", file=self._report.stream, flush=True)

    def show(self, detail: str) -> None:
        """How far it is, in a few words."""
        self.detail = detail.strip()[:70]

    @property
    def seconds(self) -> int:
        return round(time.monotonic() - self._began)

    def _beat(self) -> None:
        while not self._ended.wait(self._report.heartbeat_s):
            detail = f"{self.detail}, " if self.detail else ""
            text = f"{self.what}: {detail}{self.seconds} s"
            if self._report.live:
                print(f"\r\033[K{text[:110]}", end="", file=self._report.stream, flush=True)
            else:
                self._report.line(f"  {text}")
