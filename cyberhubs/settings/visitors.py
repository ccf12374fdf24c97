"""`cyberhubs:visitors`: limits for visitors who have not logged in."""

from pydantic import Field

from cyberhubs.settings.base import Model


class Visitors(Model):
    """The most that a visitor who has not logged in may send, and keep busy. Members' uploads have no limit."""

    body_kb: int = Field(default=16, ge=1, le=1024)
    """Largest body of a request, in KiB. What members send to their own servers has no limit."""
    seconds: int = Field(default=10, ge=1, le=600)
    """Seconds that a connection may keep the front door waiting: for the headers of a request, for more of
    its body, or for the visitor to read more of an answer."""
    requests: int = Field(default=256, ge=8)
    """Requests that each hub handles at once; further requests wait."""
    connections: int = Field(default=1000, ge=16)
    """Connections from one address (IPv6: one /64) at once. The machine's firewall enforces it: a host of
    kind local has no such limit."""
