"""`idle` of a hub: when a server that nobody uses is stopped."""

from pydantic import Field

from cyberhubs.settings.base import Model


class Idle(Model):
    """When a server that nobody uses is stopped."""

    # A day, since what kernels hold is lost with them.
    after_minutes: int = Field(default=24 * 60, ge=0)
    """Minutes without activity after which a server is stopped; 0: never."""
