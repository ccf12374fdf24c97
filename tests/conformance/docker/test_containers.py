"""Containers: what is asked for is what is there, and nothing of it leaks."""

import concurrent.futures
import time
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.conformance.docker.common import CONTAINER, NAME, NETWORK
from tests.support.plugin_client import UNKNOWN, Plugin, PluginError, Secret
from tests.support.plugin_suite import Made, ours

pytestmark = pytest.mark.slow


def test_container_is_made_as_given(
    plugin: Plugin, made: Made, sleeper: Any, engine: docker.DockerClient, tmp_path: Path
) -> None:
    made(NETWORK, {"name": NAME, "ipamConfigs": [{"subnet": "10.213.7.0/24"}]})
    inputs = sleeper(
        envs=["A=1", "B=2"],
        user="1000:1000",
        groupAdds=["44"],
        hostname="inside",
        init=True,
        readOnly=True,
        tmpfs={"/tmp": "size=1m"},
        capabilities={"drops": ["ALL"], "adds": ["NET_BIND_SERVICE"]},
        securityOpts=["no-new-privileges"],
        networksAdvanced=[{"name": NAME, "aliases": ["hub"], "ipv4Address": "10.213.7.7"}],
        ports=[{"internal": 8000, "ip": "127.0.0.1"}],
        mounts=[
            {
                "type": "bind",
                "source": str(tmp_path),
                "target": "/data",
                "readOnly": True,
                "bindOptions": {"propagation": "rprivate"},
            },
            {"type": "tmpfs", "target": "/run", "tmpfsOptions": {"sizeBytes": 65536, "mode": 448}},
        ],
        labels=[{"label": "cyberhubs.stack", "value": "x"}],
        restart="on-failure",
        maxRetryCount=2,
        memory=64,
        memorySwap=64,
        cpuShares=512,
        cpus="0.5",
        shmSize=32,
        healthcheck={"tests": ["CMD", "true"], "interval": "1s", "timeout": "1m30s", "retries": 2},
        wait=True,
        logDriver="json-file",
        logOpts={"max-size": "1m"},
        stopSignal="SIGINT",
        stopTimeout=3,
        ulimits=[{"name": "nofile", "soft": 100, "hard": 200}],
        hosts=[{"host": "other", "ip": "10.0.0.1"}],
        dns=["10.0.0.2"],
        workingDir="/tmp",
        stdinOpen=True,
        tty=True,
    )
    id, state, checked = made(CONTAINER, inputs)
    found = engine.containers.get(id).attrs
    config, host = found["Config"], found["HostConfig"]
    assert found["State"]["Health"]["Status"] == "healthy"
    assert {"A=1", "B=2"} <= set(config["Env"])
    assert (config["User"], config["Hostname"], config["WorkingDir"]) == (
        "1000:1000",
        "inside",
        "/tmp",
    )
    assert config["Labels"]["cyberhubs.stack"] == "x"
    assert config["Tty"] and config["OpenStdin"]
    assert (config["StopSignal"], config["StopTimeout"]) == ("SIGINT", 3)
    assert config["Healthcheck"]["Timeout"] == 90 * 10**9
    assert host["GroupAdd"] == ["44"] and host["Init"] and host["ReadonlyRootfs"]
    assert host["Tmpfs"] == {"/tmp": "size=1m"}
    assert host["CapDrop"] == ["ALL"] and host["CapAdd"][0].endswith("NET_BIND_SERVICE")
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 2}
    assert (host["Memory"], host["MemorySwap"], host["ShmSize"]) == (64 << 20, 64 << 20, 32 << 20)
    assert (host["CpuShares"], host["NanoCpus"]) == (512, 500_000_000)
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "1m"}}
    assert host["ExtraHosts"] == ["other:10.0.0.1"] and host["Dns"] == ["10.0.0.2"]
    assert host["Ulimits"] == [{"Name": "nofile", "Soft": 100, "Hard": 200}]
    bind = next(m for m in host["Mounts"] if m["Type"] == "bind")
    assert bind["ReadOnly"] and bind["BindOptions"] == {"Propagation": "rprivate"}
    networks = found["NetworkSettings"]["Networks"]
    assert list(networks) == [NAME]
    assert "hub" in networks[NAME]["Aliases"]
    assert state["networkDatas"][0]["ipAddress"] == "10.213.7.7"
    assert state["ports"][0]["external"] >= 1024  # chosen by the engine
    assert state["hostname"] == "inside"
    assert plugin.kinds(CONTAINER, state, checked) == {}


def test_read_of_an_unchanged_container_changes_nothing(
    plugin: Plugin, made: Made, sleeper: Any
) -> None:
    more = {
        "ports": [{"internal": 80, "ip": "127.0.0.1"}],
        "memory": 64,
        "healthcheck": {"tests": ["CMD", "true"], "interval": "90s"},
        "mounts": [{"type": "tmpfs", "target": "/run"}],
    }
    id, state, checked = made(CONTAINER, sleeper(**more))
    found, state_found, inputs_found = plugin.read(CONTAINER, id, state, checked)
    assert (found, inputs_found) == (id, checked)
    assert plugin.kinds(CONTAINER, state_found, checked) == {}


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
    assert state["command"] == ["sleep", "600"]


@ours
def test_refusals_by_name(plugin: Plugin, sleeper: Any) -> None:
    with pytest.raises(PluginError) as refused:
        plugin.check(
            CONTAINER,
            sleeper(
                uploads=[{"file": "/x", "content": "y"}],
                ports=[{"internal": "eighty", "sort": 1}],
                restart="sometimes",
                memory=-3,
                healthcheck={"tests": ["CMD", "true"], "interval": "soon"},
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


def test_operations_run_side_by_side(plugin: Plugin, made: Made, sleeper: Any) -> None:
    slow = {
        "healthcheck": {"tests": ["CMD", "sleep", "1"], "interval": "1s"},
        "wait": True,
    }
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        made_at_once = [
            pool.submit(made, CONTAINER, sleeper(name=f"{NAME}-{i}", **slow)) for i in range(4)
        ]
        for future in made_at_once:
            future.result()
    assert time.monotonic() - began < 4 * 2


# Each has a default, or is what the engine made of it, in the schema of the official plugin 5.2.0: one that a
# state lacks is another value to it, and most of them replace the container.
HANDED_OVER = {
    "attach": False,
    "logs": False,
    "memoryReservation": 0,
    "command": ["sleep", "600"],
    "entrypoints": [],
    "envs": [],
    "platform": "linux",
}


def test_state_has_what_another_plugin_would_miss(plugin: Plugin, made: Made, sleeper: Any) -> None:
    check = {"tests": ["CMD", "true"], "interval": "30s", "timeout": "5s", "retries": 3}
    _, state, checked = made(CONTAINER, sleeper(healthcheck=check))
    assert {name: state.get(name) for name in HANDED_OVER} == HANDED_OVER
    assert state["healthcheck"]["startInterval"] == "0s"
    assert plugin.kinds(CONTAINER, state, checked) == {}
    # One that was made before it had these stays as it is.
    before = {name: value for name, value in state.items() if name not in HANDED_OVER}
    before |= {"command": state["command"], "healthcheck": checked["healthcheck"]}
    assert plugin.kinds(CONTAINER, before, checked) == {}
