"""One hub."""

from components.hub.hub import Hub, HubArgs

__all__ = ["Hub", "HubArgs"]
