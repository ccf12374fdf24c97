"""What a member feels of a stranger who holds connections and sends large bodies, all they can."""

import socket
import threading
import time

from benchmarks.report import progress, show
from tests.support.deployment import Deployment
from tests.support.member import Kernel, Member
from tests.support.stranger import Stranger

HELD = 10_000
BODY = 100 * 2**20  # bytes
AT_ONCE = 4
SECONDS = 60


def measure_attack(deployment: Deployment) -> None:
    progress(f"measuring a kernel's answers, then for {SECONDS} s under attack")
    with Member(deployment.url, "grace") as grace:
        grace.sign_in(deployment.password).start()
        kernel = grace.kernel()
        show("kernel answers", _answers(kernel))
        end = threading.Event()
        threads = [
            threading.Thread(target=attack, args=(Stranger(deployment.front), end))
            for attack in [_hold, *[_send] * AT_ONCE]
        ]
        for thread in threads:
            thread.start()
        try:
            show(f"the same, {HELD} connections held", _answers(kernel))
        finally:
            end.set()
            for thread in threads:
                thread.join()
        grace.stop()


def _answers(kernel: Kernel) -> list[float]:
    """Seconds of each, for as long as the attack."""
    answers = []
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        began = time.monotonic()
        kernel.run("print(1)")  # over a new connection
        answers.append(time.monotonic() - began)
        time.sleep(0.1)
    return answers


def _hold(stranger: Stranger, end: threading.Event) -> None:
    """Keeps so many, and makes those anew that the door has ended."""
    held = [stranger.connect() for _ in range(HELD)]
    while not end.wait(0.1):
        for number, connection in enumerate(held):
            if _has_ended(connection):
                connection.close()
                held[number] = stranger.connect()
    for connection in held:
        connection.close()


def _has_ended(connection: socket.socket) -> bool:
    try:
        return not connection.recv(1, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def _send(stranger: Stranger, end: threading.Event) -> None:
    paths = ("/core/user/grace/login", "/core/hub/login")
    while not end.is_set():
        for path in paths:
            stranger.send(stranger.head("POST", path, Content_Length=str(BODY)), BODY)
