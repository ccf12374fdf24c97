"""What holds for each type of resource: made, read back, unchanged, deleted."""

from collections.abc import Callable

import pytest

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
    VOLUME,
    refused,
)
from tests.conformance.openstack.conftest import There
from tests.support.plugin_client import UNKNOWN, Plugin, Values
from tests.support.plugin_suite import Made, ours

pytestmark = pytest.mark.slow

# the least that each needs, made by what it depends on
LEAST: dict[str, Callable[[Made, There], Values]] = {
    ADDRESS: lambda made, there: {"pool": "public"},
    ADDRESS_OF_PORT: lambda made, there: {
        "floatingIp": made(ADDRESS, {"pool": "public"})[1]["address"],
        "portId": made(PORT, {"networkId": there.network})[0],
    },
    ATTACHMENT: lambda made, there: {
        "instanceId": made(SERVER, LEAST[SERVER](made, there))[0],
        "volumeId": made(VOLUME, {"size": 1})[0],
    },
    GROUP: lambda made, there: {},
    INTERFACE: lambda made, there: {
        "routerId": made(ROUTER, {})[0],
        "subnetId": made(SUBNET, LEAST[SUBNET](made, there))[0],
    },
    KEY: lambda made, there: {"publicKey": PUBLIC_KEY},
    NETWORK: lambda made, there: {},
    PORT: lambda made, there: {"networkId": there.network},
    ROUTER: lambda made, there: {},
    RULE: lambda made, there: {
        "securityGroupId": made(GROUP, {})[0],
        "direction": "ingress",
        "ethertype": "IPv4",
    },
    SERVER: lambda made, there: {"flavorName": "p2-3gb", "imageName": "debian-12"},
    SUBNET: lambda made, there: {"networkId": made(NETWORK, {})[0], "cidr": "10.31.0.0/24"},
    VOLUME: lambda made, there: {"size": 1},
}
NAMED = (GROUP, KEY, NETWORK, PORT, ROUTER, SERVER, SUBNET, VOLUME)


@pytest.mark.parametrize("token", LEAST, ids=lambda token: token.split(":")[-1])
def test_made_read_and_deleted(plugin: Plugin, made: Made, there: There, token: str) -> None:
    checked = plugin.check(token, LEAST[token](made, there))
    id, state = plugin.create(token, checked)
    try:
        assert plugin.kinds(token, state, checked) == {}
        assert plugin.read(token, id, state, checked) == (id, state, checked)
        assert state["region"] == "RegionOne"
    finally:
        plugin.delete(token, id, state)
    plugin.delete(token, id, state)  # gone already
    found = plugin.read(token, id, state, checked)[0]
    # an association goes, and its floating IP, whose id it has, stays
    assert found == (id if token == ADDRESS_OF_PORT else "")


@ours
@pytest.mark.parametrize("token", LEAST, ids=lambda token: token.split(":")[-1])
def test_unknown_input_is_refused_by_name(plugin: Plugin, token: str) -> None:
    reason = refused(plugin, token, {"valueSpecs": {"a": "b"}})["valueSpecs"]
    assert "'valueSpecs' is not carried out by this plugin" in reason


@pytest.mark.parametrize("token", NAMED, ids=lambda token: token.split(":")[-1])
def test_name_is_made_up_and_kept(plugin: Plugin, token: str) -> None:
    least = {
        "size": 1, "networkId": "x", "cidr": "10.1.0.0/24", "flavorId": "x", "imageId": "x"
    }  # fmt: skip
    first = plugin.check(token, {n: v for n, v in least.items() if n in _inputs(token)})
    assert first["name"].startswith("thing-")
    again = plugin.check(token, {n: v for n, v in first.items() if n != "name"}, first)
    assert again["name"] == first["name"]


def _inputs(token: str) -> set[str]:
    return {
        PORT: {"networkId"},
        SERVER: {"flavorId", "imageId"},
        SUBNET: {"networkId", "cidr"},
        VOLUME: {"size"},
    }.get(token, set())


def test_preview_knows_what_will_be_known(plugin: Plugin) -> None:
    checked = plugin.check(PORT, {"name": NAME, "networkId": UNKNOWN, "securityGroupIds": UNKNOWN})
    id, state = plugin.create(PORT, checked, preview=True)
    assert id == "" and state["name"] == NAME
    assert state["networkId"] == state["allFixedIps"] == state["macAddress"] == UNKNOWN
