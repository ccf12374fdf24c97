"""The Prometheus that comes with a stack, if it is asked for: it reads hubs and front door, and has monitoring/rules.yaml."""

import json
from dataclasses import dataclass

from cyberhubs_hub.shared import config
from pulumi import ComponentResource, ResourceOptions

from components.containers import attach, bind, container, healthcheck
from components.front_door import FrontDoor
from components.host import Host
from components.images import Images
from cyberhubs.caddyfile import figures_port
from cyberhubs.machine.script import call
from cyberhubs.names import HubNames, PrometheusNames
from cyberhubs.settings import Settings

# Inside its container.
LIVE_DIR = "/srv/prometheus/live"
STATE_DIR = "/srv/prometheus/state"


@dataclass
class PrometheusArgs:
    settings: Settings
    host: Host
    images: Images
    door: FrontDoor


class Prometheus(ComponentResource):
    """On the front door's network, where it finds the door and all hubs' proxies, and the door finds its pages.

    What it reads is a file that it reads again: a hub that comes or goes restarts nothing.
    """

    def __init__(self, name: str, args: PrometheusArgs, opts: ResourceOptions | None = None):
        super().__init__("cyberhubs:prometheus:Prometheus", name, {}, opts)
        settings, host = args.settings, args.host
        assert settings.metrics and settings.metrics.prometheus and args.images.prometheus
        keeps, names = settings.metrics.prometheus, PrometheusNames(settings.stack)
        made = host.command(
            f"{name}-directories",
            call("prometheus-directories", host.data.prometheus, host.user.uid, host.user.gid),
            opts=ResourceOptions(parent=self, depends_on=[host]),
        )
        targets = host.put(
            f"{name}-targets",
            f"{host.data.prometheus_live}/targets.json",
            json.dumps(_targets(settings), indent=1) + "\n",
            opts=ResourceOptions(parent=self, depends_on=[made]),
        )
        running = container(
            f"{name}-server",
            host,
            container_name=names.container,
            labels=names.labels,
            image=args.images.prometheus,
            networks_advanced=[attach(args.door.network, names.on_door_network)],
            envs=[
                f"EXTERNAL_URL={settings.prometheus_url}",
                f"PORT={config.PROXY_PORT}",
                f"RETENTION_TIME={keeps.retention_days}d",
                f"RETENTION_SIZE={keeps.retention_gb}GB",
            ],
            mounts=[
                bind(host.data.prometheus_live, LIVE_DIR),
                bind(host.data.prometheus_state, STATE_DIR, read_only=False),
                bind(host.data.metrics_token, config.METRICS_TOKEN),
            ],
            # It asks nobody who they are: no router passes its answers on, see cyberhubs_hub/own_networks.py.
            sysctls={"net.ipv4.ip_default_ttl": "1"},
            memory=512,
            healthcheck=healthcheck("prometheus-get", "/-/healthy"),
            opts=ResourceOptions(parent=self, depends_on=[targets, args.door.made]),
        )
        self.register_outputs({"container": running.id})


def _targets(settings: Settings) -> list[dict[str, object]]:
    """What it reads, as a file of its file_sd_configs: by the containers' own network, so that it knows which of them does
    not answer."""

    def address(labels: dict[str, str]) -> str:
        if hub := labels.get("hub"):
            return f"{HubNames(settings.stack, hub).on_door_network}:{config.PROXY_PORT}"
        return f"door:{figures_port(settings.tls)}"

    job = f"cyberhubs-{settings.stack}"
    return [
        {
            "targets": [address(labels)],
            "labels": {**labels, "job": job, "__metrics_path__": path},
        }
        for path, labels in settings.figures.items()
    ]
