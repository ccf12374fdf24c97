"""`cyberhubs:visitors`: what somebody whom no hub knows may send to the front door, and hold there."""

from pydantic import Field

from cyberhubs.settings.base import Model


class Visitors(Model):
    """The most that somebody may send or hold whom no hub knows yet. Members' uploads have no limit."""

    body_kb: int = Field(default=16, ge=1, le=1024)
    """Body of one request, in KiB: all but what members send to their own servers."""
    seconds: int = Field(default=10, ge=1, le=600)
    """How long a connection may leave the door waiting: for the headers of a request, for more of its
    body, until it takes more of an answer."""
    requests: int = Field(default=256, ge=8)
    """Requests that each hub has in hand at once; others wait."""
    connections: int = Field(default=1000, ge=16)
    """Connections from one address (IPv6: one /64) at once. By the machine's firewall: on a host of
    kind local there is no such limit."""
