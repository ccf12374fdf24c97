"""This machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cyberhubs.machine.machine import LIMIT_S, Machine, MachineError, run


class LocalMachine(Machine):
    interpreter = ["/bin/sh", "-c"]  # noqa: RUF012  (never changed)
    start_docker = "`make setup` starts one here, or says why not."

    def run(
        self,
        text: str,
        *,
        stdin: str = "",
        limit_s: float = LIMIT_S,
        line: Callable[[str], None] = lambda text: None,
    ) -> str:
        try:
            code, answer, said = run(
                [*self.interpreter, text], stdin=stdin, limit_s=limit_s, line=line
            )
        except TimeoutError:
            raise MachineError(
                f"A script of this machine did not end in {limit_s:.0f} s."
            ) from None
        if code:
            raise MachineError(said or f"A script of this machine failed (exit code {code}).")
        return answer

    @contextmanager
    def engine(self) -> Iterator[str]:
        yield "unix:///var/run/docker.sock"
