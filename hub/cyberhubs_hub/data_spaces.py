"""Data spaces: folders of the host, as members' containers see them."""

import asyncio
import logging
import os
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from docker import APIClient
from docker.errors import APIError
from docker.types import Mount
from docker.utils import version_lt

from cyberhubs_hub.failures import NO_SOURCE, StartFailure
from cyberhubs_hub.live import LiveFile
from cyberhubs_hub.private_folders import make_folders, private
from cyberhubs_hub.shared.config import HubConfig
from cyberhubs_hub.shared.config import Mount as Space

READ_ONLY_BELOW = (
    "1.44"  # of Docker's API: from then on, what is mounted below can be read-only too
)
KERNEL = (5, 12)  # and from this Linux on
# As Docker says it of a host whose mounts are private, where systemd is not its first process.
NOT_FOLLOWED = "is mounted on .* but it is not a shared or slave mount"

AWAY_S = 30  # for which nobody's start asks what did not answer, as that may take 20 s each time

MOUNTINFO = ["/bin/cat", "/proc/self/mountinfo"]  # and no `cat` of a member's

log = logging.getLogger("jupyterhub.data_spaces")

T = TypeVar("T")
Sources = frozenset[str]


def parse_record(text: str) -> Sources:
    """`live/spaces`, which `up` writes, as the sources that were mount points then."""
    lines = [line.partition(" ") for line in text.splitlines()]
    return frozenset(source for state, _, source in lines if state == "mounted")


class Spaces:
    """Those of a hub. `mounted`: the sources that are to be mount points."""

    def __init__(self, hub: HubConfig, mounted: LiveFile[Sources]) -> None:
        self._hub, self._mounted = hub, mounted
        self._alone: set[str] = set()  # sources of which the engine has refused it
        # Remote sources that do not answer, for all, or are not there, for a member's start; and until when.
        self._away: dict[tuple[str, str], float] = {}

    def binds(self, folder: str, api: str) -> list[Mount]:
        """`folder`: the member's own, in private spaces. `api`: version of the engine's API.

        What the host mounts below a space that may be changed is seen at once. Below a read-only one it would come
        writable: there it is seen, read-only, from the next start on; and where engine or kernel leave it writable
        even so, not at all.
        """
        mounts = []
        for space in self._there(folder):
            if space.access == "read-only":
                mount = Mount(space.target, space.source, "bind", True, propagation="rprivate")
                old = version_lt(api, READ_ONLY_BELOW) or _kernel() < KERNEL
                mount["BindOptions"]["NonRecursive" if old else "ReadOnlyForceRecursive"] = True
            else:
                source = f"{space.source}/{folder}" if space.access == "private" else space.source
                propagation = "rprivate" if space.source in self._alone else "rslave"
                mount = Mount(space.target, source, "bind", propagation=propagation)
            mounts.append(mount)
        return mounts

    async def started(self, start: Callable[[], Awaitable[T]], client: APIClient, folder: str) -> T:
        """What `start` answers: again, where what the engine refused of these could be put right. Raises as it does."""
        for _ in (*self._hub.mounts, "and a folder that is not there yet"):
            try:
                return await start()
            except APIError as error:
                if not await asyncio.to_thread(self._make_way, client, folder, str(error)):
                    raise
        return await start()

    def _make_way(self, client: APIClient, folder: str, refused: str) -> bool:
        for space in self._hub.mounts:
            path = rf"path {re.escape(space.source)}(/\S+)? {NOT_FOLLOWED}"
            if space.source not in self._alone and re.search(path, refused):
                self._alone.add(space.source)
                return True
        if self._do_without(refused, folder):
            return True
        if NO_SOURCE in refused and private(self._hub):
            there = replace(self._hub, mounts=tuple(self._there(folder)))
            try:
                make_folders(client, there, folder, self.check_mounted)
            except APIError as error:
                return self._do_without(str(error), folder)
            return True
        return False

    def _do_without(self, refused: str, folder: str) -> bool:
        """Whether the engine refused a space because a remote one does not answer: servers start without that one."""
        absent = NO_SOURCE in refused
        for space in self._there(folder):
            if space.remote and re.search(rf"{re.escape(space.source)}(?![\w-])", refused):
                if absent and f"{space.source}/{folder}" in refused:
                    return False  # it is yet to be made
                log.warning("Servers start without %s: %s", space.target, refused)
                whose = folder if absent else ""
                self._away[space.source, whose] = time.monotonic() + AWAY_S
                return True
        return False

    def _there(self, folder: str) -> list[Space]:
        now = time.monotonic()
        return [
            one
            for one in self._hub.mounts
            if all(self._away.get((one.source, whose), 0) < now for whose in ("", folder))
        ]

    def without(self, folder: str) -> str:
        """For the page of a start: what members do not see now; empty if that is nothing."""
        there = self._there(folder)
        missing = ", ".join(space.target for space in self._hub.mounts if space not in there)
        return missing and f", without {missing}, whose files are on a machine that does not answer"

    @property
    def have_mounts(self) -> bool:
        """Whether any of them is to be a mount point."""
        sources = {space.source for space in self._hub.mounts}
        return bool(sources) and not sources.isdisjoint(self._sources)

    def check_mounted(self, folder: str, mountinfo: str) -> None:
        """Raises StartFailure for one that is to be a mount point of the host, and is none now.

        `mountinfo`: MOUNTINFO of a container that has them; `folder`: what it has of the private ones, empty for one
        that has nothing but these, all of them. A folder of the host's own file system has its path in the fourth
        field, what is mounted has "/", or the name of a subvolume.
        """
        lines = [_unescaped(line.split(" ")) for line in mountinfo.splitlines()]
        roots = {fields[4]: fields[3] for fields in lines}
        for space in self._hub.mounts if folder else private(self._hub):
            root = roots.get(space.target, "")
            if space.access == "private" and folder and root:
                root = root.removesuffix(f"/{folder}") or "/"
            if space.source in self._sources and root != "/" and space.source.endswith(root):
                raise StartFailure(
                    "share",
                    f"The data for {space.target} is not mounted on the hub's machine. Your files are safe. Ask the "
                    "hub's operator, then try again.",
                    f"{space.source} was a mount point when `make up` saw it, and is none now",
                )

    @property
    def _sources(self) -> Sources:
        return self._mounted.refresh().value or frozenset()


def _kernel() -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))


def _unescaped(fields: Iterable[str]) -> list[str]:
    return [re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), field) for field in fields]
