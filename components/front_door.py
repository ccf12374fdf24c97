"""Where visitors come in: TLS, the front page, and the way to each hub."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker
from pulumi import ComponentResource, ResourceOptions

from components.containers import attach, bind, container, healthcheck, network, private_tmpfs
from components.host import Host
from components.images import Images
from cyberhubs import caddyfile
from cyberhubs.machine.script import call
from cyberhubs.names import DoorNames
from cyberhubs.settings import Settings
from cyberhubs.settings.base import EVERYWHERE
from cyberhubs.settings.tls import AcmeTls, FileTls, InternalTls


@dataclass
class FrontDoorArgs:
    settings: Settings
    host: Host
    images: Images


class FrontDoor(ComponentResource):
    """The permanent network that every hub's proxy joins, and the container at its end.

    A new hub is one more file in `hubs`, and a new Caddyfile is reloaded: neither touches a
    connection. `container`: the container's name, once the door is `open`.
    `made`: its directories, with the token of who reads figures.
    `root_certificate`: PEM of the authority of tls.mode internal; in other modes None.
    """

    network: pulumi.Output[str]
    container: str
    hubs: str
    made: pulumi.Resource
    open: pulumi.Resource
    root_certificate: pulumi.Output[str] | None

    def __init__(self, name: str, args: FrontDoorArgs, opts: ResourceOptions | None = None):
        super().__init__("cyberhubs:door:FrontDoor", name, {}, opts)
        self._name, self._args = name, args
        names, host = DoorNames(args.settings.stack), args.host
        child = ResourceOptions(parent=self)
        self._live = host.data.door_live
        self.hubs = host.data.door_entries
        self.container = names.container

        made = network(
            f"{name}-network", host, network_name=names.network, labels=names.labels, opts=child
        )
        self.network = made.name
        # What comes from the machine itself has this address in the container.
        self._machine = made.ipam_configs.apply(_gateway)
        self.made = host.command(
            f"{name}-directories",
            call("door-directories", host.data.door, host.user.uid, host.user.gid),
            opts=ResourceOptions.merge(child, ResourceOptions(depends_on=[host])),
        )
        caddy = self._caddy(names)
        self.open = self._reload(caddy)
        self.root_certificate = (
            self._root_certificate() if isinstance(args.settings.tls, InternalTls) else None
        )
        self.register_outputs({"network": self.network})

    def _caddy(self, names: DoorNames) -> docker.Container:
        host, tls = self._args.host, self._args.settings.tls
        return container(
            f"{self._name}-caddy",
            host,
            container_name=names.container,
            labels=names.labels,
            image=self._args.images.front_door,
            networks_advanced=[attach(self.network, "door")],
            ports=[
                docker.ContainerPortArgs(internal=port, external=port, ip=tls.listen)
                for port in tls.ports
            ],
            mounts=[
                bind(self._live, caddyfile.LIVE_DIR),
                bind(host.data.door_state, caddyfile.STATE_DIR, read_only=False),
            ],
            tmpfs={caddyfile.RUN_DIR: private_tmpfs(host)},
            envs=host.proxy_environment or None,  # to the authority of its certificate
            memory=1024,  # for the 20,000 connections of start-door
            healthcheck=healthcheck("door-health"),
            opts=ResourceOptions(parent=self, depends_on=[self.made]),
        )

    def _reload(self, caddy: docker.Container) -> pulumi.Resource:
        """Has the door serve what the settings say; a Caddyfile that it refuses changes nothing."""
        settings, host = self._args.settings, self._args.host
        files, certificate = [], None
        if isinstance(settings.tls, FileTls):
            text = settings.tls.certificate.get_secret_value()
            # Another certificate is another file, so that none changes under the door.
            certificate = f"{hashlib.sha256(text.encode()).hexdigest()[:12]}.pem"
            both = f"{text.rstrip()}\n{settings.tls.key.get_secret_value().rstrip()}\n"
            path = f"{self._live}/certificates/{certificate}"
            files.append(self._put("certificate", path, pulumi.Output.secret(both)))
        if isinstance(settings.tls, AcmeTls) and settings.tls.ca:
            files.append(self._put("authority", f"{self._live}/acme-ca.pem", settings.tls.ca_pem))

        def served(*only_from: str) -> str:
            return caddyfile.caddyfile(
                settings.tls,
                settings.domain,
                settings.url,
                settings.visitors,
                only_from=only_from,
                certificate=certificate,
                metrics=settings.metrics is not None,
                prometheus=settings.prometheus_hub is not None,
            )

        sources = settings.door_sources
        user = host.user
        return host.command(
            f"{self._name}-reload",
            call("reload-door", self._live, self.container, user.uid, user.gid),
            stdin=served()
            if sources == EVERYWHERE
            else self._machine.apply(lambda address: served(address, *sources)),
            triggers=[caddy.id],
            opts=ResourceOptions(parent=self, depends_on=[caddy, *files]),
        )

    def _put(self, name: str, path: str, content: pulumi.Input[str]) -> pulumi.Resource:
        return self._args.host.put(
            f"{self._name}-{name}",
            path,
            content,
            opts=ResourceOptions(parent=self, depends_on=[self.made]),
        )

    def _root_certificate(self) -> pulumi.Output[str]:
        return self._args.host.command(
            f"{self._name}-root-certificate",
            f"docker exec {self.container} cat {caddyfile.ROOT_CERTIFICATE}",
            opts=ResourceOptions(parent=self, depends_on=[self.open]),
        ).stdout


def _gateway(pools: Sequence[docker.outputs.NetworkIpamConfig] | None) -> str:
    """Empty in an update of other resources alone, which knows no network."""
    return (pools[0].gateway if pools else None) or ""
