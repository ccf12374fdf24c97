"""A real OpenStack in a container; what its servers run on is the part of metal.py."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
from openstack.config import OpenStackConfig
from openstack.connection import Connection

from cyberhubs.ops.engine import run_inside
from tests.support import images, progress, run
from tests.support.lab.machine import container, may_all
from tests.support.networks import make_link

CONTEXT = Path(__file__).with_suffix("")
START_S = 240
SUITE = "bookworm"  # whose packages of OpenStack the services are


def cloud_image(engine: docker.DockerClient, kind: str) -> str:
    """Id of the image of a cloud. `kind`: a stage of cloud/Dockerfile."""
    return images.of_debian(engine, SUITE, CONTEXT, kind)


class LabCloud:
    """`network`: Docker's, and the cloud's external network `public` too, so that a container there
    can have a floating IP address; `environment`: the credentials of the member `demo`.

    `guests`: its servers are guests of a hypervisor, and nothing is left to metal.py; each takes a
    minute and more to answer."""

    def __init__(self, directory: Path, name: str, *, guests: bool = False):
        self.name = run.named(f"cyberhubs-lab-{name}")
        self.clouds_yaml = directory / "clouds.yaml"
        self.engine = docker.from_env()
        image = cloud_image(self.engine, "guests" if guests else "cloud")
        link = make_link(f"lab-{name}")
        self.address, self.gateway, self.network = link.machine, link.gateway, link.network
        if guests:
            host = may_all(self.engine, init=True, devices=["/dev/net/tun"])
        else:
            host = self.engine.api.create_host_config(init=True)
        self.container = container(self.engine, self.name, image, host, self.network, self.address)

    def start(self) -> "LabCloud":
        """Returns when all its services work."""
        with progress.step("a cloud"):
            self._start()
        clouds = self.exec("cat /etc/lab/clouds.yaml").replace("127.0.0.1", self.address)
        self.clouds_yaml.write_text(clouds)
        return self

    def _start(self) -> None:
        self.container.start()
        deadline = time.monotonic() + START_S
        while b"cloud up" not in self.container.logs():
            self.container.reload()
            if self.container.status != "running" or time.monotonic() > deadline:
                raise AssertionError(f"no cloud: {self.container.logs(tail=90).decode()}")
            time.sleep(0.3)

    @property
    def environment(self) -> dict[str, str]:
        return {"OS_CLIENT_CONFIG_FILE": str(self.clouds_yaml), "OS_CLOUD": "demo"}

    def connect(self, cloud: str = "admin") -> Connection:
        """`cloud`: admin, or demo, a member of a project of that name."""
        config = OpenStackConfig(config_files=[str(self.clouds_yaml)])
        return Connection(config=config.get_one(cloud))

    def exec(self, command: str) -> str:
        code, said = run_inside(self.container, "/bin/bash", "-c", command)
        assert code == 0, f"{command}: {said}"
        return said

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """While one of its services is frozen: what others ask of it waits, and is done afterwards."""
        self.exec(f"kill -STOP -$(cat /run/lab/{name}.pid)")
        try:
            yield
        finally:
            self.exec(f"kill -CONT -$(cat /run/lab/{name}.pid)")

    def close(self) -> None:
        self.container.remove(force=True, v=True)
        self.network.remove()


@contextmanager
def lab_cloud(directory: Path, name: str, *, guests: bool = False) -> Iterator[LabCloud]:
    """Up, with what cloud/content.py puts into it; nothing of it is left afterwards."""
    cloud = LabCloud(directory, name, guests=guests)
    try:
        yield cloud.start()
    finally:
        cloud.close()
