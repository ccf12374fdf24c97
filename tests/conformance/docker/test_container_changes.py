"""Changes of a container: in place or by a new one."""

from typing import Any

import docker
import pytest

from tests.conformance.docker.common import CONTAINER
from tests.support.plugin_client import UNKNOWN, Plugin, Values
from tests.support.plugin_suite import Made, decision, ours

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "change",
    [
        {"memory": 96, "memorySwap": 96},
        {"memory": 48, "memorySwap": 48},
        {"restart": "always"},
    ],
)
def test_limits_and_restart_change_in_place(
    plugin: Plugin, made: Made, sleeper: Any, engine: docker.DockerClient, change: Values
) -> None:
    id, state, checked = made(CONTAINER, sleeper())
    new = plugin.check(CONTAINER, {**checked, **change}, checked)
    assert decision(plugin, CONTAINER, state, new) == (set(change), False)
    state = plugin.update(CONTAINER, id, state, new)
    assert plugin.kinds(CONTAINER, state, new) == {}
    host = engine.containers.get(id).attrs["HostConfig"]
    assert host["Memory"] == change.get("memory", 64) << 20
    assert host["RestartPolicy"]["Name"] == new["restart"]


@pytest.mark.parametrize(
    "change",
    [
        {"image": "sha256:" + "0" * 64},
        {"envs": ["A=2"]},
        {"labels": [{"label": "a", "value": "1"}]},
        {"user": "1:1"},
        {"readOnly": True},
        {"groupAdds": ["44"]},
        {"securityOpts": ["no-new-privileges"]},
        {"ports": [{"internal": 81, "external": 18080, "ip": "127.0.0.1"}]},
        {"networksAdvanced": [{"name": "other"}]},
        {"capabilities": {"drops": ["ALL"]}},
        {"logOpts": {"max-size": "2m"}},
    ],
)
def test_all_else_replaces(plugin: Plugin, standing: tuple[Values, Values], change: Values) -> None:
    state, checked = standing
    new = plugin.check(CONTAINER, {**checked, **change}, checked)
    assert decision(plugin, CONTAINER, state, new) == (set(change), True)


@ours
def test_detailed_diff_names_the_place(plugin: Plugin, standing: tuple[Values, Values]) -> None:
    state, checked = standing
    changed = {
        "envs": ["A=1", "B=2"],
        "logOpts": {"max-size": "1m", "max-file": "2"},
    }
    assert plugin.kinds(CONTAINER, state, {**checked, **changed}) == {
        "envs[1]": "ADD_REPLACE",
        'logOpts["max-file"]': "ADD_REPLACE",
    }


def test_unknown_image_plans_a_replacement(plugin: Plugin, standing: tuple[Values, Values]) -> None:
    state, checked = standing
    changed = decision(plugin, CONTAINER, state, {**checked, "image": UNKNOWN})
    assert changed == ({"image"}, True)
