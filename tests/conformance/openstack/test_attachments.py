"""Volumes at a server."""

import pytest
from openstack.connection import Connection

from tests.conformance.openstack.common import ATTACHMENT, NAME, NOBODY, SERVER, VOLUME, stopped_at
from tests.support.lab.cloud import LabCloud
from tests.support.plugin_client import Plugin, PluginError
from tests.support.plugin_suite import Made, decision, ours

pytestmark = pytest.mark.slow


@pytest.fixture
def volume(made: Made) -> str:
    return made(VOLUME, {"name": NAME, "size": 1})[0]


def test_volume_is_attached_and_detached(
    plugin: Plugin, standing: tuple, volume: str, demo: Connection
) -> None:
    server = standing[0]
    checked = plugin.check(ATTACHMENT, {"instanceId": server, "volumeId": volume})
    id, state = plugin.create(ATTACHMENT, checked)
    assert id == f"{server}/{volume}"
    found = demo.block_storage.get_volume(volume)
    assert found.status == "in-use" and found.attachments[0]["server_id"] == server
    assert state["device"] == found.attachments[0]["device"]
    for change in ({"instanceId": "x"}, {"volumeId": "x"}, {"device": "/dev/vdz"}):
        assert decision(plugin, ATTACHMENT, state, {**checked, **change}) == (set(change), True)
    plugin.delete(ATTACHMENT, id, state)
    assert demo.block_storage.get_volume(volume).status == "available"
    assert plugin.read(ATTACHMENT, id, state, checked)[0] == ""


def test_server_or_volume_that_is_gone(
    plugin: Plugin, server, made: Made, volume: str, demo: Connection
) -> None:
    machine, machine_state, _ = made(SERVER, server())
    inputs = {"instanceId": machine, "volumeId": volume}
    id, state, checked = made(ATTACHMENT, inputs)
    plugin.delete(SERVER, machine, machine_state)
    assert plugin.read(ATTACHMENT, id, state, checked)[0] == ""
    plugin.delete(ATTACHMENT, id, state)
    assert demo.block_storage.get_volume(volume).status == "available"


def test_volume_grows_while_attached(
    plugin: Plugin, made: Made, standing: tuple, demo: Connection
) -> None:
    id, state, checked = made(VOLUME, {"name": NAME, "size": 1, "enableOnlineResize": True})
    made(ATTACHMENT, {"instanceId": standing[0], "volumeId": id})
    # its attachment is no change of the volume
    assert plugin.read(VOLUME, id, state, checked) == (id, state, checked)
    grown = {**checked, "size": 2}
    new = plugin.update(VOLUME, id, state, grown)
    found = demo.block_storage.get_volume(id)
    assert (found.size, found.status) == (2, "in-use") and new["size"] == 2


def test_volume_does_not_grow_while_attached_unasked(
    plugin: Plugin, made: Made, standing: tuple
) -> None:
    id, state, checked = made(VOLUME, {"name": NAME, "size": 1})
    made(ATTACHMENT, {"instanceId": standing[0], "volumeId": id})
    with pytest.raises(PluginError, match=r"(?i)enable_?online_?resize"):
        plugin.update(VOLUME, id, state, {**checked, "size": 2})


def test_attached_volume_is_detached_before_it_is_deleted(
    plugin: Plugin, standing: tuple, demo: Connection
) -> None:
    id, state = plugin.create(VOLUME, plugin.check(VOLUME, {"name": NAME, "size": 1}))
    inputs = {"instanceId": standing[0], "volumeId": id}
    plugin.create(ATTACHMENT, plugin.check(ATTACHMENT, inputs))
    plugin.delete(VOLUME, id, state)
    assert not list(demo.compute.volume_attachments(standing[0]))


@ours
def test_stopped_attachment_is_taken_up_again(plugin: Plugin, standing: tuple, volume: str) -> None:
    checked = plugin.check(ATTACHMENT, {"instanceId": standing[0], "volumeId": volume})
    waiting = f"waiting until volume {volume} is attached"
    with stopped_at(waiting, plugin.work_dir) as stopped:
        stopped.create(ATTACHMENT, checked)
    id, state = plugin.create(ATTACHMENT, checked)
    plugin.delete(ATTACHMENT, id, state)


@ours
def test_attachment_that_hangs(
    plugin: Plugin, standing: tuple, volume: str, cloud: LabCloud
) -> None:
    checked = plugin.check(ATTACHMENT, {"instanceId": standing[0], "volumeId": volume})
    with cloud.without("cinder-volume"), pytest.raises(PluginError) as late:
        plugin.create(ATTACHMENT, checked, timeout_s=3)
    assert "is still not attached" in str(late.value) and "3 s, its time limit" in str(late.value)
    assert f"`openstack server remove volume {standing[0]} {volume}`" in str(late.value)
    id, state = plugin.create(ATTACHMENT, checked)
    plugin.delete(ATTACHMENT, id, state)


@ours
def test_volume_of_another_server(
    plugin: Plugin, made: Made, server, standing: tuple, volume: str
) -> None:
    machine, *_ = made(SERVER, server())
    made(ATTACHMENT, {"instanceId": machine, "volumeId": volume})
    with pytest.raises(
        PluginError, match=f"cannot attach volume {volume} to server .*already attached"
    ):
        made(ATTACHMENT, {"instanceId": standing[0], "volumeId": volume})


@ours
def test_server_and_volume_that_are_none(made: Made, standing: tuple, volume: str) -> None:
    with pytest.raises(PluginError, match=rf"Instance {NOBODY} could not be found"):
        made(ATTACHMENT, {"instanceId": NOBODY, "volumeId": volume})
    with pytest.raises(PluginError, match=rf"Volume {NOBODY} could not be found"):
        made(ATTACHMENT, {"instanceId": standing[0], "volumeId": NOBODY})
