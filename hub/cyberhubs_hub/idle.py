"""When a server counts as idle: nobody at it for the whole time, and nothing computing in it.

JupyterHub knows of activity what passes the proxy and what the server reports: open tabs, cells
that begin, end or print, terminals that print. A cell that computes in silence behind a closed tab
is none of it, so the server is asked for its kernels before it is stopped, and Docker for what the
container took since the culler came by before: one look could fall into a pause.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import docker
from docker.errors import DockerException, NotFound
from dockerspawner import DockerSpawner
from requests.exceptions import RequestException

from cyberhubs_hub.container_options import token_of
from cyberhubs_hub.shared.config import SERVER_PORT, HubConfig

BUSY = 0.01  # of a core; an idle server with five idle kernels takes 0.001
ANSWER = aiohttp.ClientTimeout(total=20)

log = logging.getLogger("IdleCuller")  # the culler writes out its own log only


class IdleRule:
    """For IdleCuller.cull_arbiter_hook."""

    def __init__(self, hub: HubConfig) -> None:
        self._hub = hub
        self._spent: dict[str, tuple[datetime, float]] = {}  # by the containers' names

    async def __call__(
        self, *, inactive: timedelta, inactive_limit: int, server: dict[str, Any]
    ) -> bool:
        username = server["full_name"].partition("/")[0]
        name = self._hub.container_prefix + DockerSpawner._escape(username)
        try:
            used = self._cores_used(name)
            if inactive.total_seconds() < inactive_limit:
                return False
            busy = await busy_kernels(name, self._hub.network, server["url"])
        except NotFound:
            return True
        except (DockerException, RequestException) as error:
            log.warning("%s is not stopped, Docker has no figures of it: %s", username, error)
            return False
        if busy:
            log.info("%s is not stopped, kernels are busy: %d", username, busy)
        elif used is None:
            log.info("%s is not stopped before its next turn, it is new here", username)
        elif used >= BUSY:
            log.info("%s is not stopped, it computes (%.2f of a core)", username, used)
        else:
            return True
        return False

    def _cores_used(self, container: str) -> float | None:
        """The CPU that it took since it was asked about before, in cores; None: this is the first time."""
        now, spent = cpu_spent(container)
        since, before = self._spent.get(container, (now, spent))
        self._spent[container] = now, spent
        if spent < before or now <= since:  # another container of this name; or nothing to compare
            return None
        return (spent - before) / (now - since).total_seconds()


def cpu_spent(container: str) -> tuple[datetime, float]:
    """When its engine looked, and the seconds of CPU that the container had taken by then.

    Raises DockerException where the engine has no figures, as one that cannot read the machine's cgroups.
    """
    with docker.APIClient(version="auto") as client:
        stats = client.stats(container, stream=False, one_shot=True)
    if stats["read"].startswith("0001"):
        raise DockerException("it has no figures of it")
    return datetime.fromisoformat(stats["read"]), stats["cpu_stats"]["cpu_usage"][
        "total_usage"
    ] / 1e9


async def busy_kernels(container: str, network: str, url: str) -> int:
    """How many kernels of the server at `url` are at work, also while they pause or wait for an answer.
    None of a server that does not say."""
    with docker.APIClient(version="auto") as client:
        found = client.inspect_container(container)
    address = found["NetworkSettings"]["Networks"][network]["IPAddress"]
    try:
        async with (
            aiohttp.ClientSession(timeout=ANSWER) as session,
            session.get(
                f"http://{address}:{SERVER_PORT}{url}api/kernels",
                params={"no_track_activity": "1"},  # else it would be somebody's being there
                headers={"Authorization": f"token {token_of(found)}"},
                raise_for_status=True,
            ) as answer,
        ):
            return sum(kernel["execution_state"] == "busy" for kernel in await answer.json())
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
        log.warning("%s does not say what its kernels do: %s", container, error)
        return 0
