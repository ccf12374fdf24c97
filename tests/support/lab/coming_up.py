"""How long what comes up takes: a stack on an empty cloud, and a hub whose machine is replaced."""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.lab.deployment import CloudDeployment

REACHED = "The machine has its own host key."  # the first script on a new machine
ANSWER_S = 15


@dataclass(frozen=True)
class FirstUp:
    """Seconds from the start of `make up` until a script ran by ssh, and until it ended."""

    ssh: float
    ready: float


def first_up(stack: CloudDeployment) -> FirstUp:
    began, ssh = time.monotonic(), 0.0
    for line in stack.lines("up"):
        if REACHED in line:
            ssh = time.monotonic() - began
    assert ssh, "no script was run on a new machine"
    return FirstUp(ssh, time.monotonic() - began)


class Absence(threading.Thread):
    """Asks once a second, on the machine itself, whether the hub answers. `seconds`: between the
    last answer before it went and the first one after."""

    def __init__(self, stack: CloudDeployment):
        super().__init__(daemon=True)
        self._stack, self._ending = stack, threading.Event()
        self._ssh = stack.plain_ssh()
        self.answers: list[float] = []

    def run(self) -> None:
        ask = (
            f"exec 3<>/dev/tcp/127.0.0.1/{self._stack.port} && "
            r"printf 'GET /core/hub/health HTTP/1.0\r\n\r\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"
        )
        while not self._ending.wait(1):
            try:
                done = subprocess.run(
                    [*self._ssh, ask],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    timeout=ANSWER_S,
                )
            except subprocess.TimeoutExpired:
                continue
            if done.returncode == 0:
                self.answers.append(time.monotonic())

    @property
    def seconds(self) -> float:
        gaps = zip(self.answers, self.answers[1:], strict=False)
        return max(after - before for before, after in gaps)

    def stop(self) -> None:
        count = len(self.answers)
        deadline = time.monotonic() + 60
        while len(self.answers) == count and time.monotonic() < deadline:
            time.sleep(0.2)  # it must have been seen to be back
        self._ending.set()
        self.join()


@contextmanager
def absence(stack: CloudDeployment) -> Iterator[Absence]:
    """Measures it while something is done that takes the hub away."""
    watching = Absence(stack)
    watching.start()
    try:
        yield watching
    finally:
        watching.stop()
