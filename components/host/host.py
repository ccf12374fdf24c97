"""What a hub needs of a machine, whatever kind the machine is."""

import shlex
from abc import abstractmethod
from typing import Any

import pulumi
import pulumi_docker as docker
from pulumi import ComponentResource, ResourceOptions
from pulumi_command.local import Command as LocalCommand
from pulumi_command.remote import Command as RemoteCommand

from cyberhubs.machine.scripts import script
from cyberhubs.settings import Settings

Command = LocalCommand | RemoteCommand


class Host(ComponentResource):
    """A machine with a Docker engine and a data directory.

    `docker`: the provider of everything on its engine.
    `data`: absolute path of the data directory there.
    `socket`: path of the engine's socket, and `socket_gid` the group that may use it.
    """

    docker: docker.Provider
    data: str
    socket: str
    socket_gid: pulumi.Output[str]

    def __init__(self, kind: str, name: str, settings: Settings, opts: ResourceOptions | None):
        super().__init__(f"cyberhubs:host:{kind}", name, {}, opts)
        self.user = settings.user

    def command(
        self,
        name: str,
        script: pulumi.Input[str],
        *,
        stdin: pulumi.Input[str] | None = None,
        delete: pulumi.Input[str] | None = None,
        triggers: list[pulumi.Input[str]] | None = None,
        secret_output: bool = False,
        shown: bool = False,
        opts: ResourceOptions,
    ) -> Command:
        """Runs a convergent script on the machine whenever it or `stdin` changes.

        Its output is in no log unless it is `shown`; with `secret_output` it is a secret too.
        """
        secret = ResourceOptions(additional_secret_outputs=["stdout"] if secret_output else None)
        return self._command(
            name,
            create=script,
            update=script,
            delete=delete,
            stdin=stdin,
            triggers=triggers,
            logging="stdout" if shown else "none",
            add_previous_output_in_env=False,
            opts=ResourceOptions.merge(opts, secret),
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
            script("put", path, self.user.uid, self.user.gid, encoding),
            stdin=content,
            delete=f"rm -f {shlex.quote(path)}" if remove else None,
            opts=opts,
        )

    @abstractmethod
    def _command(self, name: str, **properties: Any) -> Command:
        """The command resource for this kind of machine."""
