"""Why something could not be installed."""

from cyberhubs.errors import UserError


class InstallError(UserError):
    """What is wrong and what to do next, in one sentence or two."""


class UnavailableError(Exception):
    """A rung that cannot be had on this machine; the message says why in a few words."""
