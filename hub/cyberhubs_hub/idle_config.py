"""The idle culler's configuration (`jupyterhub_idle_culler --config`)."""

from pathlib import Path

from cyberhubs_hub.idle import IdleRule
from cyberhubs_hub.shared.config import CONFIG_DIR, HubConfig

c = get_config()  # noqa: F821  # pyright: ignore[reportUndefinedVariable]

hub = HubConfig.from_json(Path(CONFIG_DIR, "hub.json").read_text())
c.IdleCuller.timeout = hub.idle_timeout_s
c.IdleCuller.cull_arbiter_hook = IdleRule(hub)
