"""What several rules ask of a stack."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from cyberhubs.changes.resource import Resource
from cyberhubs.resource_types import CONTAINER

LOCAL = "cyberhubs:host:Local"


def containers(resources: Sequence[Resource]) -> Iterator[Resource]:
    return (resource for resource in resources if resource.type == CONTAINER)


def open_ports(resources: Sequence[Resource]) -> list[str]:
    """Where containers listen for others than their own machine."""
    return [
        f"{port.get('ip') or '0.0.0.0'}:{int(port.get('external') or 0)}"
        for container in containers(resources)
        for port in container.inputs.get("ports") or ()
        if not _is_loopback(port.get("ip") or "0.0.0.0")
    ]


def in_production(resources: Sequence[Resource]) -> bool:
    """Every stack but one of kind local that its own machine alone reaches."""
    local = any(resource.type == LOCAL for resource in resources)
    return not local or bool(open_ports(resources))


def _is_loopback(ip: str) -> bool:
    try:
        return ip_address(ip).is_loopback
    except ValueError:
        return False
