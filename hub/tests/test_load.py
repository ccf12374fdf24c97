"""What `make load` says of what it has measured."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from cyberhubs_hub.load import Visit, failures, report
from cyberhubs_hub.machine_memory import KEPT
from jupyterhub.metrics import SERVER_SPAWN_DURATION_SECONDS
from prometheus_client import REGISTRY, generate_latest

MB = 2**20
WELL = Visit(start=2.0, notebook=3.0, cells=[0.1, 0.2])
SLOW = Visit(start=2.0, notebook=3.0, cells=[0.1, 2.5])
REFUSED = Visit(failed="Your server needed more than its 1 GB of memory to start.")
LOST = Visit(start=2.0, failed="While staying: the connection to its kernel was cut.")


def verdict(visits: list[Visit], *, came: float, stayed: float, **reasons: int) -> str:
    """Of a class that took 1000 MB, where 5000 MB are for members: memory is enough for five times as many."""
    use: Any = SimpleNamespace(available=5000 * MB + KEPT, least=4000 * MB + KEPT)
    return report(visits, use, came, stayed, 1000 * MB, Counter(reasons)).splitlines()[-1]


@pytest.mark.parametrize(
    ("reasons", "came", "gives"),
    [
        ({"memory": 3, "timeout": 1}, 0.9, "Memory gives first. Give the machine more"),
        ({"oom": 2}, 0.9, "limits.memory gives first: a server needs more of it to start. Raise"),
        ({"disk": 2}, 0.9, "The disk gives first"),
        ({"quota": 2}, 0.9, "limits.disk gives first"),
        ({"timeout": 3, "memory": 1}, 0.9, "The processors give first: starts took too long"),
        ({"timeout": 2}, 0.2, "The time that a start may take gives first, with processors 20%"),
        ({"exit": 2, "disk": 1}, 0.9, "What was refused is above; `make logs` has the reason."),
    ],
)
def test_what_refuses_a_start_gives_first(reasons: dict[str, int], came: float, gives: str) -> None:
    said = verdict([WELL, REFUSED], came=came, stayed=0.1, **reasons)
    assert said.startswith(gives)


@pytest.mark.parametrize(
    ("visits", "stayed", "gives"),
    [
        ([WELL] * 10, 0.01, "Nothing gave. Memory would first, with about 50 such people."),
        ([WELL] * 10, 0.99, "Nothing gave. The processors would first, with about 10 such people."),
        ([WELL, SLOW], 0.99, "The processors give first: a cell of one line waited 2.5 s."),
        ([WELL, SLOW], 0.1, "Something gives first: a cell of one line waited 2.5 s, with proc"),
        ([WELL, LOST], 0.99, "What was refused is above; `make logs` has the reason."),
    ],
)
def test_what_gives_first_of_those_who_got_in(
    visits: list[Visit], stayed: float, gives: str
) -> None:
    assert verdict(visits, came=0.9, stayed=stayed).startswith(gives)


class Hub:
    """What its own page of figures says."""

    @asynccontextmanager
    async def get(self, _url: str) -> AsyncIterator["Hub"]:
        yield self

    def raise_for_status(self) -> None:
        pass

    async def text(self) -> str:
        return generate_latest(REGISTRY).decode()


async def test_failures_are_those_that_the_hub_counts() -> None:
    hub: Any = Hub()
    config: Any = SimpleNamespace(prefix="/core/")
    before = await failures(hub, config)
    for status, reason in (("failure", "oom"), ("failure", "oom"), ("success", "")):
        SERVER_SPAWN_DURATION_SECONDS.labels(status=status, reason=reason).observe(1)
    assert await failures(hub, config) - before == {"oom": 2}
