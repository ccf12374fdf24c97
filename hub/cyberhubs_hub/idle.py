"""When a server counts as idle: nobody at it for the whole time, and nothing at work in it.

JupyterHub knows of activity what passes the proxy and what the server reports: open tabs, cells
that begin, end or print, terminals that print. What works in silence behind a closed tab is none
of it, so the server is asked for its kernels before it is stopped, and Docker for what its
terminals run, and for what the container has computed and transferred in the last minutes: one
look could fall into a pause. An open tab asks its server for news all day, so that who is at one
is known by what they run.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import docker
from docker.errors import APIError, DockerException, NotFound
from dockerspawner import DockerSpawner
from requests.exceptions import RequestException

from cyberhubs_hub.container_options import token_of
from cyberhubs_hub.shared.config import SERVER_PORT, HubConfig

BUSY = 0.01  # of a core; an idle server with five idle kernels takes 0.001
TRANSFERS = 10_000  # bytes a second; an open tab takes 1,000
WINDOW = timedelta(minutes=15)  # of which both are averages
LATE = 0.9  # of it: turns are not to the second
ANSWER = aiohttp.ClientTimeout(total=20)

log = logging.getLogger("IdleCuller")  # the culler writes out its own log only


@dataclass(frozen=True)
class Figures:
    """Of a container since its start: `cpu_s`, seconds of CPU; `transferred`, bytes in and out. `at`: when its engine
    looked."""

    at: datetime
    cpu_s: float
    transferred: int


@dataclass(frozen=True)
class Said:
    """What a server says of itself: how many kernels are at work, also while they pause or wait for an answer; and when
    one of its kernels or terminals last did anything, None where it has none or does not say."""

    busy_kernels: int = 0
    last: datetime | None = None


class SilentError(Exception):
    """A server that did not answer, as one in which a file system hangs."""


class IdleRule:
    """For IdleCuller.cull_arbiter_hook."""

    def __init__(self, hub: HubConfig) -> None:
        self._hub = hub
        self._seen: dict[str, list[Figures]] = {}  # of the window, by the containers' names
        self._silent_since: dict[str, datetime] = {}

    async def __call__(
        self, *, inactive: timedelta, inactive_limit: int, server: dict[str, Any]
    ) -> bool:
        username = server["full_name"].partition("/")[0]
        name = self._hub.container_prefix + DockerSpawner._escape(username)
        away = inactive.total_seconds() >= inactive_limit
        window = min(WINDOW, timedelta(seconds=inactive_limit))
        try:
            work = self._work(name, window)
            if not away and not self._hub.open_tab_timeout_s:
                return False
            try:
                said = await ask(name, self._hub.network, server["url"])
                self._silent_since.pop(name, None)
            except SilentError:
                said = Said()
                if now() - self._silent_since.setdefault(name, now()) < window * LATE:
                    work = "it does not answer"
            if not away and not self._is_left_open(said, server):
                return False
            if said.busy_kernels:
                work = f"kernels are busy: {said.busy_kernels}"
            elif commands := running_commands(name):
                work = f"its terminals run {', '.join(commands)}"
        except NotFound:
            return True
        except (DockerException, RequestException) as error:
            log.warning("%s is not stopped, Docker has no figures of it: %s", username, error)
            return False
        if work:
            log.info("%s is not stopped, %s", username, work)
        return not work

    def _is_left_open(self, said: Said, server: dict[str, Any]) -> bool:
        """Whether whoever has a tab of it open has run nothing there for too long. Without a kernel nobody knows: the
        tab may be of another program's page."""
        if said.last is None:
            return False
        last = max(said.last, datetime.fromisoformat(server["started"]))
        return now() - last >= timedelta(seconds=self._hub.open_tab_timeout_s)

    def _work(self, container: str, window: timedelta) -> str:
        """What it was at in the last minutes; empty where that is nothing."""
        latest, seen = figures(container), self._seen.setdefault(container, [])
        if seen and (latest.cpu_s < seen[-1].cpu_s or latest.at <= seen[-1].at):
            seen.clear()  # of another container of this name
        seen.append(latest)
        while len(seen) > 1 and latest.at - seen[1].at >= window * LATE:
            del seen[0]
        seconds = (latest.at - seen[0].at).total_seconds()
        if seconds < window.total_seconds() * LATE:
            return "it is not known for long enough"
        cores = (latest.cpu_s - seen[0].cpu_s) / seconds
        if cores >= BUSY:
            return f"it computes ({cores:.2f} of a core)"
        speed = (latest.transferred - seen[0].transferred) / seconds
        return f"it transfers ({speed / 1000:.0f} kB/s)" if speed >= TRANSFERS else ""


def now() -> datetime:
    return datetime.now(UTC)


def figures(container: str) -> Figures:
    """Raises DockerException where the engine has none, as one that cannot read the machine's cgroups."""
    with docker.APIClient(version="auto") as client:
        stats = client.stats(container, stream=False, one_shot=True)
    if stats["read"].startswith("0001"):
        raise DockerException("it has no figures of it")
    networks = (stats.get("networks") or {}).values()
    return Figures(
        datetime.fromisoformat(stats["read"]),
        stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9,
        sum(network["rx_bytes"] + network["tx_bytes"] for network in networks),
    )


def running_commands(container: str) -> list[str]:
    """Names of what runs in front in its terminals, besides the shells themselves."""
    try:
        with docker.APIClient(version="auto") as client:
            top = client.top(container, ps_args="-eo pid,stat,comm")
    except NotFound:
        raise
    except APIError as error:  # a machine without ps
        log.warning("What %s runs in terminals is not known: %s", container, error)
        return []
    # In front; and leads no session, as a shell does. The host's ps does not know the terminal itself.
    return [name for _, state, name in top["Processes"] or () if "+" in state and "s" not in state]


async def ask(container: str, network: str, url: str) -> Said:
    """What the server at `url` says. Raises SilentError and DockerException."""
    with docker.APIClient(version="auto") as client:
        found = client.inspect_container(container)
    address = found["NetworkSettings"]["Networks"][network]["IPAddress"]
    api = f"http://{address}:{SERVER_PORT}{url}api"
    headers = {"Authorization": f"token {token_of(found)}"}
    try:
        async with aiohttp.ClientSession(timeout=ANSWER, headers=headers) as session:
            kernels = await _get(session, f"{api}/kernels")
            try:
                terminals = await _get(session, f"{api}/terminals")
            except aiohttp.ClientResponseError:  # an image without
                terminals = []
        times = [datetime.fromisoformat(one["last_activity"]) for one in (*kernels, *terminals)]
        busy = sum(kernel["execution_state"] == "busy" for kernel in kernels)
        return Said(busy, max(times, default=None))
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
        log.warning("%s does not say what its kernels do: %s", container, error)
        refused = isinstance(error, aiohttp.ClientResponseError) and error.status < 500
        if isinstance(error, aiohttp.ClientError | TimeoutError) and not refused:
            raise SilentError from error
        return Said()  # it is another program


async def _get(session: aiohttp.ClientSession, url: str) -> list[dict[str, Any]]:
    asked = {"no_track_activity": "1"}  # else it would be somebody's being there
    async with session.get(url, params=asked, raise_for_status=True) as answer:
        return await answer.json()
