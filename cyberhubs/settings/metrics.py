"""`cyberhubs:metrics`: figures for a Prometheus."""

from cyberhubs.settings.base import Model

DOOR_PATH = "/_metrics"
"""Where the front door tells its own; each hub at `hub/metrics`, as JupyterHub does."""
CERTIFICATE_PATH = f"{DOOR_PATH}/certificate"
"""And those of its certificate, if it has one."""


class Metrics(Model):
    """Figures of the hubs, the front door and the machine, for a Prometheus of yours: `make metrics` says how it reads
    them. Left out: nobody but a hub's admins sees any."""

    servers: bool = False
    """Whether memory and processor of each member's server are among them, under the member's name."""
