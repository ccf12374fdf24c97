"""What a hub reads: its directories and secrets, its configuration, and the files that live beside it."""

import base64
import hashlib
import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
from cyberhubs_hub.shared.config import GithubSettings, HubConfig, Limits, Login, Mount
from pulumi import ComponentResource, ResourceOptions

from components.host import Host
from cyberhubs import settings
from cyberhubs.machine.data_spaces import data_spaces
from cyberhubs.machine.script import call
from cyberhubs.names import HubNames

NOTICES = (Path(__file__).parent / "notices.js").read_text()
KEEP_PROJECT = (Path(__file__).parent / "keep-project.py").read_text()


@dataclass
class HubFilesArgs:
    host: Host
    hub: settings.Hub
    names: HubNames
    callback: str  # where GitHub sends who logs in
    prune_at: int  # percent of the images' disk
    metrics: settings.Metrics | None
    prometheus: bool  # whether this hub's admins see the stack's
    limits_disk: bool  # whether any hub of the stack does


class HubFiles(ComponentResource):
    """The files of one hub on its machine.

    `at`: where they are. `config`: directory of its configuration, named by its content: another one is another
    container. What is in `at.live` the hub reads again at each login and start, so that a change restarts nothing.
    """

    def __init__(self, name: str, args: HubFilesArgs, opts: ResourceOptions | None = None):
        super().__init__("cyberhubs:hub:HubFiles", name, {}, opts)
        self._name, self._args = name, args
        host, hub = args.host, args.hub
        self.at = at = host.data.hub(hub.name)

        self.made = host.command(
            f"{name}-directories",
            call(
                "hub-directories",
                at.directory,
                at.homes,
                at.passes,
                at.first_page,
                host.user.uid,
                host.user.gid,
            ),
            opts=ResourceOptions(parent=self, depends_on=host),
        )

        config = _hub_config(args).to_json()
        logo = hub.logo.read_bytes() if hub.logo else b""
        version = hashlib.sha256(config.encode() + logo).hexdigest()[:12]
        self.config = f"{at.config}/{version}"
        files = [self.put("config", f"{self.config}/hub.json", config)]
        if hub.folders:
            files.append(self._spaces())
        files.append(self._labextension())
        if args.limits_disk:
            files.append(self.put("keep-project", at.keep_project, KEEP_PROJECT))
        if hub.logo:
            encoded = base64.b64encode(logo).decode()
            files.append(
                self.put("logo", f"{self.config}/{hub.logo.name}", encoded, encoding="base64")
            )
        files.append(self.put("access", f"{self.at.live}/access", hub.access_lists.to_text()))
        if isinstance(hub.login, settings.GithubLogin):
            secret = pulumi.Output.secret(hub.login.client_secret.get_secret_value())
            files.append(self.put("client-secret", f"{self.at.secrets}/client_secret", secret))
        self.ready = files
        self.register_outputs({"config": self.config, "live": at.live})

    def _spaces(self) -> pulumi.Resource:
        """The data spaces: made where they are ours, and looked at as members will see them."""
        host, hub = self._args.host, self._args.hub
        return host.command(
            f"{self._name}-spaces",
            call("data-spaces", *data_spaces(host.data, host.user, hub)),
            delete=f"rm -f {shlex.quote(self.at.spaces)}",
            opts=ResourceOptions(parent=self, depends_on=[self.made]),
        )

    def _labextension(self) -> pulumi.Resource:
        """What JupyterLab reads of an extension; a browser that has its program does not ask for it again."""
        file = f"notices.{hashlib.sha256(NOTICES.encode()).hexdigest()[:16]}.js"
        program = self.put("notices", f"{self.at.labextension}/{file}", NOTICES)
        build = {"load": file, "extension": "./extension"}
        package = {"name": "cyberhubs", "version": "1.0.0", "jupyterlab": {"_build": build}}
        return self.put(
            "labextension",
            f"{self.at.labextension}/package.json",
            json.dumps(package),
            depends_on=[program],
        )

    def put(
        self,
        name: str,
        path: str,
        content: pulumi.Input[str],
        *,
        encoding: str = "text",
        depends_on: list[pulumi.Resource] | None = None,
    ) -> pulumi.Resource:
        """A file of the hub's."""
        return self._args.host.put(
            f"{self._name}-{name}",
            path,
            content,
            encoding=encoding,
            opts=ResourceOptions(parent=self, depends_on=[self.made, *(depends_on or [])]),
        )

    def put_applications(
        self, menu: pulumi.Output[str], tested: pulumi.Resource
    ) -> pulumi.Resource:
        """The menu of applications, once all of them have been `tested`."""
        return self.put(
            "applications",
            f"{self.at.live}/applications.json",
            menu,
            depends_on=[tested],
        )

    def password(self) -> pulumi.Output[str]:
        """The shared password of login `password`; a secret."""
        return self._args.host.command(
            f"{self._name}-password",
            f"cat {self.at.secrets}/password",
            secret_output=True,
            opts=ResourceOptions(parent=self, depends_on=[self.made]),
        ).stdout


def applications_json(
    applications: Sequence[settings.Application | settings.OwnApplication],
    images: dict[str, pulumi.Output[str]],
) -> pulumi.Output[str]:
    """The menu: [{"name", "title", "image", …}] in the stack file's order."""

    def menu(ids: dict[str, str]) -> str:
        entries = [
            {
                "name": one.name,
                "title": one.title,
                "image": ids[one.name],
                "description": one.description or "",
                "page": one.page or "",
                "memory": one.wanted_memory or "",
            }
            for one in applications
        ]
        return json.dumps(entries, indent=2)

    return pulumi.Output.all(**{one.name: images[one.name] for one in applications}).apply(menu)


def _hub_config(args: HubFilesArgs) -> HubConfig:
    host, hub, names = args.host, args.hub, args.names
    return HubConfig(
        stack=names.stack,
        name=hub.name,
        title=hub.title,
        prefix=hub.prefix,
        network=names.network,
        container_prefix=names.server_prefix,
        labels=names.labels("user"),
        homes_path=host.data.hub(hub.name).homes,
        passwd_path=f"{host.data.etc}/passwd",
        group_path=f"{host.data.etc}/group",
        labextension_path=host.data.hub(hub.name).labextension,
        mounts=tuple(
            Mount(str(space.path), str(space.target), space.access, bool(space.mount))
            for space in hub.data
        ),
        uid=host.user.uid,
        gid=host.user.gid,
        groups=tuple(sorted({space.owner.gid for space in hub.data if space.owner.gid})),
        limits=Limits(
            hub.limits.memory_bytes, hub.limits.cpus, hub.limits.pids, hub.limits.disk_bytes
        ),
        interface=hub.interface,
        login=_login(args),
        idle_timeout_s=hub.idle.after_minutes * 60,
        open_tab_timeout_s=hub.idle.open_tab_minutes * 60,
        logo=Path(hub.logo).name if hub.logo else None,
        members_slice=host.members_slice,
        contact=hub.contact,
        prune_at=args.prune_at,
        keep_project_path=host.data.hub(hub.name).keep_project if args.limits_disk else None,
        metrics=args.metrics is not None,
        metrics_of_servers=args.metrics is not None and args.metrics.servers,
        prometheus=args.prometheus,
    )


def _login(args: HubFilesArgs) -> Login:
    login = args.hub.login
    if not isinstance(login, settings.GithubLogin):
        return Login("password")
    return Login(
        "github",
        GithubSettings(
            url=login.url,
            api=login.api,
            client_id=login.client_id,
            callback=args.callback,
            refresh_s=login.refresh_minutes * 60,
            grace_s=login.grace_hours * 3600,
        ),
    )
