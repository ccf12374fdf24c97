"""Where state and machine have parted: after an update that was killed, or a hand on the engine."""

import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from docker import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container

from cyberhubs.install.process import runs
from cyberhubs.names import ROLE, STACK
from cyberhubs.ops.problem import Problem
from cyberhubs.ops.stack import Stack

OWN = ("hub", "proxy", "door")  # the roles of containers that Pulumi makes
Resources = list[dict[str, Any]]  # as `Stack.resources` answers


def unlock(stack: Stack) -> None:
    """Drops the lock of an update of this machine whose process is gone (file backends only)."""
    for lock in _locks(stack):
        held = json.loads(lock.read_text() or "{}")
        if held.get("hostname") != socket.gethostname() or runs(held.get("pid", 0), "pulumi"):
            continue
        print(f"An earlier update of stack {stack.name} was killed; dropping its lock.")
        stack.ask("cancel", "--yes")


def remove_orphans(client: DockerClient, stack: Stack, resources: Resources) -> None:
    """Removes containers and networks that a killed update made but could not write down.

    Only those with this stack's label and data that its state does not know; never members'
    servers. Raises Problem for those of somebody else's stack of the same name.
    """
    known = {resource.get("id") for resource in resources}
    orphans = [found for found in _containers(client, stack) if found.id not in known]
    for container in orphans:
        if not _uses(container, Path(stack.settings.host.data_path)):
            raise Problem(
                f"{container.name} is of another stack named {stack.name} on this machine, with "
                f"other data than {stack.settings.host.data_path}: give yours another name, or "
                "take the other one down where it was made."
            )
    for container in orphans:
        print(f"Removing {container.name}, left by an update that was killed.")
        container.remove(force=True)
    for network in client.networks.list(filters={"label": f"{STACK}={stack.name}"}, greedy=True):
        if network.id not in known and not network.attrs["Containers"]:
            print(f"Removing network {network.name}, left by an update that was killed.")
            network.remove()


def _uses(container: Container, data: Path) -> bool:
    """Whether anything of the data folder is mounted in it."""
    sources = [Path(mount["Source"]) for mount in container.attrs["Mounts"] if "Source" in mount]
    return any(source.is_relative_to(data) for source in sources)


def lost(client: DockerClient, resources: Resources) -> list[str]:
    """Names of the containers and networks that the state holds and the engine no longer has, or no
    longer runs."""
    found = {
        "docker:index/container:Container": client.containers.get,
        "docker:index/network:Network": client.networks.get,
    }
    names = []
    for resource in resources:
        get = found.get(resource["type"])
        if get is None or not resource.get("id"):
            continue
        try:
            there = get(resource["id"])
        except NotFound:
            names.append(resource["outputs"]["name"])
            continue
        if isinstance(there, Container) and there.status in ("exited", "created"):
            names.append(resource["outputs"]["name"])
    return names


def lost_images(client: DockerClient, resources: Resources) -> list[str]:
    """URNs of what built an image that the engine no longer has."""
    urns = []
    for resource in resources:
        image = resource.get("outputs", {}).get("stdout")
        if "::images-" not in resource["urn"] or not image:
            continue
        try:
            client.images.get(image)
        except NotFound:
            urns.append(resource["urn"])
    return urns


def go_on(client: DockerClient, stack: Stack) -> None:
    """Has the stack's own containers that somebody paused go on."""
    for container in _containers(client, stack):
        if container.status == "paused":
            print(f"{container.name} is paused: going on with it.")
            container.unpause()


def _containers(client: DockerClient, stack: Stack) -> list[Container]:
    """Those with the stack's label, but for members' servers."""
    label = f"{STACK}={stack.name}"
    found = client.containers.list(all=True, ignore_removed=True, filters={"label": label})
    return [container for container in found if container.labels.get(ROLE) in OWN]


def _locks(stack: Stack) -> list[Path]:
    backend = urlparse(json.loads(stack.pulumi("whoami", "--json", capture=True).stdout)["url"])
    if backend.scheme != "file":
        return []
    locks = Path(backend.path.replace("~", str(Path.home()), 1)) / ".pulumi" / "locks"
    return sorted(locks.glob(f"**/{stack.name}/*.json"))
