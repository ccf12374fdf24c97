"""One hub: network, files, proxy, multiuser container, check."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker
from cyberhubs_hub import config as inside
from pulumi import ComponentResource, ResourceOptions

from components.front_door import FrontDoor
from components.host import Host
from components.hub.files import HubFiles, HubFilesArgs, applications_json
from components.images import Images
from cyberhubs import settings
from cyberhubs.machine.scripts import script
from cyberhubs.names import HubNames

SECOND_SIGNAL_S = 10  # from a polite stop to a kill


@dataclass
class HubArgs:
    hub: settings.Hub
    stack: str
    port: int  # on loopback
    host: Host
    images: Images
    door: FrontDoor


class Hub(ComponentResource):
    """`container`: id of the multiuser container; `password`: the shared one, a secret."""

    container: pulumi.Output[str]
    password: pulumi.Output[str]

    def __init__(self, name: str, args: HubArgs, opts: ResourceOptions | None = None):
        super().__init__("cyberhubs:hub:Hub", name, {}, opts)
        self._name, self._args = name, args
        self._names = HubNames(args.stack, args.hub.name)
        host, images = args.host, args.images
        child = ResourceOptions(parent=self)
        on_docker = ResourceOptions(parent=self, provider=host.docker)

        # Made once: every setting of a network replaces it, with all containers on it.
        self._network = docker.Network(
            f"{name}-network",
            name=self._names.network,
            driver="bridge",
            labels=_labels(docker.NetworkLabelArgs, self._names.labels("network")),
            opts=on_docker,
        )
        # Members' servers are the hub's, not Pulumi's: they go after the hub and before the network.
        drained = host.command(
            f"{name}-drain",
            ":",
            delete=script("drain", args.stack, args.hub.name),
            opts=ResourceOptions.merge(child, ResourceOptions(depends_on=[self._network])),
        )
        files = HubFiles(f"{name}-files", HubFilesArgs(host, args.hub, self._names), opts=child)
        proxy = self._proxy(files)
        hub = self._hub(files, depends_on=[proxy, drained, *files.ready])
        tried = self._check(hub, applications_json(args.hub, images.applications))
        files.put_applications(images.applications, tried)

        self.container = hub.id
        self.password = files.password()
        self.register_outputs({"container": self.container})

    def _proxy(self, files: HubFiles) -> docker.Container:
        """Apart from the hub, so that replacing the hub cuts off nobody."""
        args = self._args
        return self._container(
            "proxy",
            image=args.images.proxy,
            networks_advanced=[
                self._on_own_network("proxy"),
                docker.ContainerNetworksAdvancedArgs(
                    name=args.door.network, aliases=[args.hub.name]
                ),
            ],
            ports=[docker.ContainerPortArgs(internal=8000, external=args.port, ip="127.0.0.1")],
            mounts=[_mount(f"{files.secrets}/proxy_token", "/run/secrets/proxy_token")],
            memory=512,
            healthcheck=_healthcheck(8000, "/_chp_healthz"),
            opts=ResourceOptions(depends_on=[files.made]),
        )

    def _hub(self, files: HubFiles, depends_on: list[pulumi.Resource]) -> docker.Container:
        host, user = self._args.host, self._args.host.user
        return self._container(
            "hub",
            image=self._args.images.multiuser,
            networks_advanced=[self._on_own_network("hub")],
            group_adds=[host.socket_gid],
            mounts=[
                _mount(files.config, inside.CONFIG_DIR),
                _mount(files.live, inside.LIVE_DIR),
                _mount(files.secrets, inside.SECRETS_DIR),
                _mount(files.state, inside.STATE_DIR, read_only=False),
                _mount(f"{host.data}/jupyterhub_users", inside.USERS_DIR, read_only=False),
                _mount(host.socket, "/var/run/docker.sock", read_only=False),
            ],
            tmpfs={
                "/tmp": "rw,nosuid,nodev,mode=1777",
                inside.RUN_DIR: f"rw,nosuid,nodev,mode=0700,uid={user.uid},gid={user.gid}",
            },
            memory=1024,
            healthcheck=_healthcheck(inside.HUB_PORT, f"{self._args.hub.prefix}hub/health"),
            opts=ResourceOptions(depends_on=depends_on),
        )

    def _container(
        self, role: str, *, memory: int, opts: ResourceOptions, **properties
    ) -> docker.Container:
        """A container with no right it does not need. `memory` in MB; it gets no swap."""
        user = self._args.host.user
        return docker.Container(
            f"{self._name}-{role}",
            name=self._names.container(role),
            labels=_labels(docker.ContainerLabelArgs, self._names.labels(role)),
            user=f"{user.uid}:{user.gid}",
            init=True,
            read_only=True,
            capabilities=docker.ContainerCapabilitiesArgs(drops=["ALL"]),
            security_opts=["no-new-privileges"],
            restart="unless-stopped",
            memory=memory,
            memory_swap=memory,
            destroy_grace_seconds=SECOND_SIGNAL_S,
            log_driver="json-file",
            log_opts={"max-size": "10m", "max-file": "3"},
            opts=ResourceOptions.merge(
                opts,
                ResourceOptions(
                    parent=self,
                    provider=self._args.host.docker,
                    # Its name and its port are taken until it is gone.
                    delete_before_replace=True,
                ),
            ),
            **properties,
        )

    def _on_own_network(self, alias: str) -> docker.ContainerNetworksAdvancedArgs:
        return docker.ContainerNetworksAdvancedArgs(name=self._network.name, aliases=[alias])

    def _check(self, hub: docker.Container, applications: pulumi.Output[str]) -> pulumi.Resource:
        """`up` means it works: each application starts and answers through the proxy, or the update fails.

        Another hub container or another image is another check; a list is not.
        """
        return self._args.host.command(
            f"{self._name}-check",
            script("check", self._names.container("hub")),
            stdin=applications,
            triggers=[hub.id],
            opts=ResourceOptions(parent=self, depends_on=[hub]),
        )


def _labels(kind, labels: dict[str, str]) -> list:
    return [kind(label=key, value=value) for key, value in labels.items()]


def _mount(source: str, target: str, *, read_only: bool = True) -> docker.ContainerMountArgs:
    return docker.ContainerMountArgs(type="bind", source=source, target=target, read_only=read_only)


def _healthcheck(port: int, path: str) -> docker.ContainerHealthcheckArgs:
    return docker.ContainerHealthcheckArgs(
        tests=["CMD", "http-ok", str(port), path],
        interval="30s",
        timeout="10s",
        retries=3,
        start_period="1m0s",
    )
