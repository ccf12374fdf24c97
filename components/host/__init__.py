"""The machine that carries the hubs."""

from components.host.host import Host
from components.host.local import LocalHost
from components.host.ssh import SshHost
from cyberhubs.settings import Settings

__all__ = ["Host", "LocalHost", "SshHost", "make_host"]


def make_host(name: str, settings: Settings) -> Host:
    """The host of the kind that the stack file says."""
    if settings.host.kind == "openstack":
        from components.host.openstack import OpenStackHost  # 0.04 s, for stacks in a cloud

        return OpenStackHost(name, settings)
    kinds = {"local": LocalHost, "ssh": SshHost}
    return kinds[settings.host.kind](name, settings)
