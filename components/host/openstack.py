"""A virtual machine of an OpenStack cloud, made and then set up by ssh."""

import pulumi
from pulumi import ResourceOptions

from components.host.cloud_server import CloudServer, CloudServerArgs
from components.host.host_key import HostKey
from components.host.ssh import SetUpHost
from cyberhubs.machine import Endpoint, SshMachine
from cyberhubs.machine.endpoint import ADDRESS, HOST_KEY, ssh_connection
from cyberhubs.machine.script import call
from cyberhubs.settings import Settings
from cyberhubs.settings.host import VOLUME, OpenStackHostSettings


class OpenStackHost(SetUpHost):
    """All machines that replace one another have one address and one host key."""

    def __init__(self, name: str, settings: Settings, opts: ResourceOptions | None = None):
        super().__init__("OpenStack", name, settings, opts)
        host = settings.host
        assert isinstance(host, OpenStackHostSettings)
        child = ResourceOptions(parent=self)
        server = CloudServer(
            f"{name}-server",
            CloudServerArgs(host, settings.stack, settings.tls.ports, settings.door_sources),
            opts=child,
        )
        key = HostKey(f"{name}-key", opts=child)
        self.address = server.address
        self.connection_env = {ADDRESS: server.address, HOST_KEY: key.public}

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

        def machine(address_and_key: list[str]) -> SshMachine:
            connection = ssh_connection(host, Endpoint(*address_and_key))
            assert connection
            return SshMachine(connection)

        self._set_up(
            instance_id=server.instance.id,
            reached=pulumi.Output.all(server.address, key.public).apply(machine),
            ephemeral=True,
            depends_on=[volume],
        )
