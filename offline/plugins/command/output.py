"""What a running command writes: kept for the outputs, shown line by line beside its resource."""

import asyncio
from collections.abc import Iterable
from typing import Literal, Self

from offline.plugins.resource import Log

Stream = Literal["stdout", "stderr"]

SHOWN: dict[str, frozenset[str]] = {
    "stdoutAndStderr": frozenset({"stdout", "stderr"}),
    "none": frozenset(),
}
LONGEST_LINE = 64 * 1024
LONGEST_END = 64 * 1024  # characters of what a failed command wrote


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

    async def __aexit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is asyncio.CancelledError:
            self._pump.cancel()
            return
        for rest in filter(None, self._rest.values()):
            self._lines.put_nowait(rest)
        self._lines.put_nowait(None)
        await self._pump

    def write(self, stream: Stream, data: bytes) -> None:
        self._kept[stream] += data
        self._both += data
        if stream in self._shown:
            *lines, rest = (self._rest[stream] + data).split(b"\n")
            if len(rest) > LONGEST_LINE:  # it would be cut anyway
                lines, rest = [*lines, rest], b""
            self._rest[stream] = rest
            for line in lines:
                self._lines.put_nowait(line)

    async def _show(self) -> None:
        ended = False
        while not ended:
            lines = [await self._lines.get()]
            while not self._lines.empty():
                lines.append(self._lines.get_nowait())
            ended = None in lines
            await asyncio.to_thread(self._show_lines, [line for line in lines if line is not None])

    def _show_lines(self, lines: list[bytes]) -> None:
        for line in lines:
            text = self.redact(line.removesuffix(b"\r").decode(errors="replace"))
            self._log(text[:LONGEST_LINE], ephemeral=True)

    def redact(self, text: str) -> str:
        for secret in self._hidden:
            text = text.replace(secret, "[secret]")
        return text

    def text(self, stream: Stream) -> str:
        """All of a stream without its last newline."""
        return self._kept[stream].decode(errors="replace").removesuffix("\n")

    def end(self) -> str:
        """The end of both streams as they came, for an error."""
        text = self.redact(self._both.decode(errors="replace"))
        return text if len(text) <= LONGEST_END else f"…{text[-LONGEST_END:]}"
