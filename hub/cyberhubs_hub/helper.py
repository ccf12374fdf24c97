"""A container of the hub's own for a moment: it sees folders of the host as they are now, where the hub's would have them as
they were when it was made, and may be given rights that the hub has not."""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from docker import APIClient
from docker.errors import APIError, NotFound
from docker.types import Mount

from cyberhubs_hub.failures import StartFailure
from cyberhubs_hub.shared.commands import output
from cyberhubs_hub.shared.config import HELPER, ROLE_LABEL, HubConfig
from cyberhubs_hub.why_ended import KILLED

Run = Callable[..., str]


def own_image(client: APIClient) -> str:
    """Id of the hub's, which an engine has for sure. Raises APIError."""
    return client.inspect_container(socket.gethostname())["Image"]


@contextmanager
def helper(
    client: APIClient,
    config: HubConfig,
    mounts: Sequence[Mount],
    failure: Callable[[str], StartFailure],
    *,
    user: str = "",
    at_most_s: int = 60,
    security: Sequence[str] = (),
    **rights: Any,
) -> Iterator[Run]:
    """Runs commands of the hub's image in it, without a network, as a member or as `user`. What runs there answers what it
    prints, or raises what `failure` makes of that. `rights`: more of docker-py's `create_host_config`."""
    made = client.create_container(
        own_image(client),
        ["sleep", str(at_most_s)],
        user=user or f"{config.uid}:{config.gid}",
        labels={**config.labels, ROLE_LABEL: HELPER},
        host_config=client.create_host_config(
            mounts=[*mounts],
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges", *security],
            network_mode="none",
            auto_remove=True,
            **rights,
        ),
    )["Id"]

    def run(*command: str) -> str:
        asked = client.exec_create(made, list(command))["Id"]
        said = output(client, asked)
        try:
            code = client.exec_inspect(asked)["ExitCode"]
        except NotFound:
            code = KILLED
        if code:
            ended = f"It was ended, after {at_most_s} s at the latest." if code == KILLED else ""
            raise failure(f"{said}{ended}")
        return said

    client.start(made)
    try:
        yield run
    finally:
        with suppress(APIError):  # it has ended by itself
            client.kill(made)
