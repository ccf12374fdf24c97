"""Bringing a stack up, previewing it, taking it down."""

import shutil
import socket

from docker import DockerClient

from cyberhubs.names import ROLE, STACK
from cyberhubs.ops.door import dns
from cyberhubs.ops.engine import engine
from cyberhubs.ops.problem import Problem
from cyberhubs.ops.recover import lost, remove_orphans, unlock
from cyberhubs.ops.stack import Stack

ROOM_NEEDED = 5 * 2**30  # bytes; the images take 2.0 GiB, and as much again while they are built


def up(stack: Stack) -> None:
    settings = stack.settings
    client = engine()
    _check_ports(client, stack)
    _check_room(client)
    stack.select()
    unlock(stack)
    resources = stack.resources()
    remove_orphans(client, stack, resources)
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
    print(f"\nCyberhubs is up: {settings.url}")
    for hub in settings.hubs:
        print(f"  {hub.title}: {settings.hub_url(hub)}")
    if any(hub.login.kind == "password" for hub in settings.hubs):
        print(
            "Log in with any name that may enter and the password of "
            f"`make password STACK={stack.name}`."
        )
    if points := dns(settings):
        print(f"DNS: {points}.")


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


def _check_ports(client: DockerClient, stack: Stack) -> None:
    """Refuses a port that is not free, unless it is ours."""
    tls = stack.settings.tls
    doors = client.containers.list(filters={"label": [f"{STACK}={stack.name}", f"{ROLE}=door"]})
    ours = {
        binding["HostPort"]
        for container in doors
        for bindings in container.ports.values()
        for binding in bindings or ()
    }
    for port in tls.ports:
        if str(port) in ours:
            continue
        family = socket.AF_INET6 if ":" in tls.listen else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((tls.listen, port))
            except PermissionError:
                pass  # a low port, which the engine may use and this user may not
            except OSError as error:
                raise Problem(
                    f"Port {port} of {tls.listen} cannot be used ({error.strerror}): stop what "
                    f"uses it, or set another under cyberhubs:tls in {stack.file.name}."
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
