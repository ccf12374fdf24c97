"""How a bare machine becomes a host: the setup scripts, in order."""

from collections.abc import Iterator
from dataclasses import dataclass

from cyberhubs_hub.shared.config import PORTS

from cyberhubs.machine.script import call, script
from cyberhubs.settings import Settings
from cyberhubs.settings.host import LocalHostSettings, OpenStackHostSettings
from cyberhubs.settings.tls import ExternalTls

SOCKET_DIRECTORY = "/run/cyberhubs-engine"  # has the engine's socket too, by docker.sh
MEMBERS_SLICE = "cyberhubs-members.slice"  # made by limits.sh
# What the system with the door, each hub with its proxy, and a Prometheus may need.
SYSTEM_MB, HUB_MB, PROMETHEUS_MB = 512, 256, 256


@dataclass(frozen=True)
class Step:
    """One script with its arguments. `confirm`: another one that runs over a new connection after it."""

    name: str
    arguments: tuple[str | int, ...] = ()
    confirm: str | None = None

    def script(self, *, check: bool = False) -> str:
        return script(self.name, *self.arguments, check=check)

    def call(self) -> str:
        return call(self.name, *self.arguments)


def setup(settings: Settings) -> Iterator[Step]:
    """Each needs those before it. The control machine is not set up by scripts."""
    host, user = settings.host, settings.user
    if isinstance(host, LocalHostSettings):
        return
    disk, mount = host.data, host.data_path
    existing = "yes" if disk.existing else "no"
    at_least_gb = (host.data.size_gb or 0) if isinstance(host, OpenStackHostSettings) else 0
    door = () if settings.on_loopback else settings.tls.ports
    # All visitors come from the few addresses of the server that has the certificate.
    most = 0 if isinstance(settings.tls, ExternalTls) else settings.visitors.connections
    way_out = settings.proxy_environment
    yield Step("packages", (way_out.get("http_proxy", ""),))
    yield Step("container-addresses", (host.container_networks, host.ssh.port))
    quotas = "yes" if settings.limits_disk else "no"
    yield Step("disk", (disk.device, mount, disk.filesystem, disk.inodes, existing, quotas))
    yield Step("grow", (mount, at_least_gb))
    yield Step("directories", (mount, user.uid, user.gid))
    prometheus_mb = PROMETHEUS_MB if settings.prometheus_hub else 0
    yield Step("limits", (SYSTEM_MB + HUB_MB * len(settings.hubs) + prometheus_mb,))
    ipv6 = ":" in settings.tls.listen
    yield Step(
        "docker",
        (
            mount,
            host.ssh.user,
            SOCKET_DIRECTORY,
            "true" if ipv6 else "false",
            host.container_networks,
            " ".join(f"{name}={value}" for name, value in way_out.items() if name.isupper()),
        ),
    )
    yield Step(
        "firewall",
        (
            host.ssh.port,
            ",".join(host.ssh.from_),
            _list(door),
            _list(PORTS),
            most,
        ),
        confirm="firewall-confirm",
    )
    yield Step("foreign-containers")


def _list(ports: tuple[int, ...]) -> str:
    return ",".join(map(str, ports))
