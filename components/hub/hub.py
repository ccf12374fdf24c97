"""One hub: network, files, proxy, multiuser container, smoke test."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker
from cyberhubs_hub.shared import config
from pulumi import ComponentResource, ResourceOptions

from components.containers import attach, bind, container, healthcheck, network, private_tmpfs
from components.front_door import FrontDoor
from components.github import OAuthApp
from components.host import Host
from components.hub.files import HubFiles, HubFilesArgs, applications_json
from components.images import Images
from cyberhubs import settings
from cyberhubs.machine.script import call
from cyberhubs.names import HubNames


@dataclass
class HubArgs:
    hub: settings.Hub
    applications: Sequence[settings.Application | settings.OwnApplication]  # that it offers
    stack: str
    callback: str  # where GitHub sends who logs in
    host: Host
    images: Images
    door: FrontDoor
    prune_at: int  # percent of the images' disk
    metrics: settings.Metrics | None
    prometheus: bool  # whether its admins see the stack's
    limits_disk: bool  # whether any hub of the stack does


class Hub(ComponentResource):
    """`container`: id of the multiuser container; `password`: the shared one, a secret, where the
    login is by password."""

    container: pulumi.Output[str]
    password: pulumi.Output[str] | None = None

    def __init__(self, name: str, args: HubArgs, opts: ResourceOptions | None = None):
        super().__init__("cyberhubs:hub:Hub", name, {}, opts)
        self._name, self._args = name, args
        self._names = HubNames(args.stack, args.hub.name)
        host, images = args.host, args.images
        child = ResourceOptions(parent=self)

        self._network = network(
            f"{name}-network",
            host,
            network_name=self._names.network,
            labels=self._names.labels("network"),
            opts=child,
        )
        # Members' servers are the hub's, not Pulumi's: they go after the hub and before the network.
        drained = host.on_delete(
            f"{name}-drain",
            call("drain", host.data.root, args.stack, args.hub.name),
            opts=ResourceOptions.merge(child, ResourceOptions(depends_on=[self._network])),
        )
        files = HubFiles(
            f"{name}-files",
            HubFilesArgs(
                host=host,
                hub=args.hub,
                names=self._names,
                callback=args.callback,
                prune_at=args.prune_at,
                metrics=args.metrics,
                prometheus=args.prometheus,
                limits_disk=args.limits_disk,
            ),
            opts=child,
        )
        proxy = self._proxy(files)
        before = [proxy, drained, *self._checked_app(), *files.ready]
        hub = self._hub(files, depends_on=[*before, args.door.made] if args.metrics else before)
        entry = self._entry(proxy)
        menu = applications_json(args.applications, images.applications)
        files.put_applications(menu, self._smoke_test(hub, menu, depends_on=[entry]))

        self.container = hub.id
        if isinstance(args.hub.login, settings.PasswordLogin):
            self.password = files.password()
        self.register_outputs({"container": self.container})

    def _checked_app(self) -> list[pulumi.Resource]:
        login = self._args.hub.login
        if not isinstance(login, settings.GithubLogin):
            return []
        return [OAuthApp(f"{self._name}-app", login, ResourceOptions(parent=self))]

    def _proxy(self, files: HubFiles) -> docker.Container:
        """Apart from the hub, so that replacing the hub cuts off nobody."""
        args = self._args
        return self._container(
            "proxy",
            image=args.images.proxy,
            networks_advanced=[
                attach(self._network.name, "proxy"),
                attach(args.door.network, self._names.on_door_network),
            ],
            mounts=[bind(f"{files.at.secrets}/proxy_token", "/run/secrets/proxy_token")],
            memory=512,
            sysctls={
                # A server that is gone does not refuse a connection: 7 s, in place of two minutes.
                "net.ipv4.tcp_syn_retries": "2",
                # No router passes its answers on: see cyberhubs_hub/own_networks.py.
                "net.ipv4.ip_default_ttl": "1",
            },
            healthcheck=healthcheck("http-ok", "8000", "/_chp_healthz"),
            opts=ResourceOptions(depends_on=[files.made]),
        )

    def _hub(self, files: HubFiles, depends_on: list[pulumi.Resource]) -> docker.Container:
        host = self._args.host
        token = [bind(host.data.metrics_token, config.METRICS_TOKEN)] if self._args.metrics else []
        return self._container(
            "hub",
            image=self._args.images.multiuser,
            networks_advanced=[attach(self._network.name, "hub")],
            group_adds=[host.socket_gid],
            envs=self._variables() or None,
            mounts=[
                bind(files.config, config.CONFIG_DIR),
                bind(files.at.live, config.LIVE_DIR),
                bind(files.at.secrets, config.SECRETS_DIR),
                bind(files.at.state, config.STATE_DIR, read_only=False),
                bind(files.at.homes, config.USERS_DIR, read_only=False),
                bind(files.at.passes, config.PASSES_DIR, read_only=False),
                bind(files.at.first_page, config.FIRST_PAGE_DIR, read_only=False),
                bind(*host.engine, read_only=False),
                *token,
            ],
            tmpfs={
                "/tmp": "rw,nosuid,nodev,mode=1777",
                config.RUN_DIR: private_tmpfs(host),
            },
            memory=1024,
            healthcheck=healthcheck(
                "http-ok", str(config.HUB_PORT), f"{self._args.hub.prefix}hub/health"
            ),
            opts=ResourceOptions(depends_on=depends_on),
        )

    def _variables(self) -> list[pulumi.Input[str]]:
        host = self._args.host
        machine = config.MACHINE_VARIABLE
        of_machine = (
            [pulumi.Output.concat(machine, "=", host.machine_id)] if host.machine_id else []
        )
        return [*of_machine, *host.proxy_environment]

    def _container(self, role: str, *, opts: ResourceOptions, **properties) -> docker.Container:
        return container(
            f"{self._name}-{role}",
            self._args.host,
            container_name=self._names.container(role),
            labels=self._names.labels(role),
            opts=ResourceOptions.merge(opts, ResourceOptions(parent=self)),
            **properties,
        )

    def _entry(self, proxy: docker.Container) -> pulumi.Resource:
        """Shows the front door the way to this hub, and the hub on the front page."""
        hub, door = self._args.hub, self._args.door
        entry = {"title": hub.title, "description": hub.description, "listed": hub.listed}
        return self._args.host.put(
            f"{self._name}-entry",
            f"{door.hubs}/{hub.name}.json",
            json.dumps(entry, indent=1) + "\n",
            remove=True,
            opts=ResourceOptions(parent=self, depends_on=[door.open, proxy]),
        )

    def _smoke_test(
        self,
        hub: docker.Container,
        applications: pulumi.Output[str],
        depends_on: list[pulumi.Resource],
    ) -> pulumi.Resource:
        """`up` means it works: the door leads to the hub, and each application starts and answers
        through the proxy, or the update fails.

        Another hub container or another image is tested again; a list is not. The resource's name is
        older than the word.
        """
        args = self._args
        return args.host.command(
            f"{self._name}-check",
            call("smoke", self._names.container("hub"), args.door.container, args.hub.prefix),
            stdin=applications,
            triggers=[hub.id],
            opts=ResourceOptions(parent=self, depends_on=[hub, *depends_on]),
        )
