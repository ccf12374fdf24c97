"""A virtual machine of an OpenStack cloud, made and then set up by ssh."""

import pulumi
from pulumi import ResourceOptions

from components.host.host_key import HostKey
from components.host.server import Server, ServerArgs
from components.host.ssh import SetUpHost
from cyberhubs.machine import ADDRESS, HOST_KEY, SshMachine
from cyberhubs.machine.script import call
from cyberhubs.settings import Settings
from cyberhubs.settings.host import VOLUME
from cyberhubs.settings.host import OpenStackHost as HostSettings


class OpenStackHost(SetUpHost):
    """All machines that replace one another have one address and one host key."""

    def __init__(self, name: str, settings: Settings, opts: ResourceOptions | None = None):
        super().__init__("OpenStack", name, settings, opts)
        host = settings.host
        assert isinstance(host, HostSettings)
        child = ResourceOptions(parent=self)
        server = Server(
            f"{name}-server",
            ServerArgs(host, settings.stack, () if settings.on_loopback else settings.tls.ports),
            opts=child,
        )
        key = HostKey(f"{name}-key", opts=child)
        self.address = server.address
        self.way = {ADDRESS: server.address, HOST_KEY: key.public}

        arrived = self.command(
            f"{name}-arrived",
            call("first-boot"),
            stdin=key.private,
            how=("--new", server.first_key),
            triggers=[server.instance.id],
            shown=True,
            opts=ResourceOptions(parent=self, depends_on=[server]),
        )
        volume = self.command(
            f"{name}-volume",
            server.volume_id.apply(lambda id: call("volume-link", id, VOLUME)),
            triggers=[server.instance.id],
            opts=ResourceOptions(parent=self, depends_on=[arrived]),
        )
        reached = pulumi.Output.all(server.address, key.public).apply(
            lambda way: SshMachine(host.login(*way))
        )
        self._set_up(
            name,
            settings,
            which=server.instance.id,
            address=reached.apply(lambda machine: machine.address),
            docker_options=reached.apply(lambda machine: machine.docker_options),
            ours=True,
            first=[volume],
        )
