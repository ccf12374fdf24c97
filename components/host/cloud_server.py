"""What a machine is in an OpenStack cloud: the server, its network, address and volumes."""

import json
import re
from dataclasses import dataclass
from ipaddress import ip_network
from string import Template

import pulumi
import pulumi_openstack as openstack
from pulumi import ComponentResource, CustomTimeouts, ResourceOptions

from components.host.host_key import HostKey
from components.host.run_locally import run_locally
from cyberhubs.names import in_cloud, key_pair
from cyberhubs.paths import CHECKOUT
from cyberhubs.processes import python_module
from cyberhubs.settings.base import EVERYWHERE
from cyberhubs.settings.host import OpenStackHostSettings

USER_DATA = CHECKOUT / "cloud-init/user-data.yaml"
OWN_NETWORK = "10.77.0.0/24"


@dataclass
class CloudServerArgs:
    """`ports`: the front door's; `sources`: networks that may use them."""

    host: OpenStackHostSettings
    stack: str
    ports: tuple[int, ...]
    sources: tuple[str, ...]


class CloudServer(ComponentResource):
    """A virtual machine that may be replaced at any time; its address and its volume stay.

    `address`: its floating IP address, once that is associated. `instance`: the machine.
    `volume_id`: that of the volume with all data.
    `first_key`: the host key that a new machine shows.
    """

    address: pulumi.Output[str]
    instance: openstack.compute.Instance
    volume_id: pulumi.Output[str]
    first_key: pulumi.Output[str]

    def __init__(self, name: str, args: CloudServerArgs, opts: ResourceOptions | None = None):
        super().__init__(
            "cyberhubs:host:Server", name, {}, opts
        )  # as stacks have it in their state
        self._name, self._args = name, args
        self._label = in_cloud(args.stack)
        self._child = ResourceOptions(parent=self)

        network_id, routes = self._network()
        port = self._port(network_id, routes)
        self.instance = self._instance(port)
        self.address = self._address(port, routes)
        self.volume_id = self._volume()
        openstack.compute.VolumeAttach(
            f"{name}-attachment",
            instance_id=self.instance.id,
            volume_id=self.volume_id,
            opts=ResourceOptions.merge(
                self._child,
                ResourceOptions(
                    delete_before_replace=True,  # both its ends can be there once only
                    custom_timeouts=CustomTimeouts(create="10m"),
                ),
            ),
        )
        self.register_outputs({"address": self.address})

    def _found(self, kind: str, name: str) -> pulumi.Output[str]:
        """The id of an image, flavor or network, looked up when its name in the stack file changes."""
        return run_locally(
            f"{self._name}-{kind}",
            python_module("cyberhubs.cloud", kind, name),
            triggers=[name],
            opts=self._child,
        )

    def _port(
        self, network_id: pulumi.Output[str], routes: list[pulumi.Resource]
    ) -> openstack.networking.Port:
        """The machine's end of the network, open to no more than it needs."""
        group = openstack.networking.SecGroup(
            f"{self._name}-group",
            name=self._label,
            description="ssh and the front door of Cyberhubs",
            delete_default_rules=True,
            opts=self._child,
        )
        for version in (4, 6):
            self._rule(group, f"out-{version}", direction="egress", ethertype=f"IPv{version}")
        for source in self._args.host.ssh.from_ or EVERYWHERE:
            self._open(group, self._args.host.ssh.port, source)
        for port in self._args.ports:
            for source in self._args.sources:
                self._open(group, port, source)
        return openstack.networking.Port(
            f"{self._name}-port",
            name=self._label,
            network_id=network_id,
            security_group_ids=[group.id],
            admin_state_up=True,
            opts=ResourceOptions.merge(self._child, ResourceOptions(depends_on=routes)),
        )

    def _open(self, group: openstack.networking.SecGroup, port: int, source: str) -> None:
        self._rule(
            group,
            f"in-{port}-{re.sub(r'[:/]', '-', source)}",  # neither may be in a resource's name
            direction="ingress",
            ethertype=f"IPv{ip_network(source).version}",
            protocol="tcp",
            port_range_min=port,
            port_range_max=port,
            remote_ip_prefix=source,
        )

    def _rule(self, group: openstack.networking.SecGroup, name: str, **properties) -> None:
        openstack.networking.SecGroupRule(
            f"{self._name}-{name}", security_group_id=group.id, opts=self._child, **properties
        )

    def _network(self) -> tuple[pulumi.Output[str], list[pulumi.Resource]]:
        """The id of the machine's network, and what must exist before the port on it and the port's address."""
        network = self._args.host.network
        if network.create:
            assert network.external_network
            return self._new_network(network.external_network)
        assert network.name
        return self._found("network", network.name), []

    def _new_network(self, external: str) -> tuple[pulumi.Output[str], list[pulumi.Resource]]:
        network = openstack.networking.Network(
            f"{self._name}-net", name=self._label, admin_state_up=True, opts=self._child
        )
        subnet = openstack.networking.Subnet(
            f"{self._name}-subnet",
            name=self._label,
            network_id=network.id,
            cidr=OWN_NETWORK,
            ip_version=4,
            opts=self._child,
        )
        router = openstack.networking.Router(
            f"{self._name}-router",
            name=self._label,
            external_network_id=self._found("network", external),
            admin_state_up=True,
            opts=self._child,
        )
        interface = openstack.networking.RouterInterface(
            f"{self._name}-interface", router_id=router.id, subnet_id=subnet.id, opts=self._child
        )
        return network.id, [subnet, interface]

    def _instance(self, port: openstack.networking.Port) -> openstack.compute.Instance:
        host = self._args.host
        image_id = host.image.id or self._found("image", host.image.name or "")
        flavor_id = self._found("flavor", host.flavor)
        key = openstack.compute.Keypair(
            f"{self._name}-key",
            name=key_pair(self._args.stack, host.ssh.public_key),
            public_key=host.ssh.public_key,
            opts=self._child,
        )
        first = HostKey(
            f"{self._name}-first-key", triggers=[image_id, flavor_id, key.name], opts=self._child
        )
        self.first_key = first.public
        boot = host.image.boot_volume_gb
        return openstack.compute.Instance(
            f"{self._name}-instance",
            name=self._label,
            flavor_id=flavor_id,
            image_id=None if boot else image_id,
            block_devices=[
                openstack.compute.InstanceBlockDeviceArgs(
                    uuid=image_id,
                    source_type="image",
                    destination_type="volume",
                    volume_size=boot,
                    boot_index=0,
                    delete_on_termination=True,
                )
            ]
            if boot
            else None,
            key_pair=key.name,
            networks=[openstack.compute.InstanceNetworkArgs(port=port.id)],
            user_data=pulumi.Output.secret(
                pulumi.Output.all(first.private, first.public).apply(_user_data)
            ),
            # What runs there ends its work, and its file systems are unmounted.
            stop_before_destroy=True,
            opts=ResourceOptions.merge(
                self._child,
                ResourceOptions(
                    # The port and the volume can be one machine's only.
                    delete_before_replace=True,
                    custom_timeouts=CustomTimeouts(create="20m"),
                ),
            ),
        )

    def _address(
        self, port: openstack.networking.Port, routes: list[pulumi.Resource]
    ) -> pulumi.Output[str]:
        wanted = self._args.host.floating_ip
        address: pulumi.Input[str]
        if wanted.pool:
            address = openstack.networking.FloatingIp(
                f"{self._name}-address",
                pool=wanted.pool,
                description=self._label,
                # Others know it by this address.
                opts=ResourceOptions.merge(self._child, ResourceOptions(protect=True)),
            ).address
        else:
            assert wanted.address
            address = wanted.address
        return openstack.networking.FloatingIpAssociate(
            f"{self._name}-address-of-port",
            floating_ip=address,
            port_id=port.id,
            opts=ResourceOptions.merge(
                self._child, ResourceOptions(depends_on=routes, delete_before_replace=True)
            ),
        ).floating_ip

    def _volume(self) -> pulumi.Output[str]:
        data = self._args.host.data
        if data.volume_id:
            return pulumi.Output.from_input(data.volume_id)
        return openstack.blockstorage.Volume(
            f"{self._name}-volume",
            name=self._label,
            description="All data of Cyberhubs",
            size=data.size_gb,
            enable_online_resize=True,
            opts=ResourceOptions.merge(self._child, ResourceOptions(protect=True)),
        ).id


def _user_data(key: list[str]) -> str:
    private, public = key
    text = Template(USER_DATA.read_text())
    return text.substitute(private=json.dumps(private), public=json.dumps(public))
