"""What it costs that a Prometheus reads a stack's figures: of a start and of a request, beside the same hub that gives
none; and what reading them takes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import yaml

from benchmarks.report import progress, show, timed
from tests.support.deployment import Deployment
from tests.support.member import Member

ROUNDS = 3
STARTS = 5  # of each round
REQUESTS = 200
EVERY_S = 15

Scrape = tuple[str, dict[str, str]]  # an address, and the headers that it takes


def measure_metrics(deployment: Deployment) -> None:
    progress("measuring a hub that gives figures, and one that does not")
    before = deployment.file.read_text()
    starts: dict[bool, list[float]] = {True: [], False: []}
    answers: dict[bool, list[float]] = {True: [], False: []}
    scrapes: dict[str, list[float]] = {}
    with Member(deployment.url, "figures") as member:
        member.sign_in(deployment.password)
        for _ in range(ROUNDS):
            for given in (False, True):
                deployment.write(before)
                if given:
                    deployment.edit(lambda c: c.update({"cyberhubs:metrics": {"servers": True}}))
                deployment.make("up")
                with _scraped(_scrapes(deployment) if given else {}, scrapes):
                    for _ in range(STARTS):
                        starts[given].append(member.start())
                        answers[given] += [timed(lambda: _ask(member)) for _ in range(REQUESTS)]
                        member.stop()
    for what, felt in (("one server", starts), ("a request", answers)):
        scale, unit = (1, "s") if felt is starts else (1000, "ms")
        ours, theirs = ([seconds * scale for seconds in felt[given]] for given in (True, False))
        show(f"{what}, figures read", ours, unit, against=theirs, beside="without")
    for part, seconds in scrapes.items():
        show(f"reading those of the {part}", seconds)
    deployment.write(before)
    deployment.make("up")


def _ask(member: Member) -> None:
    """As a page of the member's does, through door and proxy."""
    member.http.get(f"{member.server}api/status").raise_for_status()


def _scrapes(deployment: Deployment) -> dict[str, Scrape]:
    """By "door" or "hub", as `make metrics` says."""
    (job,) = yaml.safe_load(deployment.ops("metrics"))["scrape_configs"]
    headers = {"Authorization": f"Bearer {job['authorization']['credentials']}"}
    parts = [one["labels"] for one in job["static_configs"]]
    return {
        labels["part"]: (f"{deployment.front[:-1]}{labels['__metrics_path__']}", headers)
        for labels in parts
    }


@contextmanager
def _scraped(scrapes: dict[str, Scrape], took: dict[str, list[float]]) -> Iterator[None]:
    """Each is read as a Prometheus does, and how long it took is noted."""
    end = threading.Event()

    def scrape() -> None:
        while scrapes:
            for part, (url, headers) in scrapes.items():
                answer = httpx.get(url, headers=headers).raise_for_status()
                took.setdefault(part, []).append(answer.elapsed.total_seconds())
            if end.wait(EVERY_S):
                break

    scraper = threading.Thread(target=scrape)
    scraper.start()
    try:
        yield
    finally:
        end.set()
        scraper.join()
