"""Volumes, and their way to servers."""

from typing import Any

import pytest
from openstack.connection import Connection

from tests.conformance.openstack.common import (
    ATTACHMENT,
    NOBODY,
    SERVER,
    VOLUME,
    Program,
    stopped_at,
    unchanged,
    values,
)
from tests.support.lab.cloud import LabCloud
from tests.support.plugin_client import Plugin, PluginError
from tests.support.plugin_suite import ours

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("attached", [False, True], ids=["free", "attached"])
def test_volume_grows(
    plugin: Plugin, made: Program, standing: str, demo: Connection, attached: bool
) -> None:
    id, state, checked = made(VOLUME)
    if attached:
        made(ATTACHMENT, instanceId=standing, volumeId=id)
        # that is no change of the volume
        assert unchanged(plugin, VOLUME, id, state, checked)
    grown = {**checked, "size": 3}
    new = plugin.update(VOLUME, id, state, grown)
    found = demo.block_storage.get_volume(id)
    assert (found.size, found.status) == (3, "in-use" if attached else "available")
    assert new["size"] == 3 and unchanged(plugin, VOLUME, id, new, grown)


def test_volume_is_attached_and_detached(
    plugin: Plugin, made: Program, standing: str, demo: Connection
) -> None:
    id, state, checked = made(ATTACHMENT, instanceId=standing)
    assert id == f"{standing}/{checked['volumeId']}"
    found = demo.block_storage.get_volume(checked["volumeId"])
    assert found.status == "in-use" and found.attachments[0]["server_id"] == standing
    plugin.delete(ATTACHMENT, id, state)
    assert demo.block_storage.get_volume(checked["volumeId"]).status == "available"


def test_attachment_to_a_server_that_is_gone(
    plugin: Plugin, made: Program, demo: Connection
) -> None:
    server, server_state, _ = made(SERVER)
    id, state, checked = made(ATTACHMENT, instanceId=server)
    plugin.delete(SERVER, server, server_state)
    assert plugin.read(ATTACHMENT, id, state, checked)[0] == ""
    plugin.delete(ATTACHMENT, id, state)
    assert demo.block_storage.get_volume(checked["volumeId"]).status == "available"


@ours
def test_volume_that_the_cloud_cannot_make(
    made: Program, admin: Any, demo: Connection, project: str
) -> None:
    name = made.inputs(VOLUME)["name"]
    nowhere = admin.block_storage.create_type(
        name=name, extra_specs={"volume_backend_name": "none"}
    ).id
    # The SDK asks below its project, and for no version that has them.
    root = admin.block_storage.get_endpoint().rsplit("/", 1)[0]
    default, version = f"{root}/default-types/{project}", {"microversion": "3.62"}
    chosen = {"default_type": {"volume_type": nowhere}}
    answer = admin.block_storage.put(default, json=chosen, **version)
    assert answer.ok, answer.text
    try:
        with pytest.raises(PluginError, match=r"state 'error' \(.*backend.*\); try again, or ask"):
            made(VOLUME, name=name)
    finally:
        admin.block_storage.delete(default, **version)
        admin.block_storage.delete_type(nowhere)
    assert name not in values(demo.block_storage.volumes(), "name")


@ours
def test_cancelled_creation_leaves_nothing(plugin: Plugin, made: Program, demo: Connection) -> None:
    checked = plugin.check(VOLUME, made.inputs(VOLUME))
    making = f"waiting until volume {checked['name']} is made"
    with stopped_at(making, plugin.work_dir) as stopped:
        stopped.create(VOLUME, checked)
    assert checked["name"] not in values(demo.block_storage.volumes(), "name")


@ours
def test_stopped_attachment_is_taken_up_again(
    plugin: Plugin, made: Program, standing: str, cloud: LabCloud
) -> None:
    checked = plugin.check(ATTACHMENT, made.inputs(ATTACHMENT, instanceId=standing))
    waiting = f"waiting until volume {checked['volumeId']} is attached"
    # So that it is not attached before it is stopped.
    with cloud.without("cinder-volume"), stopped_at(waiting, plugin.work_dir) as stopped:
        stopped.create(ATTACHMENT, checked)
    made(ATTACHMENT, **checked)


@ours
def test_attachment_that_hangs(
    plugin: Plugin, made: Program, standing: str, cloud: LabCloud
) -> None:
    checked = plugin.check(ATTACHMENT, made.inputs(ATTACHMENT, instanceId=standing))
    with cloud.without("cinder-volume"), pytest.raises(PluginError) as late:
        plugin.create(ATTACHMENT, checked, timeout_s=3)
    assert "is still not attached" in str(late.value) and "3 s, its time limit" in str(late.value)
    remedy = f"`openstack server remove volume {standing} {checked['volumeId']}`"
    assert remedy in str(late.value)
    made(ATTACHMENT, **checked)


@ours
def test_volume_of_another_server(made: Program, standing: str) -> None:
    volume = made(ATTACHMENT)[2]["volumeId"]
    with pytest.raises(
        PluginError, match=f"cannot attach volume {volume} to server .*already attached"
    ):
        made(ATTACHMENT, instanceId=standing, volumeId=volume)


@ours
def test_server_and_volume_that_are_none(made: Program, standing: str) -> None:
    with pytest.raises(PluginError, match=rf"Instance {NOBODY} could not be found"):
        made(ATTACHMENT, instanceId=NOBODY)
    with pytest.raises(PluginError, match=rf"Volume {NOBODY} could not be found"):
        made(ATTACHMENT, instanceId=standing, volumeId=NOBODY)
