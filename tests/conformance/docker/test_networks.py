"""Networks."""

import docker
import pytest

from tests.conformance.docker.common import NAME, NETWORK
from tests.support.plugin_client import Plugin, PluginError
from tests.support.plugin_suite import Made, decision, ours

pytestmark = pytest.mark.slow


def test_network_is_made_as_given(plugin: Plugin, made: Made, engine: docker.DockerClient) -> None:
    inputs = {
        "name": NAME,
        "internal": True,
        "labels": [{"label": "a", "value": "1"}, {"label": "b", "value": "2"}],
        "options": {"com.docker.network.bridge.enable_icc": "true"},
        "ipamConfigs": [{"subnet": "10.213.7.0/24", "gateway": "10.213.7.9"}],
    }
    id, state, checked = made(NETWORK, inputs)
    found = engine.networks.get(id).attrs
    assert found["Name"] == NAME and found["Internal"]
    assert found["Labels"] == {"a": "1", "b": "2"}
    assert found["Options"] == {"com.docker.network.bridge.enable_icc": "true"}
    assert found["IPAM"]["Config"] == [{"Subnet": "10.213.7.0/24", "Gateway": "10.213.7.9"}]
    assert state["driver"] == "bridge" and state["scope"] == "local"
    assert state["__meta"] == '{"schema_version":"1"}'
    assert plugin.kinds(NETWORK, state, checked) == {}
    assert plugin.read(NETWORK, id, state, checked)[0] == id


def test_network_changes_replace(plugin: Plugin, made: Made) -> None:
    _, state, checked = made(NETWORK, {"name": NAME, "labels": [{"label": "a", "value": "1"}]})
    for change in (
        {"name": f"{NAME}-2"},
        {"internal": True},
        {"labels": [{"label": "a", "value": "2"}]},
        {"labels": []},
        {"options": {"com.docker.network.bridge.name": "x"}},
        {"ipamConfigs": [{"subnet": "10.213.8.0/24"}]},
    ):
        new = plugin.check(NETWORK, {**checked, **change}, checked)
        assert decision(plugin, NETWORK, state, new) == (set(change), True)


def test_order_of_labels_means_nothing(plugin: Plugin, made: Made) -> None:
    labels = [{"label": "a", "value": "1"}, {"label": "b", "value": "2"}]
    _, state, checked = made(NETWORK, {"name": NAME, "labels": labels})
    turned = {**checked, "labels": labels[::-1]}
    assert plugin.kinds(NETWORK, state, turned) == {}


def test_network_that_is_gone(plugin: Plugin, made: Made, engine: docker.DockerClient) -> None:
    id, state, checked = made(NETWORK, {"name": NAME})
    engine.networks.get(id).remove()
    assert plugin.read(NETWORK, id, state, checked)[0] == ""


@ours
def test_second_network_of_a_name_is_refused(plugin: Plugin, made: Made) -> None:
    made(NETWORK, {"name": NAME})
    with pytest.raises(PluginError, match=f"network with name {NAME} already exists"):
        made(NETWORK, {"name": NAME})


def test_name_is_made_up_and_kept(plugin: Plugin) -> None:
    first = plugin.check(NETWORK, {})
    assert first["name"].startswith("thing-")
    assert plugin.check(NETWORK, {}, first)["name"] == first["name"]
