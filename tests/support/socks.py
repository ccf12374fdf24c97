"""A SOCKS 5 proxy (RFC 1928) that connects to what this machine reaches: for a browser without a network."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

CHUNK = 64 * 1024


@contextmanager
def serving(listener: socket.socket, names: Mapping[str, str]) -> Iterator[None]:
    """Serves a listening socket from a thread. `names`: addresses of names that nobody else knows."""
    loop, end = asyncio.new_event_loop(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Cancelled at the end, of which Python 3.11 would print a traceback.
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            host, port = await _asked(reader, writer)
            there = await asyncio.open_connection(names.get(host, host), port)
            writer.write(b"\5\0\0\1" + bytes(6))
            await asyncio.gather(_carry(reader, there[1]), _carry(there[0], writer))
        writer.close()

    async def serve_all() -> None:
        server = await asyncio.start_server(serve, sock=listener)
        await end.wait()
        server.close()  # `async with` would wait for the browser's connections, from Python 3.12 on

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:  # which ends what is left
            runner.run(serve_all())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int]:
    """Where it is to connect."""
    _, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(b"\5\0")  # no authentication
    _, _, _, kind = await reader.readexactly(4)
    if kind == 1:
        host = socket.inet_ntoa(await reader.readexactly(4))
    elif kind == 4:
        host = socket.inet_ntop(socket.AF_INET6, await reader.readexactly(16))
    else:
        [length] = await reader.readexactly(1)
        host = (await reader.readexactly(length)).decode()
    return host, int.from_bytes(await reader.readexactly(2))


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()
