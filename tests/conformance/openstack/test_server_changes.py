"""Changes of a server: in place or by a new one."""

import hashlib
from typing import Any

import pytest
from openstack.connection import Connection

from tests.conformance.openstack.common import GROUP, NAME, SERVER
from tests.support.plugin_client import UNKNOWN, Plugin, PluginError, Values
from tests.support.plugin_suite import Made, decision, ours

pytestmark = pytest.mark.slow


def test_state_holds_a_hash_of_the_user_data(plugin: Plugin, standing: tuple) -> None:
    _, state, checked = standing
    assert state["userData"] == hashlib.sha1(checked["userData"].encode()).hexdigest()
    assert plugin.kinds(SERVER, state, checked) == {}
    other = {**checked, "userData": "#cloud-config\n#2\n"}
    assert decision(plugin, SERVER, state, other) == ({"userData"}, True)


@pytest.mark.parametrize(
    ("change", "replaces"),
    [
        ({"name": "other"}, False),
        ({"flavorId": "other"}, False),
        ({"flavorName": "p4-15gb"}, False),
        ({"imageId": "other"}, False),
        ({"imageName": "other"}, False),
        ({"metadata": {"site": "y"}}, False),
        ({"metadata": {}}, False),
        ({"securityGroups": ["other"]}, False),
        ({"powerState": "shutoff"}, False),
        ({"stopBeforeDestroy": True}, False),
        ({"keyPair": "other"}, True),
        ({"userData": UNKNOWN}, True),
        ({"networks": [{"port": "other"}]}, True),
        ({"networks": [{"uuid": "other"}]}, True),
        ({"configDrive": True}, True),
        ({"availabilityZone": "other"}, True),
    ],
)
def test_what_changes_in_place_and_what_replaces(
    plugin: Plugin, standing: tuple, change: Values, replaces: bool
) -> None:
    _, state, checked = standing
    assert decision(plugin, SERVER, state, {**checked, **change}) == (set(change), replaces)


def test_changes_of_block_devices_replace(plugin: Plugin, standing: tuple) -> None:
    _, state, checked = standing
    device = {"sourceType": "image", "destinationType": "volume", "uuid": "x", "volumeSize": 9}
    new = {**checked, "blockDevices": [device]}
    assert decision(plugin, SERVER, state, new) == ({"blockDevices"}, True)
    grown = {**new, "blockDevices": [{**device, "volumeSize": 10}]}
    assert decision(plugin, SERVER, new, grown) == ({"blockDevices"}, True)


def test_zone_of_a_host_is_the_zone(plugin: Plugin, standing: tuple) -> None:
    _, state, checked = standing
    assert plugin.kinds(SERVER, state, {**checked, "availabilityZone": "nova:host"}) == {}


def test_server_changes_in_place(plugin: Plugin, made: Made, server: Any, demo: Connection) -> None:
    group, *_ = made(GROUP, {"name": NAME})
    inputs = server(metadata={"a": "1", "b": "2"}, securityGroups=["default"])
    id, state, checked = made(SERVER, inputs)
    change = {
        **checked,
        "name": f"{NAME}-2",
        "metadata": {"b": "3", "c": "4"},
        "securityGroups": [NAME],
    }
    new = plugin.update(SERVER, id, state, change)
    found = demo.compute.get_server(id)
    assert found.name == f"{NAME}-2" and found.metadata == {"b": "3", "c": "4"}
    assert {g["name"] for g in found.security_groups} == {NAME}
    port = next(iter(demo.network.ports(device_id=id)))
    assert port.security_group_ids == [group]
    assert new["allMetadata"] == {"b": "3", "c": "4"}
    assert plugin.kinds(SERVER, new, change) == {}
    assert plugin.read(SERVER, id, new, change) == (id, new, change)


@ours
@pytest.mark.parametrize(
    ("change", "word"),
    [({"flavorName": "p4-15gb"}, "resize"), ({"imageName": "debian-12-newer"}, "rebuild")],
)
def test_resize_and_rebuild_in_place_are_refused(
    plugin: Plugin, standing: tuple, demo: Connection, change: Values, word: str
) -> None:
    id, state, checked = standing
    with pytest.raises(PluginError, match=f"would {word} server .*have it replaced"):
        plugin.update(SERVER, id, state, {**checked, **change, "name": "other"})
    assert demo.compute.get_server(id).name == state["name"]


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("stop_server", "SHUTOFF"),
        ("pause_server", "PAUSED"),
        ("shelve_server", "SHELVED_OFFLOADED"),
        pytest.param("suspend_server", "SUSPENDED", marks=ours),
    ],
)
def test_server_that_somebody_stopped_is_started(
    plugin: Plugin, made: Made, server: Any, demo: Connection, action: str, status: str
) -> None:
    id, state, checked = made(SERVER, server())
    getattr(demo.compute, action)(id)
    demo.compute.wait_for_server(demo.compute.get_server(id), status, interval=0.5)
    _, found, inputs = plugin.read(SERVER, id, state, checked)
    assert found["powerState"] == inputs["powerState"] == status.lower()
    assert decision(plugin, SERVER, found, checked) == ({"powerState"}, False)
    new = plugin.update(SERVER, id, found, checked)
    assert demo.compute.get_server(id).status == "ACTIVE" and new["powerState"] == "active"


def test_server_is_stopped_on_demand(
    plugin: Plugin, made: Made, server: Any, demo: Connection
) -> None:
    id, state, checked = made(SERVER, server())
    off = {**checked, "powerState": "shutoff"}
    new = plugin.update(SERVER, id, state, off)
    assert demo.compute.get_server(id).status == "SHUTOFF"
    assert plugin.kinds(SERVER, new, off) == {}


@ours
def test_server_goes_on_with_a_flavor_that_is_no_more(
    plugin: Plugin, made: Made, server: Any, admin: Connection
) -> None:
    flavor = admin.compute.create_flavor(name=NAME, vcpus=1, ram=256, disk=1)
    id, state, checked = made(SERVER, server(flavorId=None, flavorName=NAME))
    admin.compute.delete_flavor(flavor)
    assert plugin.read(SERVER, id, state, checked) == (id, state, checked)


def test_server_in_error_is_no_change(
    plugin: Plugin, made: Made, server: Any, admin: Connection
) -> None:
    id, state, checked = made(SERVER, server())
    admin.compute.reset_server_state(id, "error")
    _, found, _ = plugin.read(SERVER, id, state, checked)
    assert plugin.kinds(SERVER, found, checked) == {}
