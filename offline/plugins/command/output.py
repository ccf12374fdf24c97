"""What a running command writes: kept for the outputs, shown line by line beside its resource."""

import asyncio
from collections.abc import Iterable
from typing import Literal, Self

from offline.plugins.provider import Log

Stream = Literal["stdout", "stderr"]

SHOWN: dict[str, frozenset[str]] = {
    "stdout": frozenset({"stdout"}),
    "stderr": frozenset({"stderr"}),
    "stdoutAndStderr": frozenset({"stdout", "stderr"}),
    "none": frozenset(),
}
LONGEST_LINE = 64 * 1024
ERROR_BYTES = 64 * 1024  # of what a failed command wrote, its end


class Output:
    """Takes the bytes of both streams; as a context, it ends when every line was shown.

    shown: the streams to show. hidden: texts that never appear in a line or an error.
    """

    def __init__(self, log: Log, shown: frozenset[str], hidden: Iterable[str]) -> None:
        self._log, self._shown = log, shown
        self._hidden = sorted(hidden, key=len, reverse=True)
        self._kept = {"stdout": bytearray(), "stderr": bytearray()}
        self._rest = {"stdout": b"", "stderr": b""}
        self._both = bytearray()
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._pump = asyncio.create_task(self._show())
        return self

    async def __aexit__(self, *_: object) -> None:
        for rest in filter(None, self._rest.values()):
            self._lines.put_nowait(rest)
        self._lines.put_nowait(None)
        await self._pump

    def write(self, stream: Stream, data: bytes) -> None:
        self._kept[stream] += data
        self._both += data
        if stream in self._shown:
            *lines, rest = (self._rest[stream] + data).split(b"\n")
            self._rest[stream] = rest
            for line in lines:
                self._lines.put_nowait(line)

    async def _show(self) -> None:
        while (line := await self._lines.get()) is not None:
            text = self.redact(line[:LONGEST_LINE].removesuffix(b"\r").decode(errors="replace"))
            await asyncio.to_thread(self._log, text, ephemeral=True)

    def redact(self, text: str) -> str:
        for secret in self._hidden:
            text = text.replace(secret, "[secret]")
        return text

    def text(self, stream: Stream) -> str:
        """All of a stream without its last newline."""
        return self._kept[stream].decode(errors="replace").removesuffix("\n")

    def end(self) -> str:
        """The end of both streams as they came, for an error."""
        cut = "…" if len(self._both) > ERROR_BYTES else ""
        return cut + self.redact(self._both[-ERROR_BYTES:].decode(errors="replace"))
