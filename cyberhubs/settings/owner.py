"""`cyberhubs:user`: who owns the members' files on the host, and as whom the containers run."""

from pydantic import Field

from cyberhubs.settings.base import Model

LARGEST_ID = 2**31 - 1


class Owner(Model):
    """The user that owns the members' files on the host, and as whom all containers run; never root."""

    uid: int = Field(default=1000, ge=1, le=LARGEST_ID)
    """User id."""
    gid: int = Field(default=1000, ge=1, le=LARGEST_ID)
    """Group id."""
