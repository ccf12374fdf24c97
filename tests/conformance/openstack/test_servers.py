"""Servers."""

import time
from base64 import b64decode
from typing import Any

import pytest
from openstack.connection import Connection

from tests.conformance.openstack.common import (
    KEY,
    NAME,
    NOBODY,
    PORT,
    PUBLIC_KEY,
    SERVER,
    VOLUME,
    quota,
    refused,
    stopped_at,
    values,
)
from tests.conformance.openstack.conftest import There
from tests.support.lab.cloud import LabCloud
from tests.support.plugin_client import Plugin, PluginError, Secret, Values
from tests.support.plugin_suite import Made, ours

pytestmark = pytest.mark.slow

USER_DATA = "#cloud-config\npackages: [tmux]\n"


def test_server_is_made_as_given(
    plugin: Plugin, made: Made, server: Any, there: There, demo: Connection, admin: Connection
) -> None:
    key, *_ = made(KEY, {"name": NAME, "publicKey": PUBLIC_KEY})
    port, port_state, _ = made(PORT, {"name": NAME, "networkId": there.network})
    inputs = server(
        keyPair=key,
        networks=[{"port": port}],
        userData=Secret(USER_DATA),
        metadata={"site": "x"},
        configDrive=True,
        availabilityZone="nova",
    )
    id, state, checked = made(SERVER, inputs)
    found = admin.compute.get_server(id)  # who is shown its user data
    assert (found.name, found.status, found.key_name) == (NAME, "ACTIVE", key)
    assert found.metadata == {"site": "x"} and found.has_config_drive == "True"
    assert b64decode(found.user_data).decode() == USER_DATA
    address = port_state["allFixedIps"][0]
    assert state["accessIpV4"] == address and state["allMetadata"] == {"site": "x"}
    assert state["networks"] == [
        {
            "name": "rrg-net",
            "uuid": there.network,
            "port": port,
            "fixedIpV4": address,
            "fixedIpV6": "",
            "mac": port_state["macAddress"],
            "accessNetwork": False,
        }
    ]
    assert (state["flavorName"], state["imageName"]) == ("p2-3gb", "debian-12")
    assert state["powerState"] == "active" and state["created"].endswith(" +0000 UTC")
    assert plugin.kinds(SERVER, state, checked) == {}
    assert plugin.read(SERVER, id, state, checked) == (id, state, checked)
    # what a server does to its port is no change of that
    assert plugin.read(PORT, port, port_state, {})[1] == port_state


def test_server_that_is_made_stopped(
    plugin: Plugin, made: Made, server: Any, demo: Connection
) -> None:
    id, state, checked = made(SERVER, server(powerState="shutoff"))
    assert demo.compute.get_server(id).status == "SHUTOFF"
    assert plugin.kinds(SERVER, state, checked) == {}


def test_server_without_networks_gets_the_only_one(
    plugin: Plugin, made: Made, server: Any, there: There
) -> None:
    id, state, checked = made(SERVER, server(networks=None))
    assert [network["uuid"] for network in state["networks"]] == [there.network]
    assert plugin.read(SERVER, id, state, checked) == (id, state, checked)


def test_address_in_a_network_by_its_name(made: Made, server: Any, there: There) -> None:
    networks = [{"name": "rrg-net", "fixedIpV4": "10.30.0.66"}]
    _, state, _ = made(SERVER, server(networks=networks))
    assert state["accessIpV4"] == "10.30.0.66"
    assert state["networks"][0]["uuid"] == there.network


def test_server_on_a_volume(plugin: Plugin, made: Made, server: Any, demo: Connection) -> None:
    volume, *_ = made(VOLUME, {"name": NAME, "size": 1})
    demo.block_storage.set_volume_bootable_status(volume, True)
    device = {"uuid": volume, "sourceType": "volume", "destinationType": "volume", "bootIndex": 0}
    id, state, checked = made(SERVER, server(imageId=None, blockDevices=[device]))
    assert demo.compute.get_server(id).attached_volumes[0].id == volume
    assert state["imageId"] == "Attempt to boot from volume - no image supplied"
    assert plugin.kinds(SERVER, state, checked) == {}
    assert plugin.read(SERVER, id, state, checked) == (id, state, checked)


@ours
def test_refusals_by_name(plugin: Plugin) -> None:
    wrong = {
        "adminPass": "x",
        "powerState": "asleep",
        "networks": [{"accessNetwork": True, "port": "x"}],
        "blockDevices": [{"sourceType": "tape", "destinationType": "volume", "diskBus": "ide"}],
    }
    assert refused(plugin, SERVER, wrong).keys() == {
        "adminPass",
        "powerState",
        "networks[0].accessNetwork",
        "blockDevices[0].sourceType",
        "blockDevices[0].diskBus",
    }
    incomplete = {
        "networks": [{"fixedIpV4": "10.0.0.1"}],
        "blockDevices": [{"sourceType": "image", "destinationType": "volume"}],
    }
    assert refused(plugin, SERVER, incomplete).keys() == {
        "flavorId",
        "networks[0]",
        "blockDevices[0].uuid",
        "blockDevices[0].volumeSize",
    }
    assert refused(plugin, SERVER, {"flavorId": "x"}).keys() == {"imageId"}


@ours
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"flavorId": None, "flavorName": "p3"}, r"no flavor 'p3'; it has huge, p2-3gb, p4-15gb:"),
        ({"flavorId": "p2-3gb"}, r"no flavor with the id 'p2-3gb'; it has"),
        ({"imageId": None, "imageName": "debian"}, r"no image 'debian'; it has debian-12, debian-"),
        ({"imageId": NOBODY}, rf"no image with the id '{NOBODY}'; it has debian-12"),
        ({"imageId": None, "imageName": "twice"}, r"2 images named 'twice' \(.*\); give the id of"),
        ({"networks": [{"name": "lan"}]}, r"no network 'lan'; it has public, rrg-net: choose one"),
        ({"networks": [{"uuid": NOBODY}]}, rf"no network with the id '{NOBODY}'; it has public"),
        ({"networks": [{"port": NOBODY}]}, rf"cannot create server {NAME}: .*{NOBODY}"),
        ({"keyPair": "none"}, rf"cannot create server {NAME}: .*key_name"),
    ],
)
def test_what_the_cloud_does_not_have(
    made: Made, server: Any, change: Values, sentence: str
) -> None:
    with pytest.raises(PluginError, match=sentence):
        made(SERVER, server(**change))


@ours
def test_server_in_error_says_why_and_goes(
    made: Made, server: Any, there: There, demo: Connection, admin: Connection, project: str
) -> None:
    port, *_ = made(PORT, {"name": NAME, "networkId": there.network})
    no_valid_host = r"ERROR: No valid host was found.*choose another flavor"
    huge = server(flavorId=None, flavorName="huge", networks=[{"port": port}])
    with (
        quota(admin.compute, project, cores=-1),
        pytest.raises(PluginError, match=no_valid_host),
    ):
        made(SERVER, huge)
    assert NAME not in values(demo.compute.servers(), "name")
    assert demo.network.get_port(port).device_id == ""  # free for the next attempt


def test_cancelled_creation_leaves_nothing(plugin: Plugin, server: Any, demo: Connection) -> None:
    checked = plugin.check(SERVER, server())
    with stopped_at(f"waiting until server {NAME} is built", plugin.work_dir) as stopped:
        stopped.create(SERVER, checked)
    assert NAME not in values(demo.compute.servers(), "name")


@ours
def test_time_limit_of_the_engine(
    plugin: Plugin, server: Any, cloud: LabCloud, demo: Connection
) -> None:
    checked = plugin.check(SERVER, server())
    with cloud.without("nova-conductor"):
        began = time.monotonic()
        with pytest.raises(PluginError, match=r"is not ACTIVE; .* \(after 3 s, its time limit\)"):
            plugin.create(SERVER, checked, timeout_s=3)
        assert 3 < time.monotonic() - began < 30
    assert NAME not in values(demo.compute.servers(), "name")


def test_server_is_stopped_before_it_is_deleted(
    plugin: Plugin, server: Any, demo: Connection
) -> None:
    start = len(plugin.logs)
    id, state = plugin.create(SERVER, plugin.check(SERVER, server(stopBeforeDestroy=True)))
    plugin.delete(SERVER, id, state)
    assert NAME not in values(demo.compute.servers(), "name")
    text = "\n".join(log.message for log in plugin.logs[start:])
    assert text.index("is shut down") < text.index("is deleted")
