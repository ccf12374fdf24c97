"""Running a command on this machine."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence

from offline.plugins.command.output import Output, Stream

GRACE_S = 3  # shorter than the engine waits before it kills its plugins
CHUNK = 64 * 1024


async def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    stdin: str | None,
    output: Output,
) -> str:
    """Answers what went wrong ("exit status 3"), or "" for success.

    The command leads a process group, so that ending it ends what it has started.
    """
    starting = asyncio.create_task(
        asyncio.create_subprocess_exec(
            *command,
            env={**os.environ, **environment},
            stdin=PIPE if stdin else DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            process_group=0,
        )
    )
    try:
        process = await asyncio.shield(starting)
    except (OSError, ValueError) as error:
        return f"cannot start {command[0]!r}: {error}"
    except asyncio.CancelledError:
        # It runs already; asyncio itself would kill it alone, and not what it has started.
        await _end(await starting)
        raise
    try:
        await asyncio.gather(
            _feed(process, (stdin or "").encode()),
            _drain(process.stdout, "stdout", output),
            _drain(process.stderr, "stderr", output),
        )
        status = await process.wait()
    except BaseException:
        await _end(process)
        raise
    if status < 0:
        return f"signal: {signal.strsignal(-status)}"
    return f"exit status {status}" if status else ""


async def _feed(process: Process, data: bytes) -> None:
    if process.stdin is None:
        return
    try:
        process.stdin.write(data)
        await process.stdin.drain()
    except ConnectionError:
        pass  # it need not read all that it is given
    process.stdin.close()


async def _drain(reader: asyncio.StreamReader | None, stream: Stream, output: Output) -> None:
    while reader and (data := await reader.read(CHUNK)):
        output.write(stream, data)


async def _end(process: Process) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        try:
            await asyncio.wait_for(process.wait(), GRACE_S)
        except TimeoutError:
            continue
