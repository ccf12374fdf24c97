"""Volumes."""

from collections.abc import Callable, Iterator

import pytest
from openstack.connection import Connection

from tests.conformance.openstack.common import NAME, VOLUME, refused, stopped_at, values
from tests.support.plugin_client import UNKNOWN, Plugin, PluginError
from tests.support.plugin_suite import Made, decision, ours

pytestmark = pytest.mark.slow


def test_volume_is_made_as_given(plugin: Plugin, made: Made, demo: Connection) -> None:
    inputs = {
        "name": NAME,
        "description": "data",
        "size": 2,
        "metadata": {"site": "x"},
        "availabilityZone": "nova",
        "volumeType": "__DEFAULT__",
    }
    id, state, checked = made(VOLUME, inputs)
    found = demo.block_storage.get_volume(id)
    assert (found.size, found.description, found.status) == (2, "data", "available")
    assert found.metadata == {"site": "x"}
    assert plugin.kinds(VOLUME, state, checked) == {}
    assert plugin.read(VOLUME, id, state, checked) == (id, state, checked)


def test_volume_changes_in_place(plugin: Plugin, made: Made, demo: Connection) -> None:
    id, state, checked = made(VOLUME, {"name": NAME, "size": 1, "metadata": {"a": "1", "b": "2"}})
    change = {
        **checked,
        "name": f"{NAME}-2",
        "description": "more",
        "size": 3,
        "metadata": {"b": "3"},
        "enableOnlineResize": True,
    }
    changed = {"name", "description", "size", "metadata", "enableOnlineResize"}
    assert decision(plugin, VOLUME, state, change) == (changed, False)
    new = plugin.update(VOLUME, id, state, change)
    found = demo.block_storage.get_volume(id)
    assert (found.name, found.description, found.size) == (f"{NAME}-2", "more", 3)
    assert found.metadata == {"b": "3"} and new["size"] == 3
    assert plugin.kinds(VOLUME, new, change) == {}
    assert plugin.read(VOLUME, id, new, change) == (id, new, change)


@pytest.fixture
def types(admin: Connection) -> Iterator[Callable[..., str]]:
    """Makes a type of volumes with these extra specifications, and answers its name."""
    made = []

    def make(**specifications: str) -> str:
        name = f"{NAME}-{len(made)}"
        made.append(admin.block_storage.create_type(name=name, extra_specs=specifications))
        return name

    yield make
    for type in made:
        admin.block_storage.delete_type(type)


def test_volume_gets_another_type_in_place(
    plugin: Plugin, types: Callable[..., str], made: Made, demo: Connection
) -> None:
    other_type = types()
    id, state, checked = made(VOLUME, {"name": NAME, "size": 1})
    change = {**checked, "volumeType": other_type}
    assert decision(plugin, VOLUME, state, change) == ({"volumeType"}, False)
    new = plugin.update(VOLUME, id, state, change)
    assert demo.block_storage.get_volume(id).volume_type == other_type
    assert plugin.kinds(VOLUME, new, change) == {}


def test_volume_changes_that_replace(plugin: Plugin, made: Made) -> None:
    _, state, checked = made(VOLUME, {"name": NAME, "size": 1})
    for change in (
        {"availabilityZone": "other"},
        {"imageId": "x"},
        {"snapshotId": "x"},
        {"sourceVolId": "x"},
    ):
        assert decision(plugin, VOLUME, state, {**checked, **change}) == (set(change), True)


@ours
def test_volume_cannot_shrink(plugin: Plugin, made: Made) -> None:
    _, state, checked = made(VOLUME, {"name": NAME, "size": 2})
    with pytest.raises(PluginError, match=f"volume {NAME} has 2 GB and is to have 1.*cannot shrin"):
        plugin.diff(VOLUME, state, {**checked, "size": 1})
    assert decision(plugin, VOLUME, state, {**checked, "size": UNKNOWN}) == ({"size"}, False)
    # another volume may be smaller
    other = {**checked, "size": 1, "snapshotId": "x"}
    assert decision(plugin, VOLUME, state, other) == ({"size", "snapshotId"}, True)


@ours
def test_volume_refusals(plugin: Plugin) -> None:
    wrong = {"size": 0, "volumeRetypePolicy": "always", "multiattach": True}
    assert refused(plugin, VOLUME, wrong).keys() == set(wrong)
    both = {"size": 1, "imageId": "x", "snapshotId": "y"}
    assert "exclude each other" in refused(plugin, VOLUME, both)["imageId"]


@ours
def test_volume_that_the_cloud_cannot_make(
    made: Made, types: Callable[..., str], demo: Connection
) -> None:
    nowhere = types(volume_backend_name="none")
    with pytest.raises(PluginError, match=r"state 'error' \(.*backend.*\); try again, or ask"):
        made(VOLUME, {"name": NAME, "size": 1, "volumeType": nowhere})
    assert NAME not in values(demo.block_storage.volumes(), "name")


def test_volume_of_another(plugin: Plugin, made: Made, demo: Connection) -> None:
    source, *_ = made(VOLUME, {"name": NAME, "size": 1})
    id, state, checked = made(VOLUME, {"name": f"{NAME}-2", "size": 2, "sourceVolId": source})
    assert demo.block_storage.get_volume(id).source_volume_id == source
    assert plugin.read(VOLUME, id, state, checked) == (id, state, checked)


def test_volume_with_a_snapshot_is_not_deleted(
    plugin: Plugin, made: Made, demo: Connection
) -> None:
    id, state, _ = made(VOLUME, {"name": NAME, "size": 1})
    snapshot = demo.block_storage.create_snapshot(volume_id=id, name=NAME)
    demo.block_storage.wait_for_status(snapshot, "available")
    with pytest.raises(PluginError, match="snapshot"):
        plugin.delete(VOLUME, id, state)
    demo.block_storage.delete_snapshot(snapshot.id)
    demo.block_storage.wait_for_delete(snapshot)


def test_cancelled_creation_leaves_nothing(plugin: Plugin, demo: Connection) -> None:
    checked = plugin.check(VOLUME, {"name": NAME, "size": 1})
    with stopped_at(f"waiting until volume {NAME} is made", plugin.work_dir) as stopped:
        stopped.create(VOLUME, checked)
    assert NAME not in values(demo.block_storage.volumes(), "name")
