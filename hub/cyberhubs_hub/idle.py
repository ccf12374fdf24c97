"""When a server counts as idle: nobody at it for the whole time, and nothing computing in it.

JupyterHub knows of activity what passes the proxy and what the server reports: open tabs, cells
that begin, end or print, terminals that print. A cell that computes in silence behind a closed tab
is none of it, so Docker is asked what the container does before it is stopped.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

import docker
from docker.errors import DockerException, NotFound
from dockerspawner import DockerSpawner
from requests.exceptions import RequestException

BUSY = 0.05  # of a core; an idle server with an idle kernel takes 0.005

log = logging.getLogger("IdleCuller")  # the culler writes out its own log only


class IdleRule:
    """For IdleCuller.cull_arbiter_hook."""

    def __init__(self, container_prefix: str) -> None:
        self.container_prefix = container_prefix

    def __call__(self, *, inactive: timedelta, inactive_limit: int, server: dict[str, Any]) -> bool:
        if inactive.total_seconds() < inactive_limit:
            return False
        username = server["full_name"].partition("/")[0]
        try:
            used = cores_used(self.container_prefix + DockerSpawner._escape(username))
        except NotFound:
            return True
        except (DockerException, RequestException) as error:
            log.warning("%s is not stopped, Docker has no figures of it: %s", username, error)
            return False
        if used >= BUSY:
            log.info("%s is not stopped, it computes (%.2f of a core)", username, used)
            return False
        return True


def cores_used(container: str) -> float:
    """The CPU that a container takes, in cores, over a second or two.

    Raises DockerException where the engine has no figures, as one that cannot read the machine's cgroups.
    """
    with docker.APIClient(version="auto") as client:
        stats = client.stats(container, stream=False)
    seconds = (
        datetime.fromisoformat(stats["read"]) - datetime.fromisoformat(stats["preread"])
    ).total_seconds()
    if seconds <= 0:
        raise DockerException("it has no figures of it")
    spent = stats["cpu_stats"]["cpu_usage"]["total_usage"]
    before = stats["precpu_stats"]["cpu_usage"]["total_usage"]
    return (spent - before) / 1e9 / seconds
