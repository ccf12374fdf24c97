"""Servers and their keys."""

import hashlib
import time
from base64 import b64decode

import pytest
from openstack.connection import Connection

from tests.conformance.openstack.common import (
    KEY,
    NAME,
    NOBODY,
    PORT,
    SERVER,
    USER_DATA,
    Program,
    quota,
    stopped_at,
    unchanged,
    values,
)
from tests.conformance.openstack.conftest import There
from tests.support.lab.cloud import LabCloud
from tests.support.plugin_client import Plugin, PluginError, Secret, Values
from tests.support.plugin_suite import OFFICIAL, ours, refused
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow


def test_server_is_made_as_given(
    plugin: Plugin, made: Program, there: There, demo: Connection, admin: Connection
) -> None:
    port, port_state, port_inputs = made(PORT)
    id, state, checked = made(SERVER, networks=[{"port": port}])
    found = admin.compute.get_server(id)  # who is shown its user data
    assert (found.name, found.status) == (checked["name"], "ACTIVE")
    assert found.key_name == checked["keyPair"] and found.image.id == there.image
    assert b64decode(found.user_data).decode() == USER_DATA
    assert demo.network.get_port(port).device_id == id
    # what a server does to its port is no change of that
    assert unchanged(plugin, PORT, port, port_state, port_inputs)
    # for a plugin to know it again, whichever has made it
    assert state["userData"] == hashlib.sha1(USER_DATA.encode()).hexdigest()


def test_server_boots_from_a_volume(
    plugin: Plugin, made: Program, there: There, demo: Connection
) -> None:
    device = {
        "uuid": there.image,
        "sourceType": "image",
        "destinationType": "volume",
        "volumeSize": 1,
        "bootIndex": 0,
        "deleteOnTermination": True,
    }
    id, state, checked = made(SERVER, imageId=None, blockDevices=[device])
    [attached] = demo.compute.get_server(id).attached_volumes
    volume = demo.block_storage.get_volume(attached.id)
    assert volume.size == 1 and volume.volume_image_metadata["image_id"] == there.image
    assert unchanged(plugin, SERVER, id, state, checked)
    plugin.delete(SERVER, id, state)
    demo.block_storage.wait_for_delete(volume)


def test_server_is_stopped_before_it_is_deleted(
    plugin: Plugin, made: Program, demo: Connection
) -> None:
    id, state, _ = made(SERVER)
    plugin.delete(SERVER, id, state)
    assert "stop" in values(demo.compute.server_actions(id), "action")


def test_server_that_somebody_stopped(plugin: Plugin, made: Program, demo: Connection) -> None:
    id, state, checked = made(SERVER)
    demo.compute.stop_server(id)
    demo.compute.wait_for_server(demo.compute.get_server(id), "SHUTOFF", interval=0.5)
    found = plugin.read(SERVER, id, state, checked)[1]
    # The official plugin would start it. The program itself does so before each update.
    answer = {"powerState": "UPDATE"} if OFFICIAL else {}
    assert plugin.kinds(SERVER, found, checked) == answer


def test_server_in_error_is_no_change(plugin: Plugin, made: Program, admin: Connection) -> None:
    id, state, checked = made(SERVER)
    admin.compute.reset_server_state(id, "error")
    assert unchanged(plugin, SERVER, id, state, checked)


@ours  # to the official plugin it has none after a refresh, and is to be replaced
def test_server_goes_on_with_a_flavor_that_is_no_more(
    plugin: Plugin, made: Program, admin: Connection
) -> None:
    flavor = admin.compute.create_flavor(name=NAME, vcpus=1, ram=256, disk=1)
    id, state, checked = made(SERVER, flavorId=flavor.id)
    admin.compute.delete_flavor(flavor)
    assert unchanged(plugin, SERVER, id, state, checked)


@ours
def test_user_data_stays_secret(plugin: Plugin, made: Program) -> None:
    id, state, checked = made(SERVER, userData=Secret(USER_DATA))
    read, read_inputs = plugin.read(SERVER, id, state, checked)[1:]
    renamed = plugin.update(SERVER, id, state, {**checked, "name": f"{checked['name']}-2"})
    hashed = Secret(hashlib.sha1(USER_DATA.encode()).hexdigest())
    assert state["userData"] == read["userData"] == renamed["userData"] == hashed
    assert checked["userData"] == read_inputs["userData"] == Secret(USER_DATA)


@ours
def test_refusals_by_name(plugin: Plugin) -> None:
    device = {"uuid": "x", "sourceType": "tape", "destinationType": "local", "diskBus": "ide"}
    more = {"volumeSize": 1, "bootIndex": 0, "deleteOnTermination": "no"}
    wrong = {"adminPass": "x", "networks": [{"uuid": "x"}], "blockDevices": [device | more]}
    rest = {"name": "x", "flavorId": "x", "keyPair": "x", "userData": "x"}
    assert refused(plugin, SERVER, {**rest, **wrong}).keys() == {
        "adminPass",
        "blockDevices[0].deleteOnTermination",
        "blockDevices[0].destinationType",
        "blockDevices[0].diskBus",
        "blockDevices[0].sourceType",
        "networks[0].port",
        "networks[0].uuid",
        "stopBeforeDestroy",
    }


@ours
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"flavorId": NOBODY}, NOBODY),
        ({"imageId": NOBODY}, "Can not find requested image"),
        ({"networks": [{"port": NOBODY}]}, NOBODY),
        ({"keyPair": "none"}, "key_name"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_the_cloud_does_not_have(made: Program, change: Values, named: str) -> None:
    with pytest.raises(PluginError, match=f"cannot create server .*{named}"):
        made(SERVER, **change)


@ours
def test_key_that_is_there_already_or_none(made: Program) -> None:
    name = made(KEY)[2]["name"]
    with pytest.raises(PluginError, match=f"'{name}' already exists.*or choose another name"):
        made(KEY, name=name)
    with pytest.raises(PluginError, match=r"cannot create keypair .*: the cloud says: "):
        made(KEY, publicKey="secret words")


def is_gone(demo: Connection, name: str) -> None:
    """nova may list a server for a moment that it has deleted while it was built."""
    eventually(lambda: name not in values(demo.compute.servers(), "name"))


@ours
def test_server_in_error_says_why_and_goes(
    made: Program, there: There, demo: Connection, admin: Connection, project: str
) -> None:
    inputs = made.inputs(SERVER, flavorId=there.huge)
    no_valid_host = r"ERROR: No valid host was found.*choose another flavor"
    with (
        quota(admin.compute, project, cores=-1),
        pytest.raises(PluginError, match=no_valid_host),
    ):
        made(SERVER, **inputs)
    is_gone(demo, inputs["name"])
    port = inputs["networks"][0]["port"]
    assert demo.network.get_port(port).device_id == ""  # free for the next attempt


@ours
def test_cancelled_creation_leaves_nothing(plugin: Plugin, made: Program, demo: Connection) -> None:
    checked = plugin.check(SERVER, made.inputs(SERVER))
    building = f"waiting until server {checked['name']} is built"
    with stopped_at(building, plugin.work_dir) as stopped:
        stopped.create(SERVER, checked)
    is_gone(demo, checked["name"])


@ours
def test_time_limit_of_the_engine(
    plugin: Plugin, made: Program, cloud: LabCloud, demo: Connection
) -> None:
    checked = plugin.check(SERVER, made.inputs(SERVER))
    with cloud.without("nova-conductor"):
        began = time.monotonic()
        with pytest.raises(PluginError, match=r"is not ACTIVE; .* \(after 3 s, its time limit\)"):
            plugin.create(SERVER, checked, timeout_s=3)
        assert 3 < time.monotonic() - began < 30
    is_gone(demo, checked["name"])
