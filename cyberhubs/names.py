"""Names and labels of Docker objects, shared by the program, its commands and the tests."""

import hashlib
from dataclasses import dataclass

from cyberhubs_hub.shared.config import HELPER
from cyberhubs_hub.shared.config import MACHINE_LABEL as MACHINE
from cyberhubs_hub.shared.config import ROLE_LABEL as ROLE

STACK = "cyberhubs.stack"
HUB = "cyberhubs.hub"
__all__ = [
    "HELPER",
    "HUB",
    "MACHINE",
    "ROLE",
    "STACK",
    "DoorNames",
    "HubNames",
    "PrometheusNames",
    "bridge",
    "in_cloud",
]


def bridge(network: str) -> str:
    """How a network's bridge is called on a machine, where the firewall knows it by (15 characters at most)."""
    return f"ch-{hashlib.sha256(network.encode()).hexdigest()[:10]}"


def short(image: str) -> str:
    """An image's id as people read it; a name stays as it is."""
    return image.removeprefix("sha256:")[:12] if image.startswith("sha256:") else image


def in_cloud(stack: str) -> str:
    """The name of what a stack has in a cloud: machine, volume, port, network."""
    return f"cyberhubs-{stack}"


@dataclass(frozen=True)
class DoorNames:
    """Docker names and labels of a stack's front door."""

    stack: str

    @property
    def network(self) -> str:
        """The permanent network that every hub's proxy joins."""
        return f"cyberhubs.{self.stack}.door"

    @property
    def container(self) -> str:
        return f"{self.network}.caddy"

    @property
    def labels(self) -> dict[str, str]:
        return {STACK: self.stack, ROLE: "door"}


@dataclass(frozen=True)
class PrometheusNames:
    """Docker names and labels of a stack's own Prometheus."""

    stack: str

    on_door_network = "prometheus.internal"
    """How the front door finds it; nobody outside can have a name in .internal."""

    @property
    def container(self) -> str:
        return f"{DoorNames(self.stack).network}.prometheus"

    @property
    def labels(self) -> dict[str, str]:
        return {STACK: self.stack, ROLE: "prometheus"}


def key_pair(stack: str, public_key: str) -> str:
    """In a cloud. Another key has another name, so that it makes another machine."""
    return f"{in_cloud(stack)}-{hashlib.sha256(public_key.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class HubNames:
    """Docker names and labels of one hub. Dots separate, since neither stack nor hub names have any."""

    stack: str
    hub: str

    @property
    def network(self) -> str:
        return f"cyberhubs.{self.stack}.{self.hub}"

    @property
    def on_door_network(self) -> str:
        """How the front door finds the hub's proxy; nobody outside can have a name in .internal."""
        return f"{self.hub}.hub.internal"

    def container(self, role: str) -> str:
        return f"{self.network}.{role}"

    @property
    def server_prefix(self) -> str:
        """What the name of every user's server starts with; the escaped user name follows."""
        return f"{self.network}.user."

    def labels(self, role: str) -> dict[str, str]:
        return {STACK: self.stack, HUB: self.hub, ROLE: role}
