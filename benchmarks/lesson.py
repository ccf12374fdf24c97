"""A class that comes at once, beside the plain way with the same image: each signs in, starts a server and has a cell
answered. Ours and the plain way's come in turn, as the machine's load is never the same."""

import json
import math
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.plain import plain_hub
from benchmarks.report import progress, show
from tests.support.deployment import Deployment
from tests.support.member import Member
from tests.support.waiting import eventually

CLASSES = (10, 40)  # people
RUNS = 3
LEAVES_S = 300

Way = tuple[str, str]  # a hub's address, and everybody's password


def measure_lesson(deployment: Deployment, directory: Path) -> None:
    progress("having classes come, and to the plain way")
    image = json.loads(deployment.menu)[0]["image"]
    with plain_hub(deployment, directory, image) as plain:
        ways = [(deployment.url, deployment.password), plain]
        for people in CLASSES:
            lessons = [[_lesson(way, people, f"lesson{n}") for way in ways] for n in range(RUNS)]
            _show(people, *zip(*lessons, strict=True))


def _lesson(way: Way, people: int, lesson: str) -> list[float]:
    """Seconds of each, from the sign-in to the answer of the first cell; without end of who did not get in. All come
    for the first time."""
    members = [Member(way[0], f"{lesson}-{people}-{number}") for number in range(people)]
    with ThreadPoolExecutor(people) as threads:
        felt = list(threads.map(lambda member: _come(member, way[1]), members))
        list(threads.map(_leave, members))
    for member in members:
        member.http.close()
    return felt


def _come(member: Member, password: str) -> float:
    began = time.monotonic()
    try:
        member.sign_in(password).start()
        assert member.kernel().run("print(6 * 7)") == "42"
    except Exception as error:  # whatever a hub that has too much to do answers, or does not
        progress(f"{member.name} did not get in: {error!r:.200}")
        return math.inf
    return time.monotonic() - began


def _leave(member: Member) -> None:
    """As long as it takes: a hub with one thread for Docker has to stop forty."""
    if member.http.cookies:
        path = f"users/{member.name}/server"
        eventually(lambda: member.ask_hub("DELETE", path).status_code in (204, 404), LEAVES_S)


def _show(people: int, ours: Sequence[list[float]], theirs: Sequence[list[float]]) -> None:
    for what, of in (("the last", max), ("half of them", statistics.median)):
        show(
            f"{people} people at once, {what}",
            [of(felt) for felt in ours],
            against=[of(felt) for felt in theirs],
            beside="the plain way's",
        )
    ours_in, theirs_in = (
        min(sum(map(math.isfinite, felt)) for felt in way) for way in (ours, theirs)
    )
    what = f"{people} people at once, got in"
    print(f"{what:34} {ours_in:8}   the plain way's {theirs_in}", flush=True)
