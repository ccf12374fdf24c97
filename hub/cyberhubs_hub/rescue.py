"""A start on a full disk, or in a full home, so that its member can delete files: what a server writes for itself is in memory
then."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from docker.types import Mount

from cyberhubs_hub.shared.pruning import in_use

LEAST_BYTES = 16 * 2**20  # below these, the disk is full
LEAST_INODES = 100
NEARLY = 90  # percent, as the rule of monitoring/rules.yaml has it
# JupyterLab shows 140 characters.
FULL = (
    "The hub's disk is full: nothing can be saved. Delete what you no longer need, here or in a terminal, then stop this "
    "server and start it."
)
NEARLY_FULL = "The hub's disk is nearly full. Once it is, nobody can save anything: delete what you no longer need."
# Where `limits.disk` holds, each home has a size of its own.
HOME_FULL = (
    "Your home is full: nothing can be saved. Delete what you no longer need, here or in a terminal, then stop this server "
    "and start it."
)
HOME_NEARLY_FULL = (
    "Your home is nearly full. Once it is, nothing can be saved: delete what you no longer need."
)
_MEMORY = "/tmp"
_IN_MEMORY = {
    "TMPDIR": _MEMORY,
    "JUPYTER_CONFIG_DIR": f"{_MEMORY}/jupyter/config",
    "JUPYTER_RUNTIME_DIR": f"{_MEMORY}/jupyter/runtime",
    "JUPYTERLAB_SETTINGS_DIR": f"{_MEMORY}/jupyter/settings",
    "JUPYTERLAB_WORKSPACES_DIR": f"{_MEMORY}/jupyter/workspaces",
    "IPYTHONDIR": f"{_MEMORY}/ipython",
}


@dataclass(frozen=True)
class Disk:
    """What a member is to know of it, in a sentence, and what a server has that starts on it."""

    says: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()


def look(homes: Path, home: Path) -> Disk:
    """At the disk that members' `homes` are on, and at what one of them may take of it."""
    for directory, full in ((homes, FULL), (home, HOME_FULL)):
        if _is_full(directory):
            memory = Mount(_MEMORY, None, type="tmpfs", tmpfs_mode=0o1777)
            return Disk(full, _IN_MEMORY, (memory,))
    for directory, nearly in ((homes, NEARLY_FULL), (home, HOME_NEARLY_FULL)):
        if in_use(str(directory)) >= NEARLY:
            return Disk(nearly)
    return Disk()


def _is_full(directory: Path) -> bool:
    disk = os.statvfs(directory)
    inodes = disk.f_favail if disk.f_files else LEAST_INODES  # 0: nobody counts them
    return disk.f_bavail * disk.f_frsize < LEAST_BYTES or inodes < LEAST_INODES
