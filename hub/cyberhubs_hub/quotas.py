"""`limits.disk`: how much a member's home may take, and what their server keeps outside of it. A home of which it holds shows
it as the size of its file system, so that it is only set where it is another, and an ordinary start asks nothing else."""

import asyncio
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from docker import APIClient
from docker.errors import APIError, DockerException, NotFound
from docker.types import Mount

from cyberhubs_hub.container_options import environment
from cyberhubs_hub.failures import StartFailure
from cyberhubs_hub.helper import helper, own_image
from cyberhubs_hub.homes import home_in, home_paths, unstarted
from cyberhubs_hub.shared.config import HubConfig
from cyberhubs_hub.start_progress import StartProgress

KEEP_PROJECT = "/usr/local/lib/cyberhubs/keep-project.py"  # found there whatever the image
AT_MOST_S = 240  # of a start's time, for a home of very many files that is new here; the next start goes on with it
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # Docker's
# The event loop's own threads are for what ends soon.
_FEW = ThreadPoolExecutor(2, "limit")
_HOMES = "/homes"
_RIGHTS = ["SYS_ADMIN", "FOWNER", "DAC_READ_SEARCH"]


class LimitedHome(StartProgress):
    """Of a spawner."""

    hub_config: ClassVar[HubConfig]
    users_dir: ClassVar[Path]

    _without: ClassVar[set[str]] = set()  # homes of which no limit of this program's is left

    client: Any
    extra_create_kwargs: Any
    extra_host_config: Any
    log: Any

    async def limit_home(self, home: str) -> None:
        """Raises StartFailure or DockerException, if there is to be a limit."""
        config, users = self.hub_config, self.users_dir
        if home in self._without or _holds(config, users, home):
            return
        self.begin(10, "Measuring your home")
        setting = partial(_limit, self.client, config, users, home)
        try:
            await asyncio.get_running_loop().run_in_executor(_FEW, setting)
        except (StartFailure, DockerException) as error:
            if config.limits.disk_bytes:
                raise
            self.log.warning("%s shows the limit of before: %s", home, error)
        if not config.limits.disk_bytes:
            self._without.add(home)  # what it shows is somebody else's doing

    async def limit_layer(self) -> None:
        """Has what the container that is to be made keeps outside of the home be no more than a home may be, where the engine
        can. Raises APIError."""
        most = self.hub_config.limits.disk_bytes
        if most and await asyncio.to_thread(_limits_layers, self.client):
            sized = {"storage_opt": {"size": str(most)}}
            self.extra_host_config = {**self.extra_host_config, **sized}

    def keeping_project(self) -> list[Mount]:
        path = self.hub_config.keep_project_path
        return [Mount(KEEP_PROJECT, path, "bind", read_only=True)] if path else []

    async def keep_project(self, image: Mapping[str, Any]) -> None:
        """Has the container that is to be made start so that nothing in it can evade a limit; `image` as Docker inspects
        it. Raises StartFailure or APIError."""
        if not self.hub_config.keep_project_path:
            return
        python = await asyncio.to_thread(_python_of, self.client, image["Id"])
        own = image["Config"].get("Entrypoint") or []
        kept = {
            "entrypoint": [python, "-IS", KEEP_PROJECT, *own],
            "healthcheck": {"test": ["NONE"]},  # the engine would run it without the filter
        }
        self.extra_create_kwargs = {**self.extra_create_kwargs, **kept}


def _holds(config: HubConfig, users: Path, home: str) -> bool:
    """Whether the home has its limit, or, where that is none or more than there is, none."""
    disk, block = _size(users)
    most = config.limits.disk_bytes or disk
    return _size(users / home)[0] == min(most // block * block, disk)


def _size(directory: Path) -> tuple[int, int]:
    """Of the directory's file system, and of one of its blocks, in bytes."""
    of = os.statvfs(directory)
    return of.f_blocks * of.f_frsize, of.f_frsize


def _limit(client: APIClient, config: HubConfig, users: Path, home: str) -> None:
    """In a container that may do it, as the hub's may not. Docker's filter for calls of Linux may be older than this one."""
    program = ["python3", "-m", "cyberhubs_hub.set_project_quota"]
    most = config.limits.disk_bytes or 0
    if most >= _size(users)[0]:
        most = 0
    with helper(
        client,
        config,
        [Mount(_HOMES, config.homes_path, "bind")],
        _failure,
        user="0:0",
        at_most_s=AT_MOST_S,
        security=["seccomp=unconfined"],
        cap_add=_RIGHTS,
    ) as run:
        run(*program, f"{_HOMES}/{home}", str(most))
    if config.limits.disk_bytes and not _holds(config, users, home):
        raise _failure(f"{users / home} does not show it: are project quotas turned off?")


@lru_cache(maxsize=1)
def _limits_layers(client: APIClient) -> bool:
    """Whether the engine can: with the storage driver overlay2, on an xfs with project quotas. Nothing but a try says so.
    Raises APIError."""
    sized = client.create_host_config(storage_opt={"size": "1m"})
    try:
        with unstarted(client, own_image(client), host_config=sized):
            return True
    except APIError as error:
        if "storage-opt" not in str(error):
            raise
        return False


def _failure(said: str) -> StartFailure:
    return StartFailure(
        "quota",
        "Your home could not be given its part of the disk. Your files are safe. Start it again, as it may have very many "
        "files; if that does not help, tell the hub's operator.",
        said,
    )


@lru_cache(maxsize=64)  # an id is always the same image
def _python_of(client: APIClient, image: str) -> str:
    """Path of the Python that an image has, which is nothing that a member has put in its place. Raises StartFailure or
    APIError."""
    about = client.inspect_image(image)
    homes = home_paths(home_in(about))
    with unstarted(client, image) as made:
        for directory in environment(about).get("PATH", DEFAULT_PATH).split(":"):
            path = PurePosixPath(directory, "python3")
            with suppress(NotFound):
                chunks, found = client.get_archive(made, str(path))
                chunks.close()
                leads_to = (path, PurePosixPath(found["linkTarget"] or path))
                if path.is_absolute() and not any(
                    one.is_relative_to(home) for one in leads_to for home in homes
                ):
                    return str(path)
    raise StartFailure(
        "image",
        "This application cannot start on a hub that limits members' disk. Tell the hub's operator.",
        f"Its image has no python3 on its PATH outside of {' and '.join(homes)}.",
    )
