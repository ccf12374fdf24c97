"""What a run shows while a fixture works, which pytest says nothing of.

Lines go to the process that shows the run by a socket, as tests run in processes of their own whose
output pytest keeps.
"""

import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from cyberhubs.progress import Report, Step

VARIABLE = "CYBERHUBS_TEST_PROGRESS"
LONGEST = 4096


class _Lines:
    """A stream that sends each line to who shows the run, if anybody does."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> None:
        if (address := os.environ.get(VARIABLE)) and text.strip():
            self._socket.sendto(text.rstrip().encode()[:LONGEST], address)

    def flush(self) -> None:
        pass


def step(what: str) -> Step:
    """Something slow: says that it began and, every 15 seconds, how far it is."""
    return Report(cast(TextIO, _Lines())).step(f"      {what}")


@contextmanager
def shown(stream: TextIO) -> Iterator[None]:
    """Shows on `stream` what this process and those that it starts are at."""
    with tempfile.TemporaryDirectory() as folder:
        address = Path(folder, "progress")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as lines:
            lines.bind(str(address))
            os.environ[VARIABLE] = str(address)

            def show() -> None:
                while line := lines.recv(LONGEST):
                    print(line.decode(errors="replace"), file=stream, flush=True)

            thread = threading.Thread(target=show, daemon=True)
            thread.start()
            try:
                yield
            finally:
                del os.environ[VARIABLE]
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
                    end.sendto(b"", str(address))
                thread.join()
