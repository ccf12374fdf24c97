"""`cyberhubs:user`: who owns the members' files on the host."""

from pydantic import Field

from cyberhubs.settings.base import Model

LARGEST_ID = 2**31 - 1


class User(Model):
    """The host's user as whom all containers run; never root."""

    uid: int = Field(default=1000, ge=1, le=LARGEST_ID)
    """Number of the user."""
    gid: int = Field(default=1000, ge=1, le=LARGEST_ID)
    """Number of the group."""
