"""What a hub needs of a machine, whatever kind the machine is."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict

import pulumi
import pulumi_docker as docker
from pulumi import ComponentResource, ResourceOptions
from pulumi_command.local import Command, Logging

from cyberhubs.layout import DataLayout
from cyberhubs.machine import interpreter
from cyberhubs.machine.endpoint import address_of, dns_record
from cyberhubs.machine.script import SCRIPT, call, digest
from cyberhubs.names import MACHINE
from cyberhubs.settings import Settings


class Host(ComponentResource):
    """A machine with a Docker engine and a data directory.

    `docker`: the provider of everything on its engine.
    `address`: the name or IP address under which it is reached.
    `data`: where the data is there.
    `engine`: what leads to the engine there, and where a hub finds it; `socket_gid`: the group that
    may use it.
    `machine`: everything on the machine is `deleted_with` this, as nothing needs to be removed from
    one that is gone. `machine_id` tells it from the one that replaces it. Both None for a machine
    that is never replaced.
    `mtu`: what a packet on its network may hold; None: Docker's own.
    `members_slice`: systemd's, for members' servers.
    `connection_env`: of each command, where the stack file does not say how the machine is reached.
    """

    docker: docker.Provider
    address: pulumi.Input[str] | None
    data: DataLayout
    engine: tuple[str, str]
    socket_gid: pulumi.Output[str]
    machine: Command | None = None
    machine_id: pulumi.Output[str] | None = None
    mtu: pulumi.Output[str] | None = None
    members_slice: str | None = None
    connection_env: Mapping[str, pulumi.Input[str]]

    def __init__(
        self,
        kind: str,
        name: str,
        settings: Settings,
        opts: ResourceOptions | None,
        told: Mapping[str, str] | None = None,
    ):
        """`told`: what a summary of a change says of the machine, and nothing here depends on."""
        super().__init__(f"cyberhubs:host:{kind}", name, told, opts)
        self._name, self._settings = name, settings
        self.user = settings.user
        self.data = DataLayout(settings.host.data_path)
        self.address = address_of(settings)
        self.connection_env = {}
        self._domain = settings.pointing_domain
        self.proxy_environment = [
            f"{name}={value}" for name, value in settings.proxy_environment.items()
        ]
        self._interpreters = {
            engine: interpreter(settings.stack, settings.host, engine=engine)
            for engine in (False, True)
        }

    @property
    def dns(self) -> pulumi.Output[dict[str, str] | None]:
        """The record that the domain's zone has to hold; None without a domain."""

        def record(address: str | None) -> dict[str, str] | None:
            found = dns_record(self._domain, address)
            return asdict(found) if found else None

        return pulumi.Output.from_input(self.address).apply(record)

    def command(
        self,
        name: str,
        script: pulumi.Input[str],
        *,
        stdin: pulumi.Input[str] | None = None,
        delete: pulumi.Input[str] | None = None,
        triggers: list[pulumi.Input[str]] | None = None,
        how: tuple[pulumi.Input[str], ...] = (),
        on_engine: bool = False,
        secret_output: bool = False,
        shown: bool = False,
        opts: ResourceOptions,
    ) -> Command:
        """Runs an idempotent script on the machine, and again whenever it or `stdin` changes, or the machine
        is another one.

        Its output is in no log unless it is `shown`; with `secret_output` it is a secret too.
        `how`: further words for the machine's interpreter. `on_engine`: it runs on the control machine,
        and DOCKER_HOST is the address of the machine's engine.
        """
        environment = dict(self.connection_env)
        texts = [word for word in (script, *how) if isinstance(word, str)]
        if not isinstance(script, str) or digest(*texts):
            # For a change of the script itself, of which the command says the name alone.
            environment[SCRIPT] = pulumi.Output.all(script, *how).apply(
                lambda words: digest(*words) or ""
            )
        if self.machine_id:
            # An update, where a trigger would be a replacement, whose `delete` runs last.
            environment["CYBERHUBS_MACHINE"] = self.machine_id
        own = ResourceOptions(
            additional_secret_outputs=["stdout"] if secret_output else None,
            deleted_with=self.machine,
        )
        return Command(
            name,
            interpreter=[*self._interpreters[on_engine], *how],
            create=script,
            update=script,
            delete=delete,
            stdin=stdin,
            triggers=triggers,
            environment=environment or None,
            logging=Logging.STDOUT_AND_STDERR if shown else Logging.NONE,
            add_previous_output_in_env=False,
            opts=ResourceOptions.merge(opts, own),
        )

    def on_delete(
        self,
        name: str,
        script: pulumi.Input[str],
        *,
        triggers: list[pulumi.Input[str]] | None = None,
        how: tuple[pulumi.Input[str], ...] = (),
        opts: ResourceOptions,
    ) -> Command:
        """Runs a script on the machine, and shows its output, when this resource goes or is replaced; before
        that, nothing."""
        return self.command(
            name, ":", delete=script, triggers=triggers, how=how, shown=True, opts=opts
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
            call("put-file", path, self.user.uid, self.user.gid, "0400", encoding),
            stdin=content,
            delete=f"rm -f {shlex.quote(path)}" if remove else None,
            opts=opts,
        )

    def labels(self, own: Mapping[str, str]) -> dict[str, pulumi.Input[str]]:
        """Those of a container or network on the machine."""
        return {**own, **({MACHINE: self.machine_id} if self.machine_id else {})}
