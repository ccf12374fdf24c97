"""What an operator of a cloud offers to its users, and a network that one of these made.

The external network is the one that this container is in: others there can have its addresses.
"""

import ipaddress
import sys
import time
from pathlib import Path

import openstack
from openstack.connection import Connection

FLAVORS = (("p2-3gb", 2, 3072), ("p4-15gb", 4, 15360), ("huge", 2000, 1024))
DEBIAN = ("debian-12", "debian-12-newer")
TINY = {"disk_format": "raw", "container_format": "bare", "visibility": "public"}
GUEST = Path("/var/lib/lab/guest")


def main(address: str) -> None:
    admin, demo = openstack.connect(cloud="admin"), openstack.connect(cloud="demo")
    if not admin.network.find_network("public"):  # the container was not restarted
        fill(admin, demo, address)
    while not list(admin.block_storage.backend_pools()):
        time.sleep(0.3)  # or there would be no place for a volume


def fill(admin: Connection, demo: Connection, address: str) -> None:
    around = ipaddress.ip_network(f"{address}/24", strict=False)
    public = admin.network.create_network(
        name="public",
        is_router_external=True,
        provider_network_type="flat",
        provider_physical_network="public",
    )
    admin.network.create_subnet(
        name="public",
        network_id=public.id,
        ip_version=4,
        cidr=str(around),
        gateway_ip=str(around[1]),
        is_dhcp_enabled=False,
        allocation_pools=[{"start": str(around[100]), "end": str(around[199])}],
    )
    network = demo.network.create_network(name="rrg-net")
    subnet = demo.network.create_subnet(
        name="rrg-net",
        network_id=network.id,
        ip_version=4,
        cidr="10.30.0.0/24",
        dns_nameservers=[address],
    )
    router = demo.network.create_router(
        name="rrg-net", external_gateway_info={"network_id": public.id}
    )
    demo.network.add_interface_to_router(router, subnet_id=subnet.id)
    for name, cores, memory in FLAVORS:
        admin.compute.create_flavor(name=name, vcpus=cores, ram=memory, disk=20)
    for name in ("twice", "twice") if GUEST.exists() else ("twice", "twice", *DEBIAN):
        admin.image.create_image(name=name, data=bytes(2**20), **TINY)
    if GUEST.exists():
        guest(admin)


def guest(admin: Connection) -> None:
    """A disk without boot loader; its kernel and initial file system are images of their own."""
    boot = {}
    for name, kind in (("kernel", "aki"), ("ramdisk", "ari")):
        boot[f"{name}_id"] = admin.image.create_image(
            name=f"debian-12-{name}",
            filename=str(GUEST / name),
            disk_format=kind,
            container_format=kind,
            visibility="public",
        ).id
    for name in DEBIAN:
        admin.image.create_image(
            name=name,
            filename=str(GUEST / "disk"),
            disk_format="qcow2",
            container_format="bare",
            visibility="public",
            os_command_line="root=/dev/vda rw console=ttyS0 net.ifnames=0",
            hw_rng_model="virtio",
            **boot,
        )


main(sys.argv[1])
