"""Rules about containers, and the images that they are made of."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from cyberhubs.changes.hubs import IMAGE, hubs_of
from cyberhubs.changes.resource import UNKNOWN, Resource
from cyberhubs.images import commands
from cyberhubs.machine.machine import SOCKET
from cyberhubs.machine.steps import SOCKET_DIRECTORY
from cyberhubs.names import ROLE
from cyberhubs.pins import BASE_IMAGE, CADDY_IMAGE
from policy.stack import containers, in_production

FOR_HUBS = (SOCKET, SOCKET_DIRECTORY)
ENGINE = (*FOR_HUBS, "/run/docker.sock", "/run/containerd/containerd.sock")
# No registry has these: they are on an engine once `install` has put them there, and are not looked for again.
OURS = (*(f"{image.partition(':')[0]}:" for image in (BASE_IMAGE, CADDY_IMAGE)), "cyberhubs/")
FIXED = re.compile(r"(.+@)?sha256:[0-9a-f]{64}")
ROOT = ("", "0", "root")


def images_pinned(resources: Sequence[Resource]) -> Iterator[str]:
    if not in_production(resources):
        return
    for container in containers(resources):
        image = container.inputs.get("image", UNKNOWN)
        if image != UNKNOWN and not FIXED.fullmatch(image):
            yield f"{container.name} runs {image}, a tag that may move"
    for resource in resources:
        for image in _built_from(resource):
            if not image.startswith(OURS) and not FIXED.fullmatch(image):
                yield f"images come from {image}, a tag that may move"


def _built_from(resource: Resource) -> Iterator[str]:
    """Images that the build of one begins with or copies from, or that is pulled or held."""
    if not (resource.custom and resource.name.startswith(IMAGE)):
        return
    if image := commands.pulled(resource.inputs) or commands.held(resource.inputs):
        yield image
    yield from commands.taken(resource.inputs)


def socket_for_hubs_only(resources: Sequence[Resource]) -> Iterator[str]:
    for container in containers(resources):
        labels = {
            label.get("label"): label.get("value") for label in container.inputs.get("labels") or ()
        }
        named = FOR_HUBS if labels.get(ROLE) == "hub" else ()
        for mount in container.inputs.get("mounts") or ():
            source = mount.get("source") or ""
            if source not in named and _leads_to_engine(source):
                yield f"{container.name} has {source}, and with it the Docker engine"
    for name, hub in hubs_of(resources).items():
        for mount in hub.config.get("mounts", ()):
            if _leads_to_engine(mount["source"]):
                yield f"members' servers of {name} have {mount['source']}, and with it the Docker engine"


def _leads_to_engine(source: str) -> bool:
    path = PurePosixPath(source)
    return path.name == "docker.sock" or any(
        path.is_relative_to(engine) or PurePosixPath(engine).is_relative_to(path)
        for engine in ENGINE
    )


def containers_unprivileged(resources: Sequence[Resource]) -> Iterator[str]:
    for container in containers(resources):
        yield from (f"{container.name} {right}" for right in _rights(container.inputs))


def _rights(inputs: Mapping[str, Any]) -> Iterator[str]:
    if inputs.get("privileged"):
        yield "is privileged"
    capabilities = inputs.get("capabilities") or {}
    if added := capabilities.get("adds"):
        yield f"has the capability {', '.join(added)}"
    if "ALL" not in (capabilities.get("drops") or ()):
        yield "keeps the capabilities that Docker gives (drops: ALL)"
    yield from (
        f"shares the machine's {key.removesuffix('Mode')} namespace"
        for key, value in sorted(inputs.items())
        if key.endswith("Mode") and value == "host"
    )
    if inputs.get("devices") or inputs.get("gpus"):
        yield "has devices of the machine"
    options = [str(option) for option in inputs.get("securityOpts") or ()]
    if not {"no-new-privileges", "no-new-privileges:true"} & {*options}:
        yield "may gain rights (no-new-privileges)"
    if loose := [option for option in options if re.search("unconfined|disable", option)]:
        yield f"is without a confinement of the kernel's ({', '.join(loose)})"
    if not inputs.get("readOnly"):
        yield "has a root file system that it may write to"
    if str(inputs.get("user") or "").partition(":")[0] in ROOT:
        yield "runs as root"
