"""The control machine as the machine of a stack."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from cyberhubs.machine.machine import LATE, LIMIT_S, Machine


class LocalMachine(Machine):
    interpreter = ["/bin/sh", "-c"]  # noqa: RUF012  (never changed)
    start_docker = "`make setup` starts one here, or says why not."

    def command(self, text: str, limit_s: float = LIMIT_S) -> list[str]:
        limited = f"exec timeout -k 10 {limit_s:.0f} /bin/sh -c {shlex.quote(text)}"
        return [*self.interpreter, limited]

    def failure(self, code: int, limit_s: float = LIMIT_S) -> str | None:
        return f"A script did not end in {limit_s:.0f} s." if code == LATE else None

    @contextmanager
    def engine(self) -> Iterator[str]:
        yield "unix:///var/run/docker.sock"
