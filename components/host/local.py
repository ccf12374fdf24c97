"""This machine: only its data directory and its Docker objects are touched."""

import pulumi
import pulumi_docker as docker
from pulumi import ResourceOptions
from pulumi_command.local import Command, Logging

from components.host.host import Host
from cyberhubs.machine.scripts import script
from cyberhubs.settings import Settings


class LocalHost(Host):
    def __init__(self, name: str, settings: Settings, opts: ResourceOptions | None = None):
        super().__init__("Local", name, settings, opts)
        self.data = str(settings.host.data.path)
        self.socket = "/var/run/docker.sock"
        self.docker = docker.Provider(
            f"{name}-docker",
            host=f"unix://{self.socket}",
            # A preview needs no engine.
            disable_docker_daemon_check=True,
            opts=ResourceOptions(parent=self),
        )
        self.data_ready = self.command(
            f"{name}-data",
            script("data", self.data, self.user.uid, self.user.gid),
            opts=ResourceOptions(parent=self),
        )
        self.socket_gid = self.command(
            f"{name}-socket", f"stat -c %g {self.socket}", opts=ResourceOptions(parent=self)
        ).stdout
        self.register_outputs({"data": self.data})

    def command(
        self,
        name: str,
        script: pulumi.Input[str],
        *,
        stdin: pulumi.Input[str] | None = None,
        delete: pulumi.Input[str] | None = None,
        triggers: list[pulumi.Input[str]] | None = None,
        secret_output: bool = False,
        opts: ResourceOptions,
    ) -> Command:
        secret = ["stdout"] if secret_output else None
        return Command(
            name,
            create=script,
            update=script,
            delete=delete,
            stdin=stdin,
            triggers=triggers,
            interpreter=["/bin/sh", "-c"],
            logging=Logging.NONE,
            add_previous_output_in_env=False,
            opts=ResourceOptions.merge(opts, ResourceOptions(additional_secret_outputs=secret)),
        )
