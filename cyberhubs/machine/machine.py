"""What can be done with a machine, wherever it is."""

import os
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple

from cyberhubs.errors import UserError
from cyberhubs.machine.script import script

SOCKET = "/var/run/docker.sock"  # of an engine, on its machine
LIMIT_S = 1800  # for one script
GRACE_S = 15  # for the machine itself to end it
LATE = 124  # exit code of timeout(1)
UNCOUNTED = 2**32  # inodes of a file system that makes them as it needs them, such as btrfs
NEARLY_FULL = 0.1  # of a disk, as monitoring/rules.yaml has it
TAIL = 20  # lines of a failed script that its error repeats


class MachineError(UserError):
    """What is wrong with a machine and what to do next, in a sentence or two."""


class Space(NamedTuple):
    """What is free of a file system: bytes, inodes, and the part of both, the smaller of the two."""

    free: int
    inodes: int
    left: float


class Machine(ABC):
    """`start_docker`: what to do when its engine does not answer. `environment`: of the commands that run
    on the control machine."""

    start_docker: str
    environment: Mapping[str, str] = os.environ

    def run(
        self,
        text: str,
        *,
        stdin: str = "",
        limit_s: float = LIMIT_S,
        line: Callable[[str], None] = lambda text: None,
    ) -> str:
        """Runs a script to its end and answers what it wrote on stdout; `line` sees each line at once.

        Other users of the machine may see the script, and not `stdin`. Raises MachineError when the
        script fails, takes longer than `limit_s`, or the machine cannot be reached.
        """
        command = self.command(text, limit_s)
        try:
            code, answer, said = _run(command, stdin, limit_s + GRACE_S, line, self.environment)
        except TimeoutError:
            code, answer, said = LATE, "", ""
        if code:
            raise MachineError(
                self.failure(code, limit_s) or said or f"A script failed (exit code {code})."
            )
        return answer

    @abstractmethod
    def command(self, text: str, limit_s: float = LIMIT_S) -> list[str]:
        """What to run on the control machine for a script to run on this one. Raises MachineError if it
        cannot be reached."""

    @abstractmethod
    def failure(self, code: int, limit_s: float = LIMIT_S) -> str | None:
        """Why a script ended with this code, if it is not the script's own."""

    @abstractmethod
    def engine(self) -> AbstractContextManager[str]:
        """The machine's Docker engine as an address on the control machine ("unix:///…")."""

    def put(self, path: str, content: str, *, uid: int, gid: int, mode: str = "0400") -> None:
        """Writes a file, whole or not at all."""
        self.run(script("put-file", path, uid, gid, mode, "text"), stdin=content)

    def free_space(self, path: str) -> Space:
        """What is free on the file system of `path`. Raises MachineError if there is no such path."""
        said = self.run(script("disk-free", path), limit_s=60)
        free, free_inodes, size, inodes = map(int, said.split())
        if not inodes:
            return Space(free, UNCOUNTED, free / size)
        return Space(free, free_inodes, min(free / size, free_inodes / inodes))


def _run(
    argv: list[str],
    stdin: str,
    limit_s: float,
    line: Callable[[str], None],
    environment: Mapping[str, str],
) -> tuple[int, str, str]:
    """Exit code, stdout, and the end of what it said, on stderr if it said anything there.

    Raises TimeoutError after `limit_s`.
    """
    said: list[str] = []
    with subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=environment,
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        late = threading.Timer(limit_s, process.kill)
        late.start()
        errors = threading.Thread(target=lambda: said.extend(process.stderr or ()))
        errors.start()
        feeder = threading.Thread(target=_feed, args=(process, stdin))
        feeder.start()
        lines = []
        try:
            for text in process.stdout:
                lines.append(text)
                line(text.rstrip("\n"))
            code = process.wait()
        except BaseException:
            process.kill()
            raise
        finally:
            ended_in_time = late.is_alive()
            late.cancel()
            errors.join()
            feeder.join()
    if code < 0 and not ended_in_time:
        raise TimeoutError
    return code, "".join(lines), "".join((said or lines)[-TAIL:]).rstrip()


def _feed(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin
    try:
        with process.stdin as stream:
            stream.write(text)
    except BrokenPipeError:
        pass  # it need not read all that it is given
