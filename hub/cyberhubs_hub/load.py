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

from cyberhubs_hub import machine_memory
from cyberhubs_hub.shared.access_rules import LOAD_USERS
from cyberhubs_hub.shared.config import CONFIG_DIR, LIVE_DIR, RUN_DIR, HubConfig
from cyberhubs_hub.trial import TrialError, TrialServer, wait_for_hub

# As a lesson's: memory for data, and a second's work of a processor.
NOTEBOOK = ("data = list(range(1_000_000))", "sum(x * x for x in data for _ in range(10))", "1+1")
CELL_EVERY_S = 5
PATIENCE_S = 1.0  # in which a cell of one line is to answer
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
            use = MachineUse()
            visits, came, stayed = await _all_of(servers, application, stay_s, use)
        finally:
            say("Clearing up")
            await asyncio.gather(*(server.delete() for server in servers))
    print(report(visits, use, came, stayed, hub.limits.memory_bytes))
    return int(any(one.failed for one in visits))


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


def report(visits: Sequence[Visit], use: MachineUse, came: float, stayed: float, limit: int) -> str:
    """How it was, how many fit, what gives first, and what to change."""
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
    lines.append(_first(refused, cells, stayed, fit))
    return "\n".join(lines)


def _first(refused: Counter[str], cells: Sequence[float], stayed: float, fit: int) -> str:
    if any("memory" in sentence for sentence in refused):
        return f"Memory gives first. {_MEMORY}"
    if any("disk" in sentence for sentence in refused):
        return "The disk gives first: make room on it, or make it larger."
    if refused:
        return "What was refused is above; `make logs` has the reason."
    if cells and max(cells) > PATIENCE_S:
        return (
            f"The processors give first: a cell of one line waited {max(cells):.1f} s. Give the machine more of them, "
            "or lower limits.cpus, so that one member's work leaves some to others."
        )
    return f"Nothing gave. Memory would first, with about {fit} such people. {_MEMORY}"


_MEMORY = (
    "Give the machine more, lower limits.memory, or stop idle servers sooner (idle.afterMinutes)."
)


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
