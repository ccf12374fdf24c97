"""Rules about what a stack has in a cloud, and who reaches its machine."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network

from cyberhubs.changes.machine import ssh_of
from cyberhubs.changes.resource import Resource
from cyberhubs.resource_types import ADDRESS, SECURITY_RULE, VOLUME

LASTING = {VOLUME: "the volume with all data", ADDRESS: "the public address"}


def data_protected(resources: Sequence[Resource]) -> Iterator[str]:
    for resource in resources:
        if resource.type in LASTING and not resource.protect:
            yield f"{resource.name}, {LASTING[resource.type]}, is not protected"


def ssh_restricted(resources: Sequence[Resource]) -> Iterator[str]:
    ports = {22}
    for resource in resources:
        if ssh := ssh_of(resource):
            port, sources = ssh
            ports.add(port)
            if not sources or any(map(_is_everywhere, sources.split(","))):
                yield _open(port)
    for resource in resources:
        inputs = resource.inputs
        if resource.type != SECURITY_RULE or inputs.get("direction") != "ingress":
            continue
        first, last = (int(inputs.get(key) or 0) for key in ("portRangeMin", "portRangeMax"))
        if _is_everywhere(inputs.get("remoteIpPrefix") or "0.0.0.0/0"):
            yield from (_open(port) for port in sorted(ports) if first <= port <= (last or 65535))


def _open(port: int) -> str:
    return f"ssh (port {port}) is answered to everybody"


def _is_everywhere(network: str) -> bool:
    try:
        return ip_network(network).prefixlen == 0
    except ValueError:  # known once its source has been made
        return False
