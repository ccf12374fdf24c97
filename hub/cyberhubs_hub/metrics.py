"""Figures that JupyterHub does not have, beside its own at /hub/metrics: how much is left of the machine, when there was
a backup, which mounts answer, and what each server takes. Why servers do not start it counts itself."""

import logging
import os
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import ClassVar, Generic, TypeVar

import docker
from docker.errors import NotFound
from docker.types import Mount
from jupyterhub.metrics import SERVER_SPAWN_DURATION_SECONDS, ServerSpawnStatus
from prometheus_client import REGISTRY, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from cyberhubs_hub import machine_memory
from cyberhubs_hub.failures import REASONS, StartFailure
from cyberhubs_hub.helper import helper
from cyberhubs_hub.shared.config import BACKUP_DONE, STATE_DIR, USERS_DIR, HubConfig

LOOK_S = 30  # between two looks at all: each server takes some engines a second, a dead mount 20
# A container's layers are where the images are.
DISKS = {"homes": USERS_DIR, "hub": STATE_DIR, "images": "/"}
_OF_A_DISK: dict[str, Callable[[os.statvfs_result], int]] = {
    "size_bytes": lambda stat: stat.f_blocks * stat.f_frsize,
    "free_bytes": lambda stat: stat.f_bavail * stat.f_frsize,  # for all but root
    "inodes": lambda stat: stat.f_files,  # 0 where nobody counts them
    "inodes_free": lambda stat: stat.f_favail,
}

_MOUNTS = "/mounts"
# The path of each that answers. One that is not mounted is an empty folder, and no file system is to be trusted to answer.
_LOOK = """for mount; do
    timeout -s KILL 25 sh -c 'grep -qF " $0 " /proc/self/mountinfo && ls -fU "$0/" >/dev/null' "$mount" 2>/dev/null && echo "$mount" &
done
wait"""

Seen = TypeVar("Seen")

log = logging.getLogger("jupyterhub.metrics")


def begin(hub: HubConfig) -> None:
    for reason in REASONS:  # each from zero on, as the first failure would be no increase otherwise
        SERVER_SPAWN_DURATION_SECONDS.labels(status=ServerSpawnStatus.failure, reason=reason)
    REGISTRY.register(Machine(DISKS))
    REGISTRY.register(Backup(Path(BACKUP_DONE)))
    if any(space.remote for space in hub.mounts):
        Mounts(hub).begin()
    if hub.metrics_of_servers:
        Servers(hub).begin()


class Machine(Collector):
    """Memory, and the disks of `disks` by name: a path on each."""

    def __init__(self, disks: Mapping[str, str]) -> None:
        self._disks = disks

    def collect(self) -> Iterable[Metric]:
        memory = {
            "size": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
            "available": machine_memory.available(),
        }
        for name, value in memory.items():
            yield GaugeMetricFamily(f"cyberhubs_memory_{name}_bytes", "Of the machine", value)
        found = {disk: os.statvfs(path) for disk, path in self._disks.items()}
        for name, of in _OF_A_DISK.items():
            family = GaugeMetricFamily(f"cyberhubs_disk_{name}", "Of a disk", labels=["disk"])
            for disk, stat in found.items():
                family.add_metric([disk], of(stat))
            yield family


class Backup(Collector):
    """When the last one was done, by a file that it touches; nothing where there is no such file."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def collect(self) -> Iterable[Metric]:
        with suppress(FileNotFoundError):
            done = self._mark.stat().st_mtime
            yield GaugeMetricFamily(
                "cyberhubs_backup_done_timestamp_seconds", "Of the hub's homes", done
            )


class FromDocker(Collector, Generic[Seen]):
    """What Docker said last, by name: it takes its time, and whoever asks does not wait."""

    what: ClassVar[str]

    def __init__(self, hub: HubConfig) -> None:
        self._hub = hub
        self._seen: Mapping[str, Seen] = {}

    def begin(self) -> None:
        REGISTRY.register(self)
        threading.Thread(target=self._look_for_ever, name="metrics", daemon=True).start()

    def _look_for_ever(self) -> None:
        while True:
            try:
                with docker.APIClient(version="auto") as client:
                    self.look(client)
            except Exception as error:  # docker's, requests' or urllib3's
                self._seen = {}
                log.warning("Docker has no %s: %s", self.what, error)
            time.sleep(LOOK_S)

    def look(self, client: docker.APIClient) -> None:
        self._seen = self._ask(client)

    @abstractmethod
    def _ask(self, client: docker.APIClient) -> Mapping[str, Seen]:
        """Raises as Docker's client does."""


class Mounts(FromDocker[bool]):
    """Whether a member can list what is in the mounts of data spaces, within a bounded time."""

    what = "answer of mounts"

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily(
            "cyberhubs_mount_answers", "1, or 0 where members cannot list it", labels=["mount"]
        )
        for mount, answers in self._seen.items():
            family.add_metric([mount], answers)
        return [family]

    def _ask(self, client: docker.APIClient) -> dict[str, bool]:
        sources = sorted({PurePosixPath(one.source) for one in self._hub.mounts if one.remote})
        # All of them by the folder that they are in, as the engine refuses one that does not answer.
        folder = Mount(_MOUNTS, str(sources[0].parent), "bind", read_only=True)
        with helper(client, self._hub, [folder], _no_look) as run:
            found = run("sh", "-c", _LOOK, "sh", *(f"{_MOUNTS}/{one.name}" for one in sources))
        answering = {PurePosixPath(line).name for line in found.splitlines()}
        return {one.name: one.name in answering for one in sources}


def _no_look(said: str) -> StartFailure:
    return StartFailure("mount", "The mounts could not be looked at.", said)


class Servers(FromDocker[tuple[float, float]]):
    """What members' servers take, by their users: bytes of memory, and seconds of processor since the start."""

    what = "figures of members' servers"

    def collect(self) -> Iterable[Metric]:
        memory = GaugeMetricFamily(
            "cyberhubs_server_memory_bytes", "Without cached files", labels=["user"]
        )
        cpu = CounterMetricFamily(
            "cyberhubs_server_cpu_seconds", "Since the server's start", labels=["user"]
        )
        for user, (taken, seconds) in self._seen.items():
            memory.add_metric([user], taken)
            cpu.add_metric([user], seconds)
        return memory, cpu

    def _ask(self, client: docker.APIClient) -> dict[str, tuple[float, float]]:
        labels = [f"{key}={value}" for key, value in self._hub.labels.items()]
        seen = {}
        for found in client.containers(filters={"label": labels}):
            try:
                stats = client.stats(found["Id"], stream=False, one_shot=True)
            except NotFound:  # it has just ended
                continue
            if used := stats["memory_stats"].get("usage"):  # else the engine has none
                files = stats["memory_stats"]["stats"]
                # Of a first-generation cgroup the plain figure leaves out what is below it.
                cached = files.get("total_inactive_file", files.get("inactive_file", 0))
                user = found["Names"][0].removeprefix(f"/{self._hub.container_prefix}")
                seconds = stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9
                seen[user] = (used - cached, seconds)
        return seen
