"""`cyberhubs:metrics`: figures for a Prometheus."""

from pydantic import Field

from cyberhubs.settings.base import Model, Text

DOOR_PATH = "/_metrics"
"""Where the front door tells its own; each hub at `hub/metrics`, as JupyterHub does."""
CERTIFICATE_PATH = f"{DOOR_PATH}/certificate"
"""And those of its certificate, if it has one."""


class Prometheus(Model):
    """A Prometheus on the machine of the hubs, with the rules of `monitoring/rules.yaml`. What they find is in `make
    status`, and on its pages."""

    hub: Text | None = None
    """Hub whose admins see its pages, with the figures of all hubs, at `/HUB/hub/prometheus/`. May be left out where there
    is one hub."""
    retention_days: int = Field(default=90, ge=1, le=3650)
    """Days for which figures are kept."""
    retention_gb: int = Field(default=2, ge=1, le=1000)
    """GB of the disk of the data that they may take; then the oldest go sooner."""


class Metrics(Model):
    """Figures of the hubs, the front door and the machine, for a Prometheus: `make metrics` says how one of yours reads
    them. Left out: nobody but a hub's admins sees any."""

    servers: bool = False
    """Whether memory and processor of each member's server are among them, under the member's name."""
    prometheus: Prometheus | None = None
    """A Prometheus that comes with the stack. `{}` is enough where there is one hub. Left out: there is none."""
