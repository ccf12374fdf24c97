"""Containers: what is asked for is what is there, and nothing of it leaks."""

import socket
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.conformance.docker.common import CHECK, CONTAINER, NAME
from tests.support.plugin_client import UNKNOWN, Plugin, PluginError, Secret
from tests.support.plugin_suite import Made, ours

pytestmark = pytest.mark.slow


def test_container_is_made_as_given(
    plugin: Plugin, made: Made, sleeper: Any, engine: docker.DockerClient, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    inputs = sleeper(
        envs=["A=1", "B=2"],
        user="1000:1000",
        groupAdds=["44"],
        init=True,
        readOnly=True,
        tmpfs={"/tmp": "size=1m"},
        capabilities={"drops": ["ALL"]},
        securityOpts=["no-new-privileges"],
        ports=[{"internal": 8000, "external": port, "ip": "127.0.0.1"}],
        mounts=[{"type": "bind", "source": str(tmp_path), "target": "/data", "readOnly": True}],
        labels=[{"label": "cyberhubs.stack", "value": "x"}],
        healthcheck=CHECK,
        logOpts={"max-size": "1m"},
    )
    id, state, checked = made(CONTAINER, inputs)
    found = engine.containers.get(id).attrs
    config, host = found["Config"], found["HostConfig"]
    assert {"A=1", "B=2"} <= set(config["Env"])
    assert config["User"] == "1000:1000"
    assert config["Labels"]["cyberhubs.stack"] == "x"
    assert config["Healthcheck"]["Timeout"] == 90 * 10**9
    assert host["GroupAdd"] == ["44"] and host["Init"] and host["ReadonlyRootfs"]
    assert host["Tmpfs"] == {"/tmp": "size=1m"}
    assert host["CapDrop"] == ["ALL"] and not host["CapAdd"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert (host["Memory"], host["MemorySwap"]) == (64 << 20, 64 << 20)
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "1m"}}
    assert host["PortBindings"] == {"8000/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}
    [bind] = host["Mounts"]
    assert (bind["Type"], bind["Target"], bind["ReadOnly"]) == ("bind", "/data", True)
    networks = found["NetworkSettings"]["Networks"]
    assert list(networks) == [NAME]
    assert "sleeper" in networks[NAME]["Aliases"]
    assert plugin.kinds(CONTAINER, state, checked) == {}


def test_read_of_an_unchanged_container_changes_nothing(
    plugin: Plugin, made: Made, sleeper: Any
) -> None:
    id, state, checked = made(CONTAINER, sleeper(healthcheck=CHECK))
    found, state_found, inputs_found = plugin.read(CONTAINER, id, state, checked)
    assert found == id
    assert plugin.kinds(CONTAINER, state_found, checked) == {}
    assert plugin.kinds(CONTAINER, state_found, inputs_found) == {}


@ours  # the official one takes no marks, and the engine keeps them
def test_secrets_stay_secret(plugin: Plugin, made: Made, sleeper: Any) -> None:
    id, state, checked = made(CONTAINER, sleeper(envs=["A=1", Secret("PASS=hunter2")]))
    read_state, read_inputs = plugin.read(CONTAINER, id, state, checked)[1:]
    for values in (checked, state, read_state, read_inputs):
        envs = values["envs"]
        assert isinstance(envs, Secret) or Secret("PASS=hunter2") in envs
    preview = plugin.create(CONTAINER, checked, preview=True)[1]
    assert isinstance(preview["envs"], Secret) or Secret("PASS=hunter2") in preview["envs"]


def test_unknowns_in_a_preview(plugin: Plugin, sleeper: Any) -> None:
    checked = plugin.check(CONTAINER, sleeper(image=UNKNOWN, envs=["A=1", UNKNOWN]))
    assert checked["image"] == UNKNOWN
    id, state = plugin.create(CONTAINER, checked, preview=True)
    assert id == ""
    assert state["image"] == UNKNOWN and state["networkDatas"] == UNKNOWN


@ours
def test_refusals_by_name(plugin: Plugin, sleeper: Any) -> None:
    with pytest.raises(PluginError) as refused:
        plugin.check(
            CONTAINER,
            sleeper(
                uploads=[{"file": "/x", "content": "y"}],
                ports=[{"internal": "eighty", "external": 80, "ip": "127.0.0.1", "sort": 1}],
                restart="sometimes",
                memory=-3,
                healthcheck={**CHECK, "interval": "soon"},
                image=None,
            ),
        )
    lines = str(refused.value).splitlines()
    assert {line.split(":")[0] for line in lines} == {
        "uploads",
        "ports[0].internal",
        "ports[0].sort",
        "restart",
        "memory",
        "healthcheck.interval",
        "image",
    }


# Each has a default, or is what the engine made of it, in the schema of the official plugin 5.2.0: one that a
# state lacks is another value to it, and most of them replace the container.
HANDED_OVER = {
    "attach": False,
    "logs": False,
    "memoryReservation": 0,
    "command": ["sh", "-c", "sleep 600"],
    "entrypoints": [],
    "envs": [],
    "platform": "linux",
}


def test_state_has_what_another_plugin_would_miss(plugin: Plugin, made: Made, sleeper: Any) -> None:
    _, state, checked = made(CONTAINER, sleeper(healthcheck=CHECK))
    assert {name: state.get(name) for name in HANDED_OVER} == HANDED_OVER
    assert state["healthcheck"]["startInterval"] == "0s"
    assert plugin.kinds(CONTAINER, state, checked) == {}
