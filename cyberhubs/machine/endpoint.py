"""Where a stack's machine is: by its file or, for one of a cloud, by what the cloud has given it."""

from dataclasses import dataclass
from ipaddress import ip_address

from cyberhubs.settings import Settings
from cyberhubs.settings.host import (
    HostSettings,
    LocalHostSettings,
    OpenStackHostSettings,
    SshConnection,
    SshHostSettings,
)
from cyberhubs.settings.rules import ANYWHERE

# An endpoint in the environment of what runs a script on a machine of a cloud.
ADDRESS, HOST_KEY = "CYBERHUBS_ADDRESS", "CYBERHUBS_HOST_KEY"


@dataclass(frozen=True)
class Endpoint:
    """A machine of a cloud that has been made. `host_key`: its public one, as "type base64"."""

    address: str
    host_key: str


@dataclass(frozen=True)
class DnsRecord:
    """`type`: A, AAAA or CNAME."""

    name: str
    type: str
    value: str


def ssh_connection(host: HostSettings, endpoint: Endpoint | None) -> SshConnection | None:
    """How the machine is reached by ssh; None for this one, and for one that is yet to be made."""
    if isinstance(host, SshHostSettings):
        return host.ssh
    if isinstance(host, OpenStackHostSettings) and endpoint:
        return SshConnection.model_construct(
            address=endpoint.address,
            user=host.ssh.user,
            port=host.ssh.port,
            host_key=endpoint.host_key,
            private_key_file=host.ssh.private_key_file,
            from_=host.ssh.from_,
        )
    return None


def address_of(settings: Settings, endpoint: Endpoint | None = None) -> str | None:
    """The name or IP address under which visitors reach the machine; None where it is not known yet."""
    host = settings.host
    if isinstance(host, OpenStackHostSettings):
        return endpoint.address if endpoint else host.floating_ip.address
    if host.address:
        return host.address
    return host.ssh.address if isinstance(host, SshHostSettings) else settings.tls.listen


def door_address(settings: Settings, endpoint: Endpoint | None = None) -> str | None:
    """Where the control machine finds the front door; None where only the door's own machine does, or it is not
    known yet."""
    if not isinstance(settings.host, LocalHostSettings):
        return None if settings.on_loopback else address_of(settings, endpoint)
    return "127.0.0.1" if settings.tls.listen in ANYWHERE else settings.tls.listen


def dns_record(domain: str | None, address: str | None) -> DnsRecord | None:
    """What the domain's zone has to hold; None without a domain or an address."""
    if domain is None or address is None:
        return None
    try:
        kind = "A" if ip_address(address).version == 4 else "AAAA"
    except ValueError:
        return DnsRecord(domain, "CNAME", f"{address.removesuffix('.')}.")
    return DnsRecord(domain, kind, address)
