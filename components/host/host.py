"""What a hub needs of a machine, whatever kind the machine is."""

import shlex
from collections.abc import Mapping

import pulumi
import pulumi_docker as docker
from pulumi import ComponentResource, ResourceOptions
from pulumi_command.local import Command, Logging

from cyberhubs.machine import machine_of
from cyberhubs.machine.scripts import script
from cyberhubs.names import MACHINE
from cyberhubs.settings import Settings


class Host(ComponentResource):
    """A machine with a Docker engine and a data directory.

    `docker`: the provider of everything on its engine.
    `data`: absolute path of the data directory there.
    `engine`: what leads to the engine there, and where a hub finds it; `socket_gid`: the group that
    may use it.
    `machine`: everything on the machine is `deleted_with` this, as nothing needs to be removed from
    one that is gone. `machine_id` tells it from the one that replaces it. Both None for a machine
    that is never replaced.
    `mtu`: what a packet on its network may hold; None: Docker's own.
    `members_slice`: systemd's, for members' servers.
    """

    docker: docker.Provider
    data: str
    engine: tuple[str, str]
    socket_gid: pulumi.Output[str]
    machine: Command | None = None
    machine_id: pulumi.Output[str] | None = None
    mtu: pulumi.Output[str] | None = None
    members_slice: str | None = None

    def __init__(self, kind: str, name: str, settings: Settings, opts: ResourceOptions | None):
        super().__init__(f"cyberhubs:host:{kind}", name, {}, opts)
        self.user = settings.user
        self.data = settings.host.data_path
        self._machine = machine_of(settings)

    def command(
        self,
        name: str,
        script: pulumi.Input[str],
        *,
        stdin: pulumi.Input[str] | None = None,
        delete: pulumi.Input[str] | None = None,
        triggers: list[pulumi.Input[str]] | None = None,
        how: tuple[str, ...] = (),
        secret_output: bool = False,
        shown: bool = False,
        opts: ResourceOptions,
    ) -> Command:
        """Runs a convergent script on the machine whenever it or `stdin` changes, or the machine is
        another one.

        Its output is in no log unless it is `shown`; with `secret_output` it is a secret too.
        `how`: further words for the machine's interpreter.
        """
        own = ResourceOptions(
            additional_secret_outputs=["stdout"] if secret_output else None,
            deleted_with=self.machine,
        )
        return Command(
            name,
            interpreter=[*self._machine.interpreter, *how],
            create=script,
            update=script,
            delete=delete,
            stdin=stdin,
            triggers=triggers,
            # An update, where a trigger would be a replacement, whose `delete` runs last.
            environment={"CYBERHUBS_MACHINE": self.machine_id} if self.machine_id else None,
            logging=Logging.STDOUT_AND_STDERR if shown else Logging.NONE,
            add_previous_output_in_env=False,
            opts=ResourceOptions.merge(opts, own),
        )

    def put(
        self,
        name: str,
        path: str,
        content: pulumi.Input[str],
        *,
        encoding: str = "text",
        remove: bool = False,
        opts: ResourceOptions,
    ) -> Command:
        """A file, replaced whole whenever its content changes; kept on removal unless `remove`."""
        return self.command(
            name,
            script("put", path, self.user.uid, self.user.gid, "0400", encoding),
            stdin=content,
            delete=f"rm -f {shlex.quote(path)}" if remove else None,
            opts=opts,
        )

    def labels(self, own: Mapping[str, str]) -> dict[str, pulumi.Input[str]]:
        """Those of a container or network on the machine."""
        return {**own, **({MACHINE: self.machine_id} if self.machine_id else {})}
