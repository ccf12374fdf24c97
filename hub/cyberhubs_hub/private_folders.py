"""Members' own folders in private data spaces."""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from docker import APIClient
from docker.errors import APIError
from docker.types import Mount

from cyberhubs_hub.failures import StartFailure
from cyberhubs_hub.shared.config import HubConfig
from cyberhubs_hub.shared.config import Mount as Space

AT_MOST_S = 60
# A folder that is not empty is in nobody's place.
MOVE = '[ ! -e "$2/$0" ] || mv -T "$2/$0" "$2/$1"'

Run = Callable[..., str]


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


@contextmanager
def _inside(client: APIClient, config: HubConfig, spaces: Sequence[Space]) -> Iterator[Run]:
    """Runs commands in a container that has the spaces as they are on the host now: the hub's own would have them as
    they were when it was made. What runs there answers what it prints, or raises StartFailure."""
    made = client.create_container(
        client.inspect_container(socket.gethostname())["Image"],
        ["sleep", str(AT_MOST_S)],
        user=f"{config.uid}:{config.gid}",
        labels=dict(config.labels),
        host_config=client.create_host_config(
            mounts=[Mount(space.target, space.source, "bind") for space in spaces],
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            network_mode="none",
            auto_remove=True,
        ),
    )["Id"]

    def run(*command: str) -> str:
        asked = client.exec_create(made, list(command))["Id"]
        said = client.exec_start(asked).decode(errors="replace")
        if client.exec_inspect(asked)["ExitCode"]:
            sentence = "Your folder in a data space cannot be reached. Tell the hub's operator."
            raise StartFailure("space", sentence, said)
        return said

    client.start(made)
    try:
        yield run
    finally:
        with suppress(APIError):  # it has ended by itself
            client.kill(made)
