"""What a command prints that runs inside of a container.

`engine`: a docker.APIClient; of the standard library only, this module is for both sides. The client's own `exec_start`
reads beside the buffer that took the head of the engine's answer, and so loses now and then, and under load more often,
what came with that head: all that a short command prints (docker-py's issue 3332).
"""

from collections.abc import Generator
from typing import Any

STDERR = 2  # the number of its stream; 1 is stdout


def frames(engine: Any, run: str) -> Generator[tuple[int, bytes]]:
    """Starts what `exec_create` answered the id of: each time a part of what it prints, and on which stream. Its stdin, if
    it was given one, ends with the iteration. Raises APIError where it cannot be started."""
    where = f"{engine.base_url}/v{engine.api_version}/exec/{run}/start"
    # Without the client's "Upgrade", the engine answers as to anybody, and the answer is read as any.
    how = {"Detach": False, "Tty": False}
    with engine.post(where, json=how, stream=True, timeout=None) as answer:
        engine._raise_for_status(answer)
        while head := answer.raw.read(8):
            yield head[0], answer.raw.read(int.from_bytes(head[4:], "big"))


def output(engine: Any, run: str) -> str:
    """All that it prints, of both streams as far as it has them."""
    return b"".join(data for _, data in frames(engine, run)).decode(errors="replace")
