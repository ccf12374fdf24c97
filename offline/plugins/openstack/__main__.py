"""Serve the plugin: `python -m offline.plugins.openstack ENGINE_ADDRESS`."""

from offline.plugins.openstack.cloud import Cloud
from offline.plugins.openstack.floating_ip import FloatingIp, FloatingIpAssociate
from offline.plugins.openstack.instance import Instance, Keypair
from offline.plugins.openstack.network import Network, Port, SecGroup, SecGroupRule, Subnet
from offline.plugins.openstack.router import Router, RouterInterface
from offline.plugins.openstack.volume import Volume, VolumeAttach
from offline.plugins.provider import Provider
from offline.plugins.server import serve


def make(address: str) -> Provider:
    cloud = Cloud()
    resources = {
        "openstack:blockstorage/volume:Volume": Volume(cloud),
        "openstack:compute/instance:Instance": Instance(cloud),
        "openstack:compute/keypair:Keypair": Keypair(cloud),
        "openstack:compute/volumeAttach:VolumeAttach": VolumeAttach(cloud),
        "openstack:networking/floatingIp:FloatingIp": FloatingIp(cloud),
        "openstack:networking/floatingIpAssociate:FloatingIpAssociate": FloatingIpAssociate(cloud),
        "openstack:networking/network:Network": Network(cloud),
        "openstack:networking/port:Port": Port(cloud),
        "openstack:networking/router:Router": Router(cloud),
        "openstack:networking/routerInterface:RouterInterface": RouterInterface(cloud),
        "openstack:networking/secGroup:SecGroup": SecGroup(cloud),
        "openstack:networking/secGroupRule:SecGroupRule": SecGroupRule(cloud),
        "openstack:networking/subnet:Subnet": Subnet(cloud),
    }
    return Provider("openstack", "5.5.3", {}, resources, engine=address)


if __name__ == "__main__":
    serve(make)
