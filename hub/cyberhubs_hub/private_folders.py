"""Members' own folders in private data spaces."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from docker import APIClient
from docker.types import Mount

from cyberhubs_hub.failures import StartFailure
from cyberhubs_hub.helper import Run, helper
from cyberhubs_hub.shared.config import HubConfig
from cyberhubs_hub.shared.config import Mount as Space

# A folder that is not empty is in nobody's place.
MOVE = '[ ! -e "$2/$0" ] || mv -T "$2/$0" "$2/$1"'


def private(config: HubConfig) -> list[Space]:
    return [space for space in config.mounts if space.access == "private"]


def make_folders(
    client: APIClient, config: HubConfig, name: str, check: Callable[[str, str], None]
) -> None:
    """Those of a member's that are not there yet, after a `check` of what the container has: of the folder "", and its
    mountinfo. Raises StartFailure or DockerException."""
    spaces = private(config)
    with _inside(client, config, spaces) as run:
        check("", run("cat", "/proc/self/mountinfo"))
        run("mkdir", "-pm", "0700", *(f"{space.target}/{name}" for space in spaces))


def move_folders(client: APIClient, config: HubConfig, old: str, new: str) -> None:
    """What was `old`'s is `new`'s, who has nothing there. Raises as `make_folders`, and may be repeated."""
    if spaces := private(config):
        with _inside(client, config, spaces) as run:
            for space in spaces:
                run("sh", "-ec", MOVE, old, new, space.target)


def _inside(
    client: APIClient, config: HubConfig, spaces: Sequence[Space]
) -> AbstractContextManager[Run]:
    mounts = [Mount(space.target, space.source, "bind") for space in spaces]
    return helper(client, config, mounts, _failure)


def _failure(said: str) -> StartFailure:
    sentence = "Your folder in a data space cannot be reached. Tell the hub's operator."
    return StartFailure("space", sentence, said)
