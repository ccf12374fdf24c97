"""A start on a full disk, so that its member can delete files: what a server writes for itself is in memory then."""

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


def look(directory: Path) -> Disk:
    """At the disk that `directory` is on."""
    disk = os.statvfs(directory)
    inodes = disk.f_favail if disk.f_files else LEAST_INODES  # 0: nobody counts them
    if disk.f_bavail * disk.f_frsize < LEAST_BYTES or inodes < LEAST_INODES:
        memory = Mount(_MEMORY, None, type="tmpfs", tmpfs_mode=0o1777)
        return Disk(FULL, _IN_MEMORY, (memory,))
    return Disk(NEARLY_FULL if in_use(str(directory)) >= NEARLY else "")
