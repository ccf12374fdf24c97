"""A list that changes: how long until somebody may log in, and until somebody has lost access."""

import threading
import time
from collections.abc import Callable
from typing import Any

from benchmarks.report import show, timed
from tests.support.deployment import Deployment
from tests.support.member import Member, Refused

RUNS = 5
MANY = 5000
POLL_S = 0.05


def measure_access(deployment: Deployment) -> None:
    text = deployment.file.read_text()
    ups, ins, outs = [], [], []
    for number in range(RUNS):
        with Member(deployment.url, f"new{number}") as member:
            _allow(deployment, [member.name, "grace"])
            seconds, login = _while_up(deployment, lambda m=member: _is_in(deployment, m))
            ups.append(seconds)
            ins.append(login)
            _allow(deployment, ["grace"])
            seconds, refused = _while_up(
                deployment, lambda m=member: _has_lost_access(deployment, m)
            )
            ups.append(seconds)
            outs.append(refused)
    show("make up of another list", ups)
    show("its start to an allowed login", ins)
    show("its start to a refused request", outs)
    for count in (RUNS, MANY):
        _allow(deployment, ["grace", *(f"member-{number}" for number in range(count - 1))])
        deployment.make("up")
        show(f"preview, {count} names", [timed(deployment.make, "preview") for _ in range(RUNS)])
        logins = [timed(_sign_in, deployment, "grace") for _ in range(RUNS)]
        show(f"login, {count} names", logins)
    deployment.write(text)
    deployment.make("up")


def _allow(deployment: Deployment, names: list[str]) -> None:
    def edit(config: dict[str, Any]) -> None:
        config["cyberhubs:hubs"]["core"]["access"] = {"admins": ["ada"], "allowed": names}

    deployment.edit(edit)


def _while_up(deployment: Deployment, holds: Callable[[], bool]) -> tuple[float, float]:
    """Seconds that `make up` takes, and from its start until something holds."""
    began = time.monotonic()
    seconds: list[float] = []
    up = threading.Thread(target=lambda: seconds.append(timed(deployment.make, "up")))
    up.start()
    while not holds():
        time.sleep(POLL_S)
    held = time.monotonic() - began
    up.join()
    return seconds[0], held


def _sign_in(deployment: Deployment, name: str) -> None:
    with Member(deployment.url, name) as member:
        member.sign_in(deployment.password)


def _is_in(deployment: Deployment, member: Member) -> bool:
    try:
        member.sign_in(deployment.password)
    except Refused:
        return False
    return True


def _has_lost_access(deployment: Deployment, member: Member) -> bool:
    return "/hub/login" in str(member.http.get(f"{deployment.url}hub/home").url)
