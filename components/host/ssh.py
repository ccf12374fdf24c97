"""A machine by ssh, set up from a bare one."""

import json

import pulumi
import pulumi_docker as docker
from cyberhubs_hub.config import ENGINE_DIR
from pulumi import ResourceOptions
from pulumi_command.local import Command

from components.host.host import Host
from cyberhubs.machine import SshMachine
from cyberhubs.machine.script import call
from cyberhubs.machine.steps import MEMBERS_SLICE, SOCKET_DIRECTORY, setup
from cyberhubs.pins import BASE_IMAGE, CADDY_IMAGE
from cyberhubs.settings import Settings
from cyberhubs.settings.host import SshHost as SshSettings


class SetUpHost(Host):
    """A machine that is set up by ssh, and what it must have before a hub can be on it.

    Everything on the machine is `deleted_with` it, so its own `delete` is what takes a stack down.
    """

    def _set_up(
        self,
        name: str,
        settings: Settings,
        *,
        which: pulumi.Input[str],
        address: pulumi.Input[str],
        docker_options: pulumi.Input[list[str]],
        ours: bool = False,
        first: list[pulumi.Resource] | None = None,
    ) -> None:
        """`which`: another one may be another machine. `address`: as Docker writes it. `ours`: whether
        the machine goes with what is on it. `first`: what must be done before."""
        self._name = name
        found = self.command(
            f"{name}-found",
            call("machine-id"),
            triggers=[which],
            opts=ResourceOptions(parent=self, depends_on=first),
        )
        # Pulumi skips the removal of what is `deleted_with` the machine only if the machine goes
        # because of something before it: so this is replaced when it is another one, and first.
        installation = self.command(
            f"{name}-installation",
            call("machine-id"),
            triggers=[found.stdout],
            opts=ResourceOptions(parent=self, delete_before_replace=True),
        )
        machine_id = installation.stdout
        self.machine = self.command(
            f"{name}-machine",
            ":",
            delete=machine_id.apply(
                lambda id: call(
                    "teardown", settings.stack, id, self.data.root, "unmount" if ours else ""
                )
            ),
            triggers=[machine_id],
            # One that goes may be dead already.
            how=("--leaving",) if ours else (),
            shown=True,
            opts=ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.machine_id = machine_id

        last = self.machine
        for step in setup(settings):
            last = self._after(
                last,
                step.name,
                step.call(),
                how=("--then", call(step.confirm)) if step.confirm else (),
                shown=True,
            )
        data = self._after(
            last, "data", call("data-directory", self.data.root, self.user.uid, self.user.gid)
        )
        engine = self._after(data, "engine", call("engine-facts"))
        facts = engine.stdout.apply(json.loads)
        self.socket_gid = facts["socketGid"]
        self.mtu = facts["mtu"]
        # The directory: the socket in it is made anew whenever the engine's package is upgraded.
        self.engine = (SOCKET_DIRECTORY, ENGINE_DIR)
        self.members_slice = MEMBERS_SLICE

        # Its inputs never change but with the machine, so the provider's are known in a preview.
        ready = self.command(
            f"{name}-ready",
            "docker version >/dev/null",
            triggers=[machine_id],
            opts=ResourceOptions(parent=self, depends_on=[engine], delete_before_replace=True),
        )
        self.docker = docker.Provider(
            f"{name}-docker",
            # A first preview has no engine to ask.
            host=pulumi.Output.all(address, ready.stdout).apply(lambda both: both[0]),
            ssh_opts=docker_options,
            disable_docker_daemon_check=True,
            opts=ResourceOptions(parent=self),
        )
        images = self._after(
            ready,
            "images",
            # Their names, so that it runs again when they are others.
            f".venv/bin/python -m install base caddy # {BASE_IMAGE} {CADDY_IMAGE}",
            on_engine=True,
            shown=True,
        )
        self._after(images, "container-limits", call("verify-ulimits", settings.images.base))
        self.register_outputs({"data": self.data.root})

    def _after(
        self,
        last: pulumi.Resource,
        name: str,
        text: str,
        *,
        how: tuple[pulumi.Input[str], ...] = (),
        on_engine: bool = False,
        shown: bool = False,
    ) -> Command:
        """A step of the setup, after the last one."""
        return self.command(
            f"{self._name}-{name}",
            text,
            how=how,
            on_engine=on_engine,
            shown=shown,
            opts=ResourceOptions(parent=self, depends_on=[last]),
        )


class SshHost(SetUpHost):
    """A server that exists."""

    def __init__(self, name: str, settings: Settings, opts: ResourceOptions | None = None):
        super().__init__("Ssh", name, settings, opts)
        assert isinstance(settings.host, SshSettings)
        machine = SshMachine(settings.host.ssh)
        self._set_up(
            name,
            settings,
            which=settings.host.ssh.host_key,
            address=machine.address,
            docker_options=machine.docker_options,
        )
