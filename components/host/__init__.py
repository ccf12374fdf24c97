"""The machine that carries the hubs."""

from components.host.host import Host
from components.host.local import LocalHost
from components.host.openstack import OpenStackHost
from components.host.ssh import SshHost
from cyberhubs.settings import Settings

__all__ = ["Host", "LocalHost", "OpenStackHost", "SshHost", "make_host"]

KINDS: dict[str, type[LocalHost | OpenStackHost | SshHost]] = {
    "local": LocalHost,
    "ssh": SshHost,
    "openstack": OpenStackHost,
}


def make_host(name: str, settings: Settings) -> Host:
    """The host of the kind that the stack file says."""
    return KINDS[settings.host.kind](name, settings)
