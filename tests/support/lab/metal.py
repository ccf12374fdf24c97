"""What the cloud's servers run on: for each one a machine in a container, as a hypervisor would give it.

It has the server's floating IP address, user data and key, and its volumes as disks.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker.models.containers import Container
from keystoneauth1.exceptions import ClientException
from openstack.exceptions import SDKException

from tests.support.lab.cloud import LabCloud
from tests.support.lab.machine import LoopDisk, machine_image, plug, put, system_container

POLL_S = 0.5
SEED = "/var/lib/cloud/seed/nocloud"


@dataclass
class Machine:
    container: Container
    volumes: set[str] = field(default_factory=set)  # ids of those that are plugged in


class Metal(threading.Thread):
    """Follows the cloud until `stop`. `machines`: by the server's id; `disks`: by the volume's id,
    each until its volume is deleted; `vendor_data`: what the cloud tells cloud-init of machines to be
    made, beside their user data; `failure`: what ended it before its time."""

    def __init__(self, cloud: LabCloud, directory: Path):
        super().__init__(daemon=True)
        self._lab, self._directory = cloud, directory
        self._cloud = cloud.connect()
        self._image = machine_image(cloud.engine, "server")
        self._ending = threading.Event()
        self.machines: dict[str, Machine] = {}
        self.disks: dict[str, LoopDisk] = {}
        self.vendor_data = b""
        self.failure: Exception | None = None

    def run(self) -> None:
        while not self._ending.wait(POLL_S):
            try:
                self._follow()
            except (SDKException, ClientException):
                pass  # a test stopped a service, or deleted what was being looked at
            except Exception as error:
                self.failure = error
                raise

    def _follow(self) -> None:
        servers = {s.id: s for s in self._cloud.compute.servers(all_projects=True)}
        for id in self.machines.keys() - servers.keys():
            self.machines.pop(id).container.remove(force=True, v=True)
        volumes = {v.id: v for v in self._cloud.block_storage.volumes(all_projects=True)}
        for id in self.disks.keys() - volumes.keys():
            self.disks.pop(id).close()
        for id, disk in self.disks.items():
            if volumes[id].size > disk.size_gb and volumes[id].status != "extending":
                disk.grow(volumes[id].size)
        for id, server in servers.items():
            if server.status == "ACTIVE" and id not in self.machines:
                self._make(server)
            if id in self.machines:
                self._plug(id, volumes)
                self._switch(self.machines[id].container, server.status)

    def _make(self, server: Any) -> None:
        """Once it has an address; it is started when its disks are in."""
        address = next(self._addresses(server), None)
        if address is None:
            return
        about: dict[str, Any] = {"instance-id": server.id, "local-hostname": server.name}
        if server.key_name:
            key = self._cloud.compute.get_keypair(server.key_name, user_id=server.user_id)
            about["public-keys"] = [key.public_key]
        name = f"{self._lab.name}-{server.id}"
        container = system_container(
            self._lab.engine, name, self._image, self._lab.network, address
        )
        self.machines[server.id] = Machine(container)
        user_data = base64.b64decode(server.user_data or "")
        seed = {
            "user-data": user_data,
            "vendor-data": self.vendor_data,
            "meta-data": json.dumps(about).encode(),
        }
        put(container, {f"{SEED}/{name}": content for name, content in seed.items()})

    def _addresses(self, server: Any) -> Iterator[str]:
        for port in self._cloud.network.ports(device_id=server.id):
            for ip in self._cloud.network.ips(port_id=port.id):
                yield ip.floating_ip_address

    def _plug(self, id: str, volumes: dict[str, Any]) -> None:
        machine = self.machines[id]
        attached = {
            volume.id
            for volume in volumes.values()
            if any(attachment["server_id"] == id for attachment in volume.attachments)
        }
        if attached == machine.volumes:
            return
        for volume in attached - self.disks.keys():
            self.disks[volume] = LoopDisk(self._directory / volume, volumes[volume].size)
        # The part of its id that is a disk's serial number under QEMU.
        plug(machine.container, {f"virtio-{id[:20]}": self.disks[id] for id in sorted(attached)})
        machine.volumes = attached

    def _switch(self, container: Container, status: str) -> None:
        """Off and on as the server is."""
        container.reload()
        if status == "SHUTOFF" and container.status == "running":
            container.stop(timeout=20)
        elif status == "ACTIVE" and container.status != "running":
            container.start()

    def stop(self) -> None:
        self._ending.set()
        self.join(60)
        for machine in self.machines.values():
            machine.container.remove(force=True, v=True)
        for disk in self.disks.values():
            disk.close()


@contextmanager
def metal(cloud: LabCloud, directory: Path) -> Iterator[Metal]:
    running = Metal(cloud, directory)
    running.start()
    try:
        yield running
    finally:
        running.stop()
    assert running.failure is None, running.failure
