"""This machine: only its data directory and its Docker objects are touched."""

import pulumi_docker as docker
from cyberhubs_hub.shared.config import ENGINE_SOCKET
from pulumi import ResourceOptions

from components.host.host import Host
from cyberhubs.machine.machine import SOCKET
from cyberhubs.machine.script import call
from cyberhubs.settings import Settings


class LocalHost(Host):
    def __init__(self, name: str, settings: Settings, opts: ResourceOptions | None = None):
        super().__init__("Local", name, settings, opts)
        child = ResourceOptions(parent=self)
        self.engine = (SOCKET, ENGINE_SOCKET)
        self.docker = docker.Provider(
            f"{name}-docker",
            host=f"unix://{SOCKET}",
            # A preview needs no engine.
            disable_docker_daemon_check=True,
            opts=child,
        )
        self.command(
            f"{name}-data",
            call("data-directory", self.data.root, self.user.uid, self.user.gid),
            opts=child,
        )
        self.socket_gid = self.command(f"{name}-socket", f"stat -c %g {SOCKET}", opts=child).stdout
        self.register_outputs({"data": self.data.root})
