"""Key pairs, security groups, ports and floating IPs."""

import pytest
from openstack.connection import Connection

from tests.conformance.openstack.common import (
    ADDRESS,
    ADDRESS_OF_PORT,
    GROUP,
    KEY,
    NAME,
    PORT,
    PUBLIC_KEY,
    RULE,
    refused,
    values,
)
from tests.conformance.openstack.conftest import There
from tests.support.plugin_client import Plugin, PluginError, Secret, Values
from tests.support.plugin_suite import Made, decision, ours

pytestmark = pytest.mark.slow


def test_key_pair(plugin: Plugin, made: Made, demo: Connection) -> None:
    id, state, checked = made(KEY, {"name": NAME, "publicKey": PUBLIC_KEY})
    assert id == NAME and state["fingerprint"] == demo.compute.get_keypair(NAME).fingerprint
    assert state["privateKey"] in ("", Secret(""))
    for change in ({"name": f"{NAME}-2"}, {"publicKey": PUBLIC_KEY.replace("Mzo", "Mzp")}):
        assert decision(plugin, KEY, state, {**checked, **change}) == (set(change), True)
    assert plugin.kinds(KEY, state, {**checked, "publicKey": f"{PUBLIC_KEY}\n"}) == {}


@ours
def test_second_key_pair_of_a_name(made: Made) -> None:
    made(KEY, {"name": NAME, "publicKey": PUBLIC_KEY})
    with pytest.raises(PluginError, match=f"'{NAME}' already exists.*or choose another name"):
        made(KEY, {"name": NAME, "publicKey": PUBLIC_KEY})


@ours
def test_key_that_is_none(made: Made) -> None:
    with pytest.raises(PluginError, match=f"cannot create key pair {NAME}: the cloud says: "):
        made(KEY, {"name": NAME, "publicKey": "secret words"})


def test_group_with_and_without_its_default_rules(
    plugin: Plugin, made: Made, demo: Connection
) -> None:
    for delete, rules in ((True, []), (False, ["egress", "egress"])):
        id, state, checked = made(GROUP, {"name": NAME, "deleteDefaultRules": delete})
        found = demo.network.security_group_rules(security_group_id=id)
        assert values(found, "direction") == rules
        other = {**checked, "deleteDefaultRules": not delete}
        assert decision(plugin, GROUP, state, other) == ({"deleteDefaultRules"}, True)


def test_group_changes_in_place(plugin: Plugin, made: Made, demo: Connection) -> None:
    id, state, checked = made(GROUP, {"name": NAME, "description": "one"})
    change = {**checked, "name": f"{NAME}-2", "description": "two"}
    assert decision(plugin, GROUP, state, change) == ({"name", "description"}, False)
    new = plugin.update(GROUP, id, state, change)
    found = demo.network.get_security_group(id)
    assert (found.name, found.description) == (f"{NAME}-2", "two")
    assert plugin.kinds(GROUP, new, change) == {}


def test_rules(plugin: Plugin, made: Made, demo: Connection) -> None:
    group, *_ = made(GROUP, {"name": NAME, "deleteDefaultRules": True})
    least = {"securityGroupId": group, "direction": "ingress"}
    rules: list[Values] = [
        {"ethertype": "IPv4", "protocol": "tcp", "portRangeMin": 22, "portRangeMax": 22},
        {"ethertype": "IPv6", "protocol": "udp", "portRangeMin": 1, "portRangeMax": 65535},
        {"ethertype": "IPv6", "remoteIpPrefix": "FD00::/8", "description": "by hand"},
        {"ethertype": "IPv4", "remoteGroupId": group},
        {"ethertype": "IPv4", "remoteIpPrefix": "0.0.0.0/0"},
        {"ethertype": "IPv4", "direction": "egress", "protocol": "icmp"},
    ]
    for inputs in rules:
        id, state, checked = made(RULE, least | inputs)
        assert plugin.kinds(RULE, state, checked) == {}
        assert plugin.read(RULE, id, state, checked)[::2] == (id, checked)
        assert demo.network.get_security_group_rule(id).ether_type == inputs["ethertype"]


def test_rule_changes_replace(plugin: Plugin, made: Made) -> None:
    group, *_ = made(GROUP, {"name": NAME})
    rule = {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp"}
    ports = {"portRangeMin": 80, "portRangeMax": 80, "remoteIpPrefix": "0.0.0.0/0"}
    _, state, checked = made(RULE, {"securityGroupId": group, **rule, **ports})
    for change in (
        {"securityGroupId": "other"},
        {"direction": "egress"},
        {"ethertype": "IPv6"},
        {"protocol": "udp"},
        {"portRangeMin": 79},
        {"portRangeMax": 443},
        {"remoteIpPrefix": "10.0.0.0/8"},
        {"description": "x"},
    ):
        assert decision(plugin, RULE, state, {**checked, **change}) == (set(change), True)


@ours
def test_rule_refusals(plugin: Plugin, made: Made) -> None:
    wrong = {"securityGroupId": "x", "direction": "in", "ethertype": "ip", "portRangeMin": 70000}
    assert refused(plugin, RULE, wrong).keys() == {"direction", "ethertype", "portRangeMin"}
    lone = {"securityGroupId": "x", "direction": "ingress", "ethertype": "IPv4", "portRangeMin": 1}
    assert "go together" in refused(plugin, RULE, lone)["portRangeMin"]


@ours
def test_rule_that_is_there_already(made: Made) -> None:
    group, *_ = made(GROUP, {"name": NAME})
    rule = {"securityGroupId": group, "direction": "egress", "ethertype": "IPv4"}
    with pytest.raises(PluginError, match=r"rule already exists.*remove the old one"):
        made(RULE, rule)


def test_port(plugin: Plugin, made: Made, there: There, demo: Connection) -> None:
    group, *_ = made(GROUP, {"name": NAME})
    other, *_ = made(GROUP, {"name": f"{NAME}-2"})
    inputs = {
        "name": NAME,
        "networkId": there.network,
        "adminStateUp": True,
        "securityGroupIds": [group, other],
        "fixedIps": [{"subnetId": there.subnet, "ipAddress": "10.30.0.77"}],
    }
    id, state, checked = made(PORT, inputs)
    assert state["allFixedIps"] == ["10.30.0.77"]
    assert sorted(state["allSecurityGroupIds"]) == sorted([group, other])
    assert state["macAddress"] == demo.network.get_port(id).mac_address
    assert plugin.kinds(PORT, state, {**checked, "securityGroupIds": [other, group]}) == {}
    change = {
        **checked,
        "description": "moved",
        "securityGroupIds": [group],
        "fixedIps": [{"subnetId": there.subnet, "ipAddress": "10.30.0.78"}],
    }
    changed = {"description", "securityGroupIds", "fixedIps"}
    assert decision(plugin, PORT, state, change) == (changed, False)
    new = plugin.update(PORT, id, state, change)
    assert new["allFixedIps"] == ["10.30.0.78"] and new["allSecurityGroupIds"] == [group]
    assert plugin.kinds(PORT, new, change) == {}
    assert plugin.read(PORT, id, new, change) == (id, new, change)
    assert decision(plugin, PORT, new, {**change, "networkId": "other"}) == ({"networkId"}, True)


def test_floating_ip(plugin: Plugin, made: Made, there: There, demo: Connection) -> None:
    id, state, checked = made(ADDRESS, {"pool": "public", "description": "one"})
    assert state["address"] == demo.network.get_ip(id).floating_ip_address
    port, *_ = made(PORT, {"name": NAME, "networkId": there.network})
    change = {**checked, "description": "two", "portId": port}
    assert decision(plugin, ADDRESS, state, change) == ({"description", "portId"}, False)
    new = plugin.update(ADDRESS, id, state, change)
    assert demo.network.get_ip(id).port_id == port
    assert plugin.kinds(ADDRESS, new, change) == {}
    assert decision(plugin, ADDRESS, new, {**change, "pool": "other"}) == ({"pool"}, True)


def test_association(plugin: Plugin, made: Made, there: There, demo: Connection) -> None:
    ip, found, address = made(ADDRESS, {"pool": "public"})
    ports = [made(PORT, {"name": NAME, "networkId": there.network}) for _ in range(2)]
    inputs = {"floatingIp": found["address"], "portId": ports[0][0]}
    id, state, checked = made(ADDRESS_OF_PORT, inputs)
    assert id == ip and state["fixedIp"] == ports[0][1]["allFixedIps"][0]
    # what this decides is no change of the floating IP
    assert plugin.read(ADDRESS, ip, found, address) == (ip, found, address)
    change = {**checked, "portId": ports[1][0]}
    assert decision(plugin, ADDRESS_OF_PORT, state, change) == ({"portId"}, False)
    new = plugin.update(ADDRESS_OF_PORT, id, state, change)
    assert demo.network.get_ip(ip).port_id == ports[1][0]
    assert plugin.kinds(ADDRESS_OF_PORT, new, change) == {}
    elsewhere = {**checked, "floatingIp": "192.0.2.1"}
    assert decision(plugin, ADDRESS_OF_PORT, new, elsewhere)[1]
    # of an association that is not the last one nothing is undone
    plugin.delete(ADDRESS_OF_PORT, id, state)
    assert demo.network.get_ip(ip).port_id == ports[1][0]
    plugin.delete(ADDRESS_OF_PORT, id, new)
    assert demo.network.get_ip(ip).port_id is None
    gone = plugin.read(ADDRESS_OF_PORT, id, new, change)
    assert decision(plugin, ADDRESS_OF_PORT, gone[1], change) == ({"portId"}, False)


@ours
def test_pool_and_address_that_are_none(made: Made, there: There) -> None:
    with pytest.raises(PluginError, match="no external network 'rrg-net'; it has public: choose"):
        made(ADDRESS, {"pool": "rrg-net"})
    with pytest.raises(PluginError, match=r"no floating IP 192\.0\.2\.1; correct the address"):
        made(ADDRESS_OF_PORT, {"floatingIp": "192.0.2.1", "portId": "x"})
