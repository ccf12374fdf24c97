"""A machine by ssh, set up from a bare one."""

import json
from collections.abc import Sequence

import pulumi
import pulumi_docker as docker
from cyberhubs_hub.shared.config import ENGINE_DIR
from pulumi import ResourceOptions
from pulumi_command.local import Command

from components.host.host import Host
from cyberhubs.machine import SshMachine
from cyberhubs.machine.script import call
from cyberhubs.machine.steps import MEMBERS_SLICE, SOCKET_DIRECTORY, setup
from cyberhubs.pins import BASE_IMAGE, CADDY_IMAGE
from cyberhubs.processes import python_module
from cyberhubs.settings import Settings
from cyberhubs.settings.host import SshHostSettings


class SetUpHost(Host):
    """A machine that is set up by ssh, and what it must have before a hub can be on it.

    Everything on the machine is `deleted_with` it, so its own `delete` is what takes a stack down.
    """

    def _set_up(
        self,
        *,
        instance_id: pulumi.Input[str],
        reached: pulumi.Output[SshMachine],
        ephemeral: bool = False,
        depends_on: Sequence[pulumi.Resource] = (),
    ) -> None:
        """`instance_id`: with another one it may be another machine. `ephemeral`: the machine goes with
        what is on it, and may be dead already. `depends_on`: what must be done before."""
        machine_id = self._replaced_first(self._found(instance_id, depends_on))
        self.machine = self._teardown(machine_id, ephemeral)
        self.machine_id = machine_id  # all commands from here on carry it
        ready = self._ready(self._engine_set_up(), machine_id)
        self.docker = docker.Provider(
            f"{self._name}-docker",
            # A first preview has no engine to ask.
            host=pulumi.Output.all(reached, ready.stdout).apply(lambda both: both[0].address),
            ssh_opts=reached.apply(lambda machine: machine.docker_options),
            disable_docker_daemon_check=True,
            opts=ResourceOptions(parent=self),
        )
        images = self._after(
            ready,
            "images",
            # Their names, so that it runs again when they are others.
            f"{python_module('install', 'base', 'caddy')} # {BASE_IMAGE} {CADDY_IMAGE}",
            on_engine=True,
            shown=True,
        )
        self._after(images, "container-limits", call("verify-ulimits", self._settings.images.base))
        self.register_outputs({"data": self.data.root})

    def _found(
        self, instance_id: pulumi.Input[str], depends_on: Sequence[pulumi.Resource]
    ) -> pulumi.Output[str]:
        """The id in a file of the machine, asked for again when it may be another machine."""
        return self.command(
            f"{self._name}-found",
            call("machine-id"),
            triggers=[instance_id],
            opts=ResourceOptions(parent=self, depends_on=[*depends_on]),
        ).stdout

    def _replaced_first(self, found: pulumi.Output[str]) -> pulumi.Output[str]:
        """The same id, of a resource that is replaced when it is another one, before the teardown is.

        Pulumi leaves out the removal of what is `deleted_with` the teardown only if the teardown itself
        goes because of something before it.
        """
        return self.command(
            f"{self._name}-installation",
            call("machine-id"),
            triggers=[found],
            opts=ResourceOptions(parent=self, delete_before_replace=True),
        ).stdout

    def _teardown(self, machine_id: pulumi.Output[str], ephemeral: bool) -> Command:
        """Removes what the stack has on the machine, when the stack goes or another machine comes; on one
        that has another id by then, nothing."""
        unmount = "unmount" if ephemeral else ""
        return self.on_delete(
            f"{self._name}-machine",
            machine_id.apply(
                lambda id: call("teardown", self._settings.stack, id, self.data.root, unmount)
            ),
            triggers=[machine_id],
            how=("--leaving",) if ephemeral else (),
            opts=ResourceOptions(parent=self, delete_before_replace=True),
        )

    def _engine_set_up(self) -> Command:
        """The steps of the setup, to a Docker engine of which all is known."""
        assert self.machine
        last = self.machine
        for step in setup(self._settings):
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
        return engine

    def _ready(self, engine: Command, machine_id: pulumi.Output[str]) -> Command:
        """Says that the engine answers. Its inputs change with the machine alone, so that those of the
        provider are known in a preview."""
        return self.command(
            f"{self._name}-ready",
            "docker version >/dev/null",
            triggers=[machine_id],
            opts=ResourceOptions(parent=self, depends_on=[engine], delete_before_replace=True),
        )

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
        assert isinstance(settings.host, SshHostSettings)
        ssh = settings.host.ssh
        told = {"address": ssh.address, "hostKey": ssh.host_key}
        super().__init__("Ssh", name, settings, opts, told)
        self._set_up(
            instance_id=ssh.host_key,
            reached=pulumi.Output.from_input(SshMachine(ssh)),
        )
