"""Containers and networks of a stack that its state does not know: an update that was killed could not write them
down, or the state was lost or is older than they are."""

from pathlib import Path

from docker import DockerClient
from docker.models.containers import Container

from cyberhubs.errors import UserError
from cyberhubs.names import HUB, ROLE, STACK, DoorNames, HubNames
from cyberhubs.ops.engine import OWN, containers_of
from cyberhubs.ops.stack import Resource, Stack, name_of

HUB_COMPONENT = "cyberhubs:hub:Hub"


def remove_containers(client: DockerClient, stack: Stack, resources: list[Resource]) -> None:
    """They are made anew, of images that are there before."""
    if not (found := _containers(client, stack, resources)):
        return
    _make_images(stack)
    for container in found:
        print(f"Removing {container.name}, which the stack's state does not know.")
        container.remove(force=True)


def remove_networks(client: DockerClient, stack: Stack, resources: list[Resource]) -> None:
    """By the stack's label or names; they are made anew. Members' servers on them go on, and their hub puts them on
    the new one."""
    known = {resource.get("id") for resource in resources}
    names = {HubNames(stack.name, hub.name).network for hub in stack.settings.hubs}
    names.add(DoorNames(stack.name).network)
    for network in client.networks.list():
        labels = network.attrs["Labels"] or {}
        ours = labels.get(STACK) == stack.name or network.name in names
        if not ours or network.id in known:
            continue
        network.reload()  # with what is on it
        print(
            f"Removing network {network.name}, which the stack's state does not know.", flush=True
        )
        for server in network.attrs["Containers"]:
            network.disconnect(server, force=True)
        network.remove()


def _uses(container: Container, data: Path) -> bool:
    """Whether anything of the data folder is mounted in it."""
    sources = [Path(mount["Source"]) for mount in container.attrs["Mounts"] if "Source" in mount]
    return any(source.is_relative_to(data) for source in sources)


def _containers(client: DockerClient, stack: Stack, resources: list[Resource]) -> list[Container]:
    """Members' servers are among them only if they are of a hub that neither stack file nor state has. Raises
    UserError for those of somebody else's stack of the same name."""
    known = {resource.get("id") for resource in resources}
    hubs = {hub.name for hub in stack.settings.hubs}
    hubs |= {name_of(one) for one in resources if one["type"] == HUB_COMPONENT}
    found = [
        container
        for container in containers_of(client, stack.name)
        if container.id not in known
        and (container.labels.get(ROLE) in OWN or container.labels.get(HUB) not in hubs)
    ]
    for container in found:
        if not _uses(container, Path(stack.settings.host.data_path)):
            raise UserError(
                f"{container.name} is of another stack named {stack.name} on this machine, with "
                f"other data than {stack.settings.host.data_path}: give yours another name, or "
                "take the other one down where it was made."
            )
    return found


def _make_images(stack: Stack) -> None:
    """Before what runs is removed: images may take minutes, and fail."""
    targets = [
        word
        for name in ("host", "images")
        for of in ("", "-*")
        for word in ("--target", f"**::{name}{of}")
    ]
    print("The stack's state does not know what runs. Its images first, while it does.")
    if not stack.update("up", *targets):
        raise UserError(
            "The images could not be made: the reason is above. What runs was left alone."
        )
