"""The plugin itself: its start, its configuration, its way to the engine."""

from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto.provider_pb2 import DiffResponse

from tests.conformance.docker.common import CONTAINER, NAME
from tests.support.plugin_client import UNKNOWN, Plugin, PluginError
from tests.support.plugin_suite import OFFICIAL, ours

pytestmark = pytest.mark.slow


def test_preview_needs_no_engine(tmp_path: Path, sleeper: Any) -> None:
    config = {"host": "unix:///nowhere/docker.sock", "disableDockerDaemonCheck": "true"}
    with Plugin("docker", tmp_path, config) as plugin:
        checked = plugin.check(CONTAINER, sleeper())
        assert plugin.create(CONTAINER, checked, preview=True)[1]["name"] == NAME
        if not OFFICIAL:
            with pytest.raises(PluginError, match=r"engine at unix:///nowhere.*start it"):
                plugin.create(CONTAINER, checked)


@ours
def test_configuration_is_checked_by_name(plugin: Plugin) -> None:
    config = {
        "host": "tcp://192.0.2.1:2375",
        "sshOpts": "-v",
        "caMaterial": "x",
        "disableDockerDaemonCheck": "maybe",
    }
    with pytest.raises(PluginError) as refused:
        plugin.check_config(config)
    named = {line.split(":")[0] for line in str(refused.value).splitlines()}
    assert named == set(config)


def test_configuration_may_be_unknown(plugin: Plugin) -> None:
    config = {"host": UNKNOWN, "disableDockerDaemonCheck": "true"}
    assert plugin.check_config(config)["host"] == UNKNOWN


def test_a_new_address_updates_the_provider(plugin: Plugin) -> None:
    old = {"host": "unix:///var/run/docker.sock", "disableDockerDaemonCheck": "true"}
    assert plugin.diff_config(old, old).changes != DiffResponse.DIFF_SOME
    response = plugin.diff_config(old, {**old, "host": "unix:///run/docker.sock"})
    assert response.changes == DiffResponse.DIFF_SOME
    assert list(response.diffs) == ["host"] and not response.replaces
