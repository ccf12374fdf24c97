"""The control machine as the machine of a stack."""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from cyberhubs.machine.machine import LATE, LIMIT_S, SOCKET, Machine, MachineError


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
        check_engine()
        yield f"unix://{SOCKET}"


def check_engine() -> None:
    """Raises MachineError where Docker's command line, which scripts call, is told to use another engine."""
    from docker.context import ContextAPI  # 0.04 s, for who asks for the engine
    from docker.context.config import get_current_context_name

    if told := os.environ.get("DOCKER_HOST"):
        who, instead = "DOCKER_HOST", "unset DOCKER_HOST"
    else:
        name = os.environ.get("DOCKER_CONTEXT") or get_current_context_name()
        context = ContextAPI.get_context(name)
        told = context.Host if context else f"nothing, as there is no context {name}"
        who, instead = f"Docker's context {name}", "export DOCKER_CONTEXT=default"
    if told and told.removeprefix("unix://") not in (SOCKET, SOCKET.removeprefix("/var")):
        raise MachineError(
            f"{who} says {told}, and hubs on this machine run on the engine at {SOCKET}, which they start members' "
            f"servers on: nothing was touched. {instead}; for another machine's engine, use host.kind: ssh."
        )
