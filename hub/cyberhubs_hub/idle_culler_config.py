"""The idle culler's configuration (`jupyterhub_idle_culler --config`)."""

from pathlib import Path

from cyberhubs_hub.idle import IdleRule
from cyberhubs_hub.shared.config import CONFIG_DIR, HubConfig

EVERY_S = 5 * 60  # thrice in the minutes that the rule looks at

c = get_config()  # noqa: F821  # pyright: ignore[reportUndefinedVariable]

hub = HubConfig.from_json(Path(CONFIG_DIR, "hub.json").read_text())
c.IdleCuller.timeout = hub.idle_timeout_s
c.IdleCuller.cull_every = min(hub.idle_timeout_s // 2, EVERY_S)
c.IdleCuller.cull_arbiter_hook = IdleRule(hub)
