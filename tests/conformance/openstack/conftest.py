"""A cloud for all these tests, the plugin under test, and what its tests start from."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from openstack.connection import Connection
from openstack.network.v2.network import Network

from tests.conformance.openstack.common import (
    ADDRESS,
    ADDRESS_OF_PORT,
    ATTACHMENT,
    GROUP,
    INTERFACE,
    KEY,
    NAME,
    NETWORK,
    PORT,
    PUBLIC_KEY,
    ROUTER,
    RULE,
    SERVER,
    SUBNET,
    USER_DATA,
    VOLUME,
    Of,
    Program,
)
from tests.support.lab import cloud as lab
from tests.support.plugin_client import Plugin, Values


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


@dataclass(frozen=True)
class There:
    """Ids of what the cloud has from the start."""

    network: str
    public: str
    small: str
    huge: str
    image: str


@pytest.fixture(scope="package")
def there(demo: Connection) -> There:
    return There(
        network=demo.network.find_network("rrg-net", ignore_missing=False).id,
        public=demo.network.find_network("public", ignore_missing=False).id,
        small=demo.compute.find_flavor("p2-3gb", ignore_missing=False).id,
        huge=demo.compute.find_flavor("huge", ignore_missing=False).id,
        image=demo.image.find_image("debian-12", ignore_missing=False).id,
    )


@pytest.fixture
def outside(admin: Connection) -> Iterator[Network]:
    """Another external network, which has one address."""
    network = admin.network.create_network(name=f"{NAME}-outside", is_router_external=True)
    pool = [{"start": "10.41.0.10", "end": "10.41.0.10"}]
    admin.network.create_subnet(
        network_id=network.id, ip_version=4, cidr="10.41.0.0/24", allocation_pools=pool
    )
    yield network
    admin.network.delete_network(network)


@pytest.fixture(scope="package")
def given(there: There) -> dict[str, Values]:
    """What the program gives of each type of resource."""
    return {
        ADDRESS: {"pool": "public", "description": "one"},
        ADDRESS_OF_PORT: {"floatingIp": Of(ADDRESS, "address"), "portId": Of(PORT)},
        ATTACHMENT: {"instanceId": Of(SERVER), "volumeId": Of(VOLUME)},
        GROUP: {"name": NAME, "description": "one", "deleteDefaultRules": True},
        INTERFACE: {"routerId": Of(ROUTER), "subnetId": Of(SUBNET)},
        KEY: {"name": NAME, "publicKey": PUBLIC_KEY},
        NETWORK: {"name": NAME, "adminStateUp": True},
        PORT: {
            "name": NAME,
            "networkId": there.network,
            "securityGroupIds": [Of(GROUP)],
            "adminStateUp": True,
        },
        ROUTER: {"name": NAME, "externalNetworkId": there.public, "adminStateUp": True},
        RULE: {
            "securityGroupId": Of(GROUP),
            "direction": "ingress",
            "ethertype": "IPv4",
            "protocol": "tcp",
            "portRangeMin": 22,
            "portRangeMax": 22,
            "remoteIpPrefix": "0.0.0.0/0",
        },
        SERVER: {
            "name": NAME,
            "flavorId": there.small,
            "imageId": there.image,
            "keyPair": Of(KEY),
            "networks": [{"port": Of(PORT)}],
            "userData": USER_DATA,
            "stopBeforeDestroy": True,
        },
        SUBNET: {"name": NAME, "networkId": Of(NETWORK), "cidr": "10.77.0.0/24", "ipVersion": 4},
        VOLUME: {"name": NAME, "description": "one", "size": 1, "enableOnlineResize": True},
    }


@pytest.fixture
def made(plugin: Plugin, given: dict[str, Values]) -> Iterator[Program]:
    made = Program(plugin, given)
    yield made
    made.remove()


@pytest.fixture(scope="module")
def standing(plugin: Plugin, given: dict[str, Values]) -> Iterator[str]:
    """Id of a server that tests only attach to."""
    made = Program(plugin, given)
    yield made(SERVER)[0]
    made.remove()
