"""`python -m cyberhubs_hub.load PEOPLE APPLICATION SECONDS`: plays a class that comes at once, runs a notebook, and stays.

Runs in the hub's container, by `docker exec -i`; it ends, and clears up, where its stdin does. What was measured goes
to stdout, progress to stderr; the exit status is 0 if everybody got in.
"""

import asyncio
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from cyberhubs_hub import machine_memory
from cyberhubs_hub.shared.access_rules import LOAD_USERS
from cyberhubs_hub.shared.config import CONFIG_DIR, LIVE_DIR, RUN_DIR, HubConfig
from cyberhubs_hub.temporary_user import TrialError, TrialServer, api_of, wait_for_hub

# As a lesson's: memory for data, and a second's work of a processor.
NOTEBOOK = ("data = list(range(1_000_000))", "sum(x * x for x in data for _ in range(10))", "1+1")
CELL_EVERY_S = 5
PATIENCE_S = 1.0  # in which a cell of one line is to answer
BUSY = 0.5  # part of the processors' time, on average, from which they may be what is waited for
GIB = 2**30


class MachineUse:
    """Of the whole machine, from the moment when it is made."""

    def __init__(self) -> None:
        self.available = self.least = machine_memory.available()
        self.forget()

    def forget(self) -> None:
        """What the processors did so far."""
        self._busy, self._all = _processor_time()

    def look(self) -> None:
        self.least = min(self.least, machine_memory.available())

    @property
    def busy(self) -> float:
        """The part of its processors' time that was used."""
        busy, all_ = _processor_time()
        return (busy - self._busy) / max(1, all_ - self._all)


def _processor_time() -> tuple[int, int]:
    """Ticks that were used, and all."""
    ticks = [int(number) for number in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


@dataclass
class Visit:
    """What one of them felt, in seconds; `failed`: the sentence that was read instead."""

    start: float | None = None
    notebook: float | None = None
    cells: list[float] = field(default_factory=list)
    failed: str = ""


async def visit(
    server: TrialServer, application: str, all_are_in: asyncio.Barrier, stay_s: float
) -> Visit:
    felt = Visit()
    try:
        kernel = await _begin(server, application, felt)
    except (TrialError, aiohttp.ClientError, OSError, TimeoutError) as error:
        felt.failed = str(error) or type(error).__name__
        kernel = None
    await all_are_in.wait()
    if kernel:
        try:
            await _stay(server, kernel, felt, stay_s)
        except (TrialError, aiohttp.ClientError, OSError) as error:
            felt.failed = f"While staying: {error or type(error).__name__}"
    return felt


async def _begin(server: TrialServer, application: str, felt: Visit) -> str:
    began = time.monotonic()
    await server.start(application, lambda _: None)
    felt.start = time.monotonic() - began
    await server.get("lab")
    kernel = await server.kernel()
    for cell in NOTEBOOK:
        await server.run(kernel, cell)
    felt.notebook = time.monotonic() - began - felt.start
    return kernel


async def _stay(server: TrialServer, kernel: str, felt: Visit, stay_s: float) -> None:
    until = time.monotonic() + stay_s
    while time.monotonic() < until:
        began = time.monotonic()
        await server.run(kernel, "1+1")
        felt.cells.append(time.monotonic() - began)
        await asyncio.sleep(CELL_EVERY_S)


async def play(hub: HubConfig, people: int, application: str, stay_s: float) -> int:
    """The exit status. Raises TrialError where there is nobody to play with."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        await wait_for_hub(http, hub)
        token = Path(RUN_DIR, "load_token").read_text()
        http.headers["Authorization"] = f"token {token}"
        servers = [TrialServer(http, hub, name) for name in LOAD_USERS[:people]]
        say(f"Making {people} people")
        try:
            await asyncio.gather(*(server.make() for server in servers))
            use, before = MachineUse(), await failures(http, hub)
            visits, came, stayed = await _all_of(servers, application, stay_s, use)
            reasons = await failures(http, hub) - before
        finally:
            say("Clearing up")
            await asyncio.gather(*(server.delete() for server in servers))
    print(report(visits, use, came, stayed, hub.limits.memory_bytes, reasons))
    return int(any(one.failed for one in visits))


async def failures(http: aiohttp.ClientSession, hub: HubConfig) -> Counter[str]:
    """How many starts have failed so far, by reason, as the hub itself counts them (failures.REASONS)."""
    async with http.get(f"{api_of(hub)}/metrics") as answer:
        answer.raise_for_status()
        families = text_string_to_metric_families(await answer.text())
    return Counter(
        {
            sample.labels["reason"]: int(sample.value)
            for family in families
            for sample in family.samples
            if sample.name == "jupyterhub_server_spawn_duration_seconds_count"
            and sample.labels["status"] == "failure"
        }
    )


async def _all_of(
    servers: Sequence[TrialServer], application: str, stay_s: float, use: MachineUse
) -> tuple[list[Visit], float, float]:
    """What all felt, and how busy the processors were while they came, and while they stayed."""
    barrier = asyncio.Barrier(len(servers) + 1)

    async def all_are_in() -> float:
        await barrier.wait()
        came = use.busy
        use.forget()
        say(f"All have come, or were refused: staying {stay_s:.0f} s")
        return came

    tasks = [asyncio.create_task(visit(server, application, barrier, stay_s)) for server in servers]
    coming = asyncio.create_task(all_are_in())
    try:
        while not all(task.done() for task in tasks):
            use.look()
            await asyncio.sleep(1)
        return [task.result() for task in tasks], await coming, use.busy
    finally:
        for task in (*tasks, coming):
            task.cancel()


def report(
    visits: Sequence[Visit],
    use: MachineUse,
    came: float,
    stayed: float,
    limit: int,
    reasons: Counter[str],
) -> str:
    """How it was, how many fit, what gives first, and what to change. `came`, `stayed`: how busy the processors were;
    `limit`: bytes of memory of a server; `reasons`: why starts failed."""
    starts = sorted(one.start for one in visits if one.start is not None)
    notebooks = [one.notebook for one in visits if one.notebook is not None]
    cells = [seconds for one in visits for seconds in one.cells]
    lines = [f"{len(starts)} of {len(visits)} got a server."]
    if starts:
        middle = statistics.median(starts)
        lines.append(
            f"start        first {starts[0]:.1f} s, half {middle:.1f} s, last {starts[-1]:.1f} s"
        )
    if notebooks:
        lines.append(
            f"notebook     half {statistics.median(notebooks):.1f} s, slowest {max(notebooks):.1f} s"
        )
    if cells:
        lines.append(
            f"a cell, then half {statistics.median(cells):.2f} s, slowest {max(cells):.2f} s"
        )
    lines.append(f"processors   {came:.0%} busy while they came, {stayed:.0%} while they stayed")
    each = max(1, use.available - use.least) / max(1, len(starts))
    fit = int(max(0, use.available - machine_memory.KEPT) / each)
    lines.append(
        f"memory       {each / 2**20:.0f} MiB each, of {use.available / GIB:.1f} GiB that were free: about {fit} like "
        f"these fit at once, and {use.available // limit} that use all of their {limit / GIB:.1f} GiB"
    )
    refused = Counter(one.failed for one in visits if one.failed)
    lines += [f"{count} read: {sentence}" for sentence, count in refused.most_common()]
    if refused:
        lines.append(_why_refused(reasons, came))
    else:
        lines.append(_first(len(starts), max(cells, default=0), stayed, fit))
    return "\n".join(lines)


def _why_refused(reasons: Counter[str], came: float) -> str:
    """By the reason of most of the starts that failed."""
    gives = {
        "memory": f"Memory gives first. {_MEMORY}",
        "oom": "limits.memory gives first: a server needs more of it to start. Raise it.",
        "disk": "The disk gives first: make room on it, or make it larger.",
        "quota": "limits.disk gives first: a home has no room for what a start needs. Raise it.",
        "timeout": f"The processors give first: starts took too long. {_PROCESSORS}"
        if came >= BUSY
        else f"The time that a start may take gives first, with processors {came:.0%} busy. {_SLOW}",
    }
    most = reasons.most_common(1)[0][0] if reasons else ""
    return gives.get(most, "What was refused is above; `make logs` has the reason.")


def _first(people: int, longest_s: float, stayed: float, fit: int) -> str:
    """Where nobody was refused. `longest_s`: of a cell of one line; `fit`: how many people would, by memory."""
    if longest_s > PATIENCE_S:
        waited = f"a cell of one line waited {longest_s:.1f} s"
        if stayed >= BUSY:
            return f"The processors give first: {waited}. {_PROCESSORS}"
        return f"Something gives first: {waited}, with processors {stayed:.0%} busy. {_SLOW}"
    if (others := int(people / max(stayed, 0.01))) < fit:
        return f"Nothing gave. The processors would first, with about {others} such people. {_PROCESSORS}"
    return f"Nothing gave. Memory would first, with about {fit} such people. {_MEMORY}"


_MEMORY = (
    "Give the machine more, lower limits.memory, or stop idle servers sooner (idle.afterMinutes)."
)
_PROCESSORS = "Give the machine more of them, or lower limits.cpus, so that one member's work leaves some to others."
_SLOW = "Look at the machine's disks, and whether limits.cpus is too low."


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def _end_of_stdin() -> None:
    stream = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), sys.stdin
    )
    await stream.read()


async def run(people: int, application: str, stay_s: float) -> int:
    hub = HubConfig.from_json(Path(CONFIG_DIR, "hub.json").read_text())
    menu = [entry["name"] for entry in json.loads(Path(LIVE_DIR, "applications.json").read_text())]
    if application not in ["", *menu]:
        raise TrialError(f"The hub has no application {application}: it has {', '.join(menu)}.")
    playing = asyncio.create_task(play(hub, people, application or menu[0], stay_s))
    left = asyncio.create_task(_end_of_stdin())
    left.add_done_callback(lambda _: playing.cancel())
    try:
        return await playing
    finally:
        left.cancel()


def main() -> None:
    people, application, stay_s = (*sys.argv[1:], "", "", "")[:3]
    if not re.fullmatch(r"\d{1,9}", people) or not 1 <= int(people) <= len(LOAD_USERS):
        say(f"PEOPLE is a number from 1 to {len(LOAD_USERS)}.")
        sys.exit(2)
    try:
        sys.exit(asyncio.run(run(int(people), application, float(stay_s))))
    except TrialError as error:
        say(str(error))
        sys.exit(1)
    except asyncio.CancelledError:
        sys.exit(130)


if __name__ == "__main__":
    main()
