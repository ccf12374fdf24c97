"""What a member's container is made with, and how the hub knows it again."""

import math
import os
import resource
from collections.abc import Mapping
from typing import Any

from docker.types import LogConfig, Ulimit

from cyberhubs_hub.shared.config import MACHINE_LABEL, MACHINE_VARIABLE, HubConfig

ROLE = {"cyberhubs.role": "user"}
TOKEN = "JUPYTERHUB_API_TOKEN"
FIRST_TO_END = (
    500  # where the whole machine is out of memory: before hub, proxy and door, which have 0
)
MOST_FILES = 64000
THREADS = (
    "PYTHON_CPU_COUNT",  # since Python 3.13
    "OMP_NUM_THREADS",  # most others go by it, too: PyTorch, BLIS, R
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def host_options(config: HubConfig) -> dict[str, Any]:
    """Limits and options of every user server's container."""
    slice_ = {"cgroup_parent": config.members_slice} if config.members_slice else {}
    return slice_ | {
        "auto_remove": False,  # see upstream.py
        "memswap_limit": config.limits.memory_bytes,  # no swap on top of the memory
        "shm_size": config.limits.memory_bytes,  # what is in /dev/shm counts as memory
        "oom_score_adj": FIRST_TO_END,
        "pids_limit": config.limits.pids,
        "group_add": config.groups,
        "ulimits": [Ulimit(name="nofile", soft=_files(), hard=_files())],
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "init": not config.keep_project_path,  # which does what it does
        "log_config": LogConfig(type="json-file", config={"max-size": "1m", "max-file": "2"}),
    }


def _files() -> int:
    """How many files a server may open: an engine's own limit may be 1024, or so many that programs which close each
    number before they start another take minutes. No more than the engine has given to the hub."""
    _, given = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_FILES if given == resource.RLIM_INFINITY else min(MOST_FILES, given)


def container_options(config: HubConfig) -> dict[str, Any]:
    """The user and labels of a user server's container."""
    machine = os.environ.get(MACHINE_VARIABLE)
    of_machine = {MACHINE_LABEL: machine} if machine else {}
    return {
        "user": f"{config.uid}:{config.gid}",
        "labels": {**config.labels, **of_machine, **ROLE},
    }


def threads(config: HubConfig, image: Mapping[str, Any]) -> dict[str, str]:
    """The environment by which libraries start as many threads as the server has processors, and not
    the machine: what the image sets itself, as Docker inspects it, is left out."""
    count = min(math.ceil(config.limits.cpus), os.cpu_count() or 1)
    own = {entry.partition("=")[0] for entry in image["Config"].get("Env") or []}
    return {name: str(count) for name in THREADS if name not in own}


def arguments(config: HubConfig, disk: str, left_out: str, *, says_killed: bool) -> list[str]:
    """For a server: how large a message to a kernel may be, as of a file for a widget; tornado's own
    limit is 10 MB. Several copies of it are held for a moment, so it is an eighth of the memory. On
    a slow line it may take minutes, in which a browser cannot answer pings.

    What its pages are to say, for notices.js; `disk`: of the disk; `left_out`: of what this start does without;
    `says_killed`: its image says itself that a kernel was killed. And what is deleted is gone, as no page shows a trash or empties it.
    """
    says = {
        "openTabMinutes": config.open_tab_timeout_s // 60,
        "disk": disk,
        "leftOut": left_out,
        "killed": "" if says_killed else f"{config.prefix}hub/killed",
    }
    settings = {
        "websocket_max_message_size": config.limits.memory_bytes // 8,
        "ws_ping_timeout": 10 * 60 * 1000,
        "page_config_data": {"cyberhubs": says},
    }
    return [
        f"--ServerApp.tornado_settings={settings}",
        "--FileContentsManager.delete_to_trash=False",
        # What a home takes of its limit, beside the memory at the bottom of the page.
        *(["--ResourceUseDisplay.track_disk_usage=True"] if config.limits.disk_bytes else []),
    ]


def is_of_hub(container: Mapping[str, Any], config: HubConfig) -> bool:
    """Whether it is a server's that this hub made, at some time; `container` as Docker inspects it."""
    labels = container["Config"].get("Labels") or {}
    return {**config.labels, **ROLE}.items() <= labels.items()


def environment(inspected: Mapping[str, Any]) -> dict[str, str]:
    """Of a container or an image, as Docker inspects it."""
    return dict(one.partition("=")[::2] for one in inspected["Config"].get("Env") or [])


def token_of(container: Mapping[str, Any]) -> str | None:
    """By which the server in it is known to its hub."""
    return environment(container).get(TOKEN)
