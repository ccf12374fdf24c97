"""Networks."""

from typing import Any

import docker
import pytest

from tests.conformance.docker.common import NAME, NETWORK
from tests.support.plugin_client import Plugin, PluginError, Values
from tests.support.plugin_suite import Made, decision, ours

pytestmark = pytest.mark.slow


def network(**more: Any) -> Values:
    labels = [{"label": "a", "value": "1"}, {"label": "b", "value": "2"}]
    return {"name": NAME, "driver": "bridge", "labels": labels, **more}


def test_network_is_made_as_given(plugin: Plugin, made: Made, engine: docker.DockerClient) -> None:
    options = {"com.docker.network.driver.mtu": "1400"}
    id, state, checked = made(NETWORK, network(options=options))
    found = engine.networks.get(id).attrs
    assert found["Name"] == NAME
    assert found["Labels"] == {"a": "1", "b": "2"}
    assert found["Options"] == options
    assert state["driver"] == "bridge" and state["scope"] == "local"
    assert plugin.kinds(NETWORK, state, checked) == {}
    assert plugin.read(NETWORK, id, state, checked)[0] == id


def test_network_changes_replace(plugin: Plugin, made: Made) -> None:
    _, state, checked = made(NETWORK, network())
    for change in (
        {"name": f"{NAME}-2"},
        {"labels": [{"label": "a", "value": "2"}]},
        {"labels": []},
        {"options": {"com.docker.network.bridge.name": "x"}},
        {"driver": "macvlan"},
    ):
        new = plugin.check(NETWORK, {**checked, **change}, checked)
        assert decision(plugin, NETWORK, state, new) == (set(change), True)


def test_order_of_labels_means_nothing(plugin: Plugin, made: Made) -> None:
    _, state, checked = made(NETWORK, network())
    turned = {**checked, "labels": checked["labels"][::-1]}
    assert plugin.kinds(NETWORK, state, turned) == {}


def test_network_that_is_gone(plugin: Plugin, made: Made, engine: docker.DockerClient) -> None:
    id, state, checked = made(NETWORK, network())
    engine.networks.get(id).remove()
    assert plugin.read(NETWORK, id, state, checked)[0] == ""


@ours
def test_second_network_of_a_name_is_refused(plugin: Plugin, made: Made) -> None:
    made(NETWORK, network())
    with pytest.raises(PluginError, match=f"network with name {NAME} already exists"):
        made(NETWORK, network())
