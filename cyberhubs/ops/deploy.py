"""Bringing a stack up, previewing it, taking it down."""

import shutil
import socket

from docker import DockerClient
from docker.errors import DockerException

from cyberhubs.names import ROLE, STACK
from cyberhubs.ops.problem import Problem
from cyberhubs.ops.recover import lost, remove_orphans, unlock
from cyberhubs.ops.stack import Stack

ROOM_NEEDED = 5 * 2**30  # bytes; the images take 2.0 GiB, and as much again while they are built


def engine() -> DockerClient:
    """This machine's Docker engine; raises Problem when none answers."""
    try:
        client = DockerClient(base_url="unix:///var/run/docker.sock")
        client.ping()
    except DockerException as error:
        raise Problem(
            "No Docker engine answers at /var/run/docker.sock: `make setup` starts one, or says why not."
        ) from error
    return client


def up(stack: Stack) -> None:
    settings = stack.settings
    client = engine()
    _check_port(client, stack, settings.tls.port)
    _check_room(client)
    stack.select()
    unlock(stack)
    resources = stack.resources()
    remove_orphans(client, stack.name, resources)
    # Pulumi compares with its state; with the machine only when told to.
    refresh = []
    if gone := lost(client, resources):
        print(f"No longer there, or stopped: {', '.join(gone)}. Making it as it was.")
        refresh = ["--refresh"]
    if stack.pulumi("up", "--stack", stack.name, "--yes", "--skip-preview", *refresh).returncode:
        raise Problem(
            "The update stopped: what failed is above. What was done stays; "
            f"mend it and run `make up STACK={stack.name}` again to go on."
        )
    print(f"\n{settings.title} is up: {settings.url}")
    print(
        f"Log in with any name that may enter and the password of `make password STACK={stack.name}`."
    )


def preview(stack: Stack) -> None:
    _ = stack.settings
    stack.select()
    if stack.pulumi("preview", "--stack", stack.name, "--diff").returncode:
        raise Problem("The preview failed: the reason is above. Nothing was changed.")


def down(stack: Stack) -> None:
    data = stack.settings.host.data.path
    if not stack.exists:
        print(f"Stack {stack.name} has never been up.")
        return
    unlock(stack)
    if stack.pulumi("destroy", "--stack", stack.name, "--yes", "--skip-preview").returncode:
        raise Problem(
            f"Not all could be removed: the reason is above. Run `make down STACK={stack.name}` again."
        )
    print(f"\nStack {stack.name} is down. Members' files stay in {data}/jupyterhub_users,")
    print(f"the hubs' databases and secrets in {data}/hubs; the next `make up` finds them.")


def _check_port(client: DockerClient, stack: Stack, port: int) -> None:
    """Refuses a port that is not free, unless it is ours."""
    ours = client.containers.list(filters={"label": [f"{STACK}={stack.name}", f"{ROLE}=proxy"]})
    if any(
        binding["HostPort"] == str(port)
        for container in ours
        for bindings in container.ports.values()
        for binding in bindings or ()
    ):
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Problem(
                f"Port {port} of 127.0.0.1 cannot be used ({error.strerror}): stop what uses it, "
                f"or set another under cyberhubs:tls in {stack.file.name}."
            ) from None


def _check_room(client: DockerClient) -> None:
    """Refuses to build into a disk that cannot hold it; with the images there, any room will do."""
    root = client.info()["DockerRootDir"]
    free = shutil.disk_usage(root).free
    if free < ROOM_NEEDED and not client.images.list(name="cyberhubs/corehub"):
        raise Problem(
            f"Docker's directory {root} has {free / 2**30:.1f} GiB left and building the images takes "
            f"up to {ROOM_NEEDED / 2**30:.0f}: free some (`docker system prune`), or move Docker's data-root."
        )
