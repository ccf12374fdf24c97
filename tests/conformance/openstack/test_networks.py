"""Networks, subnets, routers and what connects them."""

import pytest
from openstack.connection import Connection

from tests.conformance.openstack.common import (
    ADDRESS,
    ADDRESS_OF_PORT,
    INTERFACE,
    NAME,
    NETWORK,
    NOBODY,
    PORT,
    ROUTER,
    SUBNET,
    refused,
    stopped_at,
)
from tests.conformance.openstack.conftest import There
from tests.support.plugin_client import Plugin, PluginError, Values
from tests.support.plugin_suite import Made, decision, ours

pytestmark = pytest.mark.slow


def test_network_changes_in_place(plugin: Plugin, made: Made, demo: Connection) -> None:
    id, state, checked = made(NETWORK, {"name": NAME, "description": "one", "adminStateUp": True})
    assert state["external"] is False and state["shared"] is False and state["allTags"] == []
    change = {**checked, "name": f"{NAME}-2", "description": "two", "adminStateUp": False}
    assert decision(plugin, NETWORK, state, change) == (
        {"name", "description", "adminStateUp"},
        False,
    )
    new = plugin.update(NETWORK, id, state, change)
    found = demo.network.get_network(id)
    assert (found.name, found.description) == (f"{NAME}-2", "two")
    assert not found.is_admin_state_up
    assert plugin.kinds(NETWORK, new, change) == {}
    del change["description"]
    blank = plugin.update(NETWORK, id, new, change)
    assert demo.network.get_network(id).description == ""
    assert plugin.kinds(NETWORK, blank, change) == {}


@pytest.fixture
def subnet(made: Made) -> tuple[str, Values, Values]:
    network, *_ = made(NETWORK, {"name": NAME})
    inputs = {
        "name": NAME,
        "networkId": network,
        "cidr": "10.32.0.0/24",
        "dnsNameservers": ["9.9.9.9", "1.1.1.1"],
    }
    return made(SUBNET, inputs)


def test_subnet_is_made_as_given(plugin: Plugin, subnet: tuple, demo: Connection) -> None:
    id, state, checked = subnet
    assert checked["ipVersion"] == 4 and checked["enableDhcp"] and not checked["noGateway"]
    assert state["gatewayIp"] == "10.32.0.1"
    assert state["allocationPools"] == [{"start": "10.32.0.2", "end": "10.32.0.254"}]
    found = demo.network.get_subnet(id)
    assert found.dns_nameservers == ["9.9.9.9", "1.1.1.1"] and found.is_dhcp_enabled


def test_subnet_changes_in_place(plugin: Plugin, subnet: tuple, demo: Connection) -> None:
    id, state, checked = subnet
    steps = (
        ({"noGateway": True, "dnsNameservers": []}, None),
        ({"noGateway": False, "gatewayIp": "10.32.0.1"}, "10.32.0.1"),
        ({"noGateway": True}, None),
        ({"noGateway": False, "enableDhcp": False, "name": f"{NAME}-2"}, "10.32.0.1"),
    )
    for change, gateway in steps:
        wanted = plugin.check(SUBNET, {**checked, **change})
        assert decision(plugin, SUBNET, state, wanted) == (set(change), False)
        state = plugin.update(SUBNET, id, state, wanted)
        assert demo.network.get_subnet(id).gateway_ip == gateway
        assert plugin.kinds(SUBNET, state, wanted) == {}
        assert plugin.read(SUBNET, id, state, wanted) == (id, state, wanted)
        checked = {n: v for n, v in wanted.items() if n != "gatewayIp"}
    found = demo.network.get_subnet(id)
    assert (found.name, found.is_dhcp_enabled) == (f"{NAME}-2", False)


def test_subnet_changes_that_replace(plugin: Plugin, subnet: tuple) -> None:
    _, state, checked = subnet
    for change in ({"networkId": "other"}, {"cidr": "10.33.0.0/24"}, {"ipVersion": 6}):
        assert decision(plugin, SUBNET, state, {**checked, **change}) == (set(change), True)


@ours
def test_subnet_refusals(plugin: Plugin) -> None:
    wrong = {"networkId": "x", "cidr": "10.0.0.1/8", "allocationPools": [{"start": "10.0.0.9"}]}
    reasons = refused(plugin, SUBNET, wrong)
    assert "10.0.0.1/8 has host bits set" in reasons["cidr"]
    assert "not carried out" in reasons["allocationPools"]
    both = {"networkId": "x", "cidr": "10.0.0.0/8", "noGateway": True, "gatewayIp": "10.0.0.1"}
    assert "exclude each other" in refused(plugin, SUBNET, both)["noGateway"]


def test_router_gets_and_changes_its_way_out(
    plugin: Plugin, made: Made, there: There, demo: Connection
) -> None:
    id, state, checked = made(ROUTER, {"name": NAME, "adminStateUp": True})
    assert state["externalNetworkId"] == ""
    change = {**checked, "externalNetworkId": there.public, "name": f"{NAME}-2"}
    assert decision(plugin, ROUTER, state, change) == ({"externalNetworkId", "name"}, False)
    new = plugin.update(ROUTER, id, state, change)
    assert new["externalNetworkId"] == there.public and new["enableSnat"]
    gateway = demo.network.get_router(id).external_gateway_info
    assert new["externalFixedIps"][0]["ipAddress"] == gateway["external_fixed_ips"][0]["ip_address"]
    assert plugin.kinds(ROUTER, new, change) == {}
    assert plugin.read(ROUTER, id, new, change) == (id, new, change)


def test_interface_changes_replace(plugin: Plugin, made: Made, subnet: tuple) -> None:
    router, *_ = made(ROUTER, {"name": NAME})
    id, state, checked = made(INTERFACE, {"routerId": router, "subnetId": subnet[0]})
    assert state["portId"] == id
    for change in ({"routerId": "other"}, {"subnetId": "other"}):
        assert decision(plugin, INTERFACE, state, {**checked, **change}) == (set(change), True)


def test_interface_waits_for_what_uses_it(
    plugin: Plugin, made: Made, subnet: tuple, there: There, demo: Connection
) -> None:
    router, *_ = made(ROUTER, {"name": NAME, "externalNetworkId": there.public})
    id, state, _ = made(INTERFACE, {"routerId": router, "subnetId": subnet[0]})
    port, *_ = made(PORT, {"name": NAME, "networkId": subnet[1]["networkId"]})
    found = made(ADDRESS, {"pool": "public"})[1]
    made(ADDRESS_OF_PORT, {"floatingIp": found["address"], "portId": port})
    with stopped_at("waiting until nothing uses the connection", plugin.work_dir) as stopped:
        stopped.delete(INTERFACE, id, state)
    assert demo.network.get_port(id)


@ours
def test_unknown_network_is_named(made: Made) -> None:
    with pytest.raises(PluginError, match=rf"cannot create port {NAME}: .*{NOBODY} could not be"):
        made(PORT, {"name": NAME, "networkId": NOBODY})
