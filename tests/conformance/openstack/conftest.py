"""A cloud for all these tests, the plugin under test, and what its tests start from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from openstack.connection import Connection

from tests.conformance.openstack.common import NAME, PORT, SERVER
from tests.support.lab import cloud as lab
from tests.support.plugin_client import Plugin, Values
from tests.support.plugin_suite import Made


@pytest.fixture(scope="package", autouse=True)
def credentials(cloud: lab.LabCloud) -> Iterator[None]:
    """In the environment, as an operator has them."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cloud.environment.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="package")
def demo(cloud: lab.LabCloud) -> Connection:
    return cloud.connect("demo")


@pytest.fixture(scope="package")
def admin(cloud: lab.LabCloud) -> Connection:
    return cloud.connect("admin")


@pytest.fixture(scope="package")
def project(demo: Connection) -> str:
    assert demo.current_project_id
    return demo.current_project_id


@pytest.fixture(scope="module", autouse=True)
def nothing_left(demo: Connection) -> Iterator[None]:
    def there() -> set[str]:
        network, storage = demo.network, demo.block_storage
        kinds = [
            demo.compute.servers(), demo.compute.keypairs(), storage.volumes(), network.ips(),
            network.networks(), network.ports(), network.routers(), network.security_groups(),
            network.security_group_rules(),
        ]  # fmt: skip
        return {f"{type(item).__name__} {item.id} {item.name}" for kind in kinds for item in kind}

    before = there()
    yield
    assert there() == before


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    with Plugin("openstack", tmp_path_factory.mktemp("work")) as plugin:
        yield plugin


@pytest.fixture
def made(plugin: Plugin) -> Iterator[Made]:
    made = Made(plugin)
    yield made
    made.remove()


@dataclass(frozen=True)
class There:
    """Ids of what the cloud has from the start."""

    network: str
    subnet: str
    router: str
    public: str
    small: str
    large: str
    image: str
    newer_image: str


@pytest.fixture(scope="package")
def there(demo: Connection) -> There:
    network = demo.network.find_network("rrg-net", ignore_missing=False)
    return There(
        network=network.id,
        subnet=network.subnet_ids[0],
        router=demo.network.find_router("rrg-net", ignore_missing=False).id,
        public=demo.network.find_network("public", ignore_missing=False).id,
        small=demo.compute.find_flavor("p2-3gb", ignore_missing=False).id,
        large=demo.compute.find_flavor("p4-15gb", ignore_missing=False).id,
        image=demo.image.find_image("debian-12", ignore_missing=False).id,
        newer_image=demo.image.find_image("debian-12-newer", ignore_missing=False).id,
    )


@pytest.fixture(scope="package")
def server(there: There) -> Callable[..., Values]:
    """Inputs of a server."""

    def inputs(**more: Any) -> Values:
        given = {
            "name": NAME,
            "flavorId": there.small,
            "imageId": there.image,
            "networks": [{"uuid": there.network}],
            **more,
        }
        return {name: value for name, value in given.items() if value is not None}

    return inputs


@pytest.fixture(scope="module")
def standing(plugin: Plugin, server: Callable[..., Values], there: There) -> Iterator[tuple]:
    """Id, state and inputs of a server that tests only compare with or attach to."""
    made = Made(plugin)
    port, *_ = made(PORT, {"name": f"{NAME}-standing", "networkId": there.network})
    yield made(
        SERVER,
        server(
            name=f"{NAME}-standing",
            networks=[{"port": port}],
            userData="#cloud-config\n",
            metadata={"site": "x"},
        ),
    )
    made.remove()
