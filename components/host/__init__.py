"""The machine that carries the hubs."""

from components.host.host import Host
from components.host.local import LocalHost

__all__ = ["Host", "LocalHost"]
