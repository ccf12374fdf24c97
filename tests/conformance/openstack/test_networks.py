"""Networks and what leads into them: routers, rules, ports and floating IPs."""

import pytest
from openstack.connection import Connection
from openstack.network.v2.network import Network

from tests.conformance.openstack.common import (
    ADDRESS,
    ADDRESS_OF_PORT,
    GROUP,
    INTERFACE,
    NETWORK,
    NOBODY,
    PORT,
    ROUTER,
    RULE,
    SUBNET,
    Program,
    stopped_at,
    unchanged,
)
from tests.support.plugin_client import Plugin, PluginError, Values
from tests.support.plugin_suite import OFFICIAL, decision, ours

pytestmark = pytest.mark.slow

# what the rules for all that goes out have not
NO_PORTS = dict.fromkeys(("protocol", "portRangeMin", "portRangeMax", "remoteIpPrefix"))


def test_router_gets_another_way_out(
    plugin: Plugin, outside: Network, made: Program, demo: Connection
) -> None:
    id, state, checked = made(ROUTER)
    change = {**checked, "externalNetworkId": outside.id}
    new = plugin.update(ROUTER, id, state, change)
    assert demo.network.get_router(id).external_gateway_info["network_id"] == outside.id
    assert unchanged(plugin, ROUTER, id, new, change)


@ours
def test_interface_waits_for_what_uses_it(plugin: Plugin, made: Program, demo: Connection) -> None:
    network, *_ = made(NETWORK)
    subnet, *_ = made(SUBNET, networkId=network)
    id, state, _ = made(INTERFACE, subnetId=subnet)
    made(ADDRESS_OF_PORT, portId=made(PORT, networkId=network)[0])
    with stopped_at("waiting until nothing uses the connection", plugin.work_dir) as stopped:
        stopped.delete(INTERFACE, id, state)
    assert demo.network.get_port(id)


@ours
def test_unknown_network_is_named(made: Program) -> None:
    with pytest.raises(PluginError, match=rf"cannot create port .*{NOBODY} could not be"):
        made(PORT, networkId=NOBODY)


def test_group_is_made_without_rules(made: Program, demo: Connection) -> None:
    id, *_ = made(GROUP)
    assert not list(demo.network.security_group_rules(security_group_id=id))


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"ethertype": "IPv6", "remoteIpPrefix": "::/0"},
        {"direction": "egress", **NO_PORTS},
        {"direction": "egress", "ethertype": "IPv6", **NO_PORTS},
    ],
)
def test_rule_is_made_as_given(
    plugin: Plugin, made: Program, demo: Connection, rule: Values
) -> None:
    id, state, checked = made(RULE, **rule)
    found = demo.network.get_security_group_rule(id)
    assert (found.direction, found.ether_type) == (checked["direction"], checked["ethertype"])
    assert (found.protocol, found.port_range_min, found.port_range_max) == (
        ("tcp", 22, 22) if "protocol" in checked else (None, None, None)
    )
    assert found.remote_ip_prefix == checked.get("remoteIpPrefix")
    assert unchanged(plugin, RULE, id, state, checked)


@ours
def test_rule_that_is_there_already(made: Program) -> None:
    group, *_ = made(GROUP)
    made(RULE, securityGroupId=group)
    with pytest.raises(PluginError, match=r"rule already exists.*remove the old one"):
        made(RULE, securityGroupId=group)


def test_port_gets_other_groups_in_place(plugin: Plugin, made: Program, demo: Connection) -> None:
    other = made(GROUP)[0]  # before the port, so that it goes after it
    id, state, checked = made(PORT)
    assert demo.network.get_port(id).security_group_ids == checked["securityGroupIds"]
    change = {**checked, "securityGroupIds": [other]}
    new = plugin.update(PORT, id, state, change)
    assert demo.network.get_port(id).security_group_ids == change["securityGroupIds"]
    assert unchanged(plugin, PORT, id, new, change)


def test_association(plugin: Plugin, made: Program, demo: Connection) -> None:
    ip, found, address = made(ADDRESS)
    assert found["address"] == demo.network.get_ip(ip).floating_ip_address
    id, state, checked = made(ADDRESS_OF_PORT, floatingIp=found["address"])
    assert id == ip and state["floatingIp"] == found["address"]
    assert demo.network.get_ip(ip).port_id == checked["portId"]
    # what this decides is no change of the floating IP
    assert unchanged(plugin, ADDRESS, ip, found, address)

    change = {**checked, "portId": made(PORT)[0]}
    new = plugin.update(ADDRESS_OF_PORT, id, state, change)
    assert demo.network.get_ip(ip).port_id == change["portId"]
    assert unchanged(plugin, ADDRESS_OF_PORT, id, new, change)
    if not OFFICIAL:  # of one that is not the last, nothing is undone; the program has one only
        plugin.delete(ADDRESS_OF_PORT, id, state)
        assert demo.network.get_ip(ip).port_id == change["portId"]

    plugin.delete(ADDRESS_OF_PORT, id, new)
    assert demo.network.get_ip(ip).port_id is None
    gone = plugin.read(ADDRESS_OF_PORT, id, new, change)[1]
    assert decision(plugin, ADDRESS_OF_PORT, gone, change) == ({"portId"}, False)


def test_association_of_an_address_that_is_gone(
    plugin: Plugin, made: Program, demo: Connection
) -> None:
    checked = plugin.check(ADDRESS_OF_PORT, made.inputs(ADDRESS_OF_PORT))
    id, state = plugin.create(ADDRESS_OF_PORT, checked)
    demo.network.delete_ip(id)
    assert plugin.read(ADDRESS_OF_PORT, id, state, checked)[0] == ""
    if not OFFICIAL:  # which fails here: it has to be read first, and is then known to be gone
        plugin.delete(ADDRESS_OF_PORT, id, state)


@ours
def test_pool_and_address_that_are_none(made: Program) -> None:
    with pytest.raises(PluginError, match=r"no external network 'rrg-net'.*it has: public"):
        made(ADDRESS, pool="rrg-net")
    with pytest.raises(PluginError, match=r"no floating IP 192\.0\.2\.1; correct the address"):
        made(ADDRESS_OF_PORT, floatingIp="192.0.2.1")
