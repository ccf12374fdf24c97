"""The docker plugin does what the official one does.

`PLUGIN_DIR` names a directory with another `pulumi-resource-docker` to hold to the same; what
only ours does (refusals, sentences, progress) is left out then.
"""

import concurrent.futures
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import ImageNotFound

from tests.live.plugin_client import UNKNOWN, Plugin, PluginError, Secret, Values

CONTAINER = "docker:index/container:Container"
NETWORK = "docker:index/network:Network"
IMAGE = "docker:index/remoteImage:RemoteImage"
BASES = ("cyberhubs-base:bookworm", "debian:bookworm-slim")
NAME = f"cyberhubs-conformance-{os.getpid()}"

ours = pytest.mark.skipif("PLUGIN_DIR" in os.environ, reason="what only our plugin does")


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    before = {container.id for container in client.containers.list(all=True)}
    yield client
    left = [c.name for c in client.containers.list(all=True) if c.id not in before]
    assert not [name for name in left if NAME in str(name)]
    client.close()


@pytest.fixture(scope="module")
def base(engine: docker.DockerClient) -> str:
    for name in BASES:
        try:
            engine.images.get(name)
        except ImageNotFound:
            continue
        return name
    pytest.fail(f"none of the images {BASES} is there; run `make up` once")


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    plugin = Plugin("docker", tmp_path_factory.mktemp("work"))
    yield plugin
    plugin.close()


class Made:
    """Resources made through the plugin, removed at the end of a test."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._made: list[tuple[str, str, Values]] = []

    def __call__(self, token: str, inputs: Values) -> tuple[str, Values, Values]:
        """Check and create; answers id, state and checked inputs."""
        checked = self._plugin.check(token, inputs)
        id, state = self._plugin.create(token, checked)
        self._made.append((token, id, state))
        return id, state, checked

    def remove(self) -> None:
        for token, id, state in reversed(self._made):
            self._plugin.delete(token, id, state)


@pytest.fixture
def made(plugin: Plugin, engine: docker.DockerClient) -> Iterator[Made]:
    made = Made(plugin)
    yield made
    made.remove()


@pytest.fixture(scope="module")
def sleeper(base: str) -> Callable[..., Values]:
    """Inputs of a container that stays up."""

    def inputs(**more: Any) -> Values:
        return {"name": NAME, "image": base, "command": ["sleep", "600"], **more}

    return inputs


@pytest.fixture(scope="module")
def standing(plugin: Plugin, engine: docker.DockerClient, sleeper: Any) -> Iterator[tuple]:
    """State and inputs of a container that tests only compare with."""
    made = Made(plugin)
    inputs = sleeper(
        name=f"{NAME}-standing",
        command=["sh", "-c", "sleep 600"],
        envs=["A=1"],
        memory=64,
        logOpts={"max-size": "1m"},
    )
    yield made(CONTAINER, inputs)[1:]
    made.remove()


@pytest.fixture
def context(tmp_path: Path, base: str) -> Callable[..., Path]:
    """A directory to build: `context("RUN true", file="text")`."""

    def make(*steps: str, **files: str) -> Path:
        (tmp_path / "Dockerfile").write_text("\n".join([f"FROM {base}", *steps, ""]))
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        return tmp_path

    return make


def image(context: Path, **build: Any) -> Values:
    options = {"context": str(context), "forceRemove": True, "useLegacyBuilder": True, **build}
    return {"name": f"{NAME}:1", "build": options, "triggers": {"context": "1"}}


def decision(plugin: Plugin, token: str, state: Values, inputs: Values) -> tuple[set, bool]:
    """The inputs that changed, and whether that needs a new resource."""
    response = plugin.diff(token, state, inputs)
    changed = {path.split(".")[0].split("[")[0] for path in response.detailedDiff}
    return changed, bool(response.replaces)


# --- networks


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


# --- containers


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


@pytest.mark.parametrize(
    "change",
    [
        {"memory": 96},
        {"memory": 96, "memorySwap": 128},
        {"restart": "always"},
        {"cpuShares": 256},
        {"cpuSet": "0"},
    ],
)
def test_limits_and_restart_change_in_place(
    plugin: Plugin, made: Made, sleeper: Any, engine: docker.DockerClient, change: Values
) -> None:
    id, state, checked = made(CONTAINER, sleeper(memory=64))
    new = plugin.check(CONTAINER, {**checked, **change}, checked)
    assert decision(plugin, CONTAINER, state, new) == (set(change), False)
    state = plugin.update(CONTAINER, id, state, new)
    assert plugin.kinds(CONTAINER, state, new) == {}
    host = engine.containers.get(id).attrs["HostConfig"]
    assert host["Memory"] == change.get("memory", 64) << 20
    assert host["RestartPolicy"]["Name"] == new["restart"]
    assert host["CpuShares"] == change.get("cpuShares", 0)


@pytest.mark.parametrize(
    "change",
    [
        {"image": "sha256:" + "0" * 64},
        {"command": ["sleep", "601"]},
        {"envs": ["A=2"]},
        {"labels": [{"label": "a", "value": "1"}]},
        {"user": "1:1"},
        {"hostname": "other"},
        {"readOnly": True},
        {"ports": [{"internal": 81, "external": 18080}]},
        {"mounts": [{"type": "tmpfs", "target": "/run"}]},
        {"networksAdvanced": [{"name": "other"}]},
        {"capabilities": {"drops": ["ALL"]}},
        {"cpus": "0.25"},
        {"logOpts": {"max-size": "2m"}},
    ],
)
def test_all_else_replaces_and_deletes_first(
    plugin: Plugin, standing: tuple[Values, Values], change: Values
) -> None:
    state, checked = standing
    new = plugin.check(CONTAINER, {**checked, **change}, checked)
    assert decision(plugin, CONTAINER, state, new) == (set(change), True)
    assert plugin.diff(CONTAINER, state, new).deleteBeforeReplace


@ours
@pytest.mark.parametrize(
    "change", [{"tmpfs": {"/tmp": ""}}, {"healthcheck": {"tests": ["CMD", "true"]}}, {"rm": True}]
)
def test_what_an_engine_cannot_change_replaces(
    plugin: Plugin, standing: tuple[Values, Values], change: Values
) -> None:
    state, checked = standing
    new = plugin.check(CONTAINER, {**checked, **change}, checked)
    assert decision(plugin, CONTAINER, state, new) == (set(change), True)


@ours
def test_a_limit_taken_off_replaces(plugin: Plugin, standing: tuple[Values, Values]) -> None:
    state, checked = standing
    new = {name: value for name, value in checked.items() if name != "memory"}
    assert plugin.kinds(CONTAINER, state, new) == {"memory": "DELETE_REPLACE"}


@ours
def test_detailed_diff_names_the_place(plugin: Plugin, standing: tuple[Values, Values]) -> None:
    state, checked = standing
    changed = {
        "command": ["sh", "-c", "sleep 601"],
        "envs": ["A=1", "B=2"],
        "logOpts": {"max-size": "1m", "max-file": "2"},
    }
    assert plugin.kinds(CONTAINER, state, {**checked, **changed}) == {
        "command[2]": "UPDATE_REPLACE",
        "envs[1]": "ADD_REPLACE",
        'logOpts["max-file"]': "ADD_REPLACE",
    }


def test_ignored_changes_are_no_changes(plugin: Plugin, standing: tuple[Values, Values]) -> None:
    state, checked = standing
    new = {**checked, "memory": 96}
    assert not plugin.diff(CONTAINER, state, new, ignore=("memory",)).detailedDiff


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


def test_unknown_image_plans_a_replacement(plugin: Plugin, standing: tuple[Values, Values]) -> None:
    state, checked = standing
    changed = decision(plugin, CONTAINER, state, {**checked, "image": UNKNOWN})
    assert changed == ({"image"}, True)


def test_container_that_is_gone(
    plugin: Plugin, made: Made, sleeper: Any, engine: docker.DockerClient
) -> None:
    id, state, checked = made(CONTAINER, sleeper())
    engine.containers.get(id).remove(force=True)
    assert plugin.read(CONTAINER, id, state, checked)[0] == ""


def test_container_that_stopped_is_started_again(
    plugin: Plugin, made: Made, sleeper: Any, engine: docker.DockerClient
) -> None:
    id, state, checked = made(CONTAINER, sleeper())
    engine.containers.get(id).kill()
    _, state, _ = plugin.read(CONTAINER, id, state, checked)
    assert state["mustRun"] is False
    assert decision(plugin, CONTAINER, state, checked) == ({"mustRun"}, False)
    plugin.update(CONTAINER, id, state, checked)
    assert engine.containers.get(id).status == "running"


def test_container_that_exits_at_once_fails_and_goes(
    plugin: Plugin, made: Made, sleeper: Any, engine: docker.DockerClient
) -> None:
    with pytest.raises(PluginError, match="exited immediately") as failure:
        made(CONTAINER, sleeper(command=["sh", "-c", "echo the reason; exit 3"]))
    if "PLUGIN_DIR" not in os.environ:
        assert "with code 3" in str(failure.value) and "the reason" in str(failure.value)
        assert "Traceback" not in str(failure.value) and ".py" not in str(failure.value)
    assert not engine.containers.list(all=True, filters={"name": NAME})


@ours
def test_container_that_keeps_restarting_fails_and_goes(
    made: Made, sleeper: Any, engine: docker.DockerClient
) -> None:
    with pytest.raises(PluginError, match="exited immediately with code 3"):
        made(CONTAINER, sleeper(command=["sh", "-c", "exit 3"], restart="always"))
    assert not engine.containers.list(all=True, filters={"name": NAME})


def test_container_that_need_not_run(made: Made, sleeper: Any) -> None:
    _, state, _ = made(CONTAINER, sleeper(command=["true"], mustRun=False))
    assert state["mustRun"] is False


@ours
def test_container_that_stays_unhealthy_fails_and_goes(
    made: Made, sleeper: Any, engine: docker.DockerClient
) -> None:
    check = {"tests": ["CMD-SHELL", "echo sick; false"], "interval": "200ms"}
    with pytest.raises(PluginError, match=r"not healthy after .*sick"):
        made(CONTAINER, sleeper(healthcheck=check, wait=True, waitTimeout=2))
    assert not engine.containers.list(all=True, filters={"name": NAME})


@pytest.mark.parametrize("holder", ["process", "container"])
def test_port_that_is_taken(
    made: Made, sleeper: Any, engine: docker.DockerClient, base: str, holder: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        ports = [{"internal": 80, "external": port, "ip": "127.0.0.1"}]
        if holder == "process":
            taken.listen()
        else:
            taken.close()
            made(CONTAINER, sleeper(name=f"{NAME}-holder", ports=ports))
        with pytest.raises(PluginError, match=rf"{port}.* already (allocated|in use)"):
            made(CONTAINER, sleeper(ports=ports))
    assert not engine.containers.list(all=True, filters={"name": f"^/{NAME}$"})


def test_name_that_is_taken(made: Made, sleeper: Any, engine: docker.DockerClient) -> None:
    id, _, _ = made(CONTAINER, sleeper())
    with pytest.raises(PluginError, match=f"{NAME}.* is already in use by container"):
        made(CONTAINER, sleeper())
    assert engine.containers.get(id).status == "running"


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


# --- images


def test_build(plugin: Plugin, made: Made, context: Any, engine: docker.DockerClient) -> None:
    directory = context(
        "ARG WHO=nobody", "COPY . /context", "RUN echo $WHO > /who; ls /context > /list",
        kept="", ignored="", **{".dockerignore": "ignored\n"},
    )  # fmt: skip
    inputs = image(directory, buildArgs={"WHO": "ada"}, labels={"site": "x"}, tags=[f"{NAME}:2"])
    id, state, checked = made(IMAGE, inputs)
    assert id == state["imageId"] + f"{NAME}:1"
    built = engine.images.get(f"{NAME}:1")
    assert built.id == state["imageId"] == engine.images.get(f"{NAME}:2").id
    assert built.labels["site"] == "x"
    shown = engine.containers.run(built, ["cat", "/who", "/list"], remove=True).decode()
    assert shown.split() == ["ada", "Dockerfile", "kept"]
    assert plugin.kinds(IMAGE, state, checked) == {}
    assert plugin.read(IMAGE, id, state, checked) == (id, state, checked)
    engine.images.remove(f"{NAME}:2")


def test_image_changes(plugin: Plugin, made: Made, context: Any) -> None:
    id, state, checked = made(IMAGE, image(context(), buildArgs={"A": "1"}))
    for change in (
        {"name": f"{NAME}:3"},
        {"triggers": {"context": "2"}},
        {"build": {**checked["build"], "buildArgs": {"A": "2"}}},
    ):
        assert decision(plugin, IMAGE, state, {**checked, **change}) == (set(change), True)
    kept = {**checked, "keepLocally": True}
    assert decision(plugin, IMAGE, state, kept) == ({"keepLocally"}, False)
    assert plugin.update(IMAGE, id, state, kept)["imageId"] == state["imageId"]


def test_image_that_is_gone(
    plugin: Plugin, made: Made, context: Any, engine: docker.DockerClient
) -> None:
    id, state, checked = made(IMAGE, image(context("RUN true")))
    engine.images.remove(f"{NAME}:1")
    assert plugin.read(IMAGE, id, state, checked)[0] == ""


def test_delete_of_an_image(plugin: Plugin, context: Any, engine: docker.DockerClient) -> None:
    for keep in (True, False):
        checked = plugin.check(IMAGE, {**image(context("RUN echo")), "keepLocally": keep})
        id, state = plugin.create(IMAGE, checked)
        plugin.delete(IMAGE, id, state)
        assert bool(engine.images.list(NAME)) == keep


@ours
def test_delete_of_the_old_spares_the_new(
    plugin: Plugin, made: Made, context: Any, engine: docker.DockerClient
) -> None:
    old = plugin.create(IMAGE, plugin.check(IMAGE, image(context("RUN echo old"))))
    _, state, _ = made(IMAGE, image(context("RUN echo new")))
    plugin.delete(IMAGE, *old)
    assert engine.images.get(f"{NAME}:1").id == state["imageId"]


@ours
def test_build_shows_its_steps(plugin: Plugin, made: Made, context: Any) -> None:
    start = len(plugin.logs)
    made(IMAGE, image(context("RUN sleep 0.7; echo busy; sleep 0.1")))
    logs = plugin.logs[start:]
    assert any(log.message.startswith("Step 2/2 : RUN sleep") for log in logs)
    assert "Step 2/2: busy" in [log.message for log in logs]
    assert all(log.ephemeral and log.urn == plugin.urn(IMAGE) for log in logs)


def test_build_that_fails(made: Made, context: Any, engine: docker.DockerClient) -> None:
    with pytest.raises(PluginError, match="returned a non-zero code: 4") as failure:
        made(IMAGE, image(context("RUN echo the reason >&2; exit 4")))
    assert "the reason" in str(failure.value)
    if "PLUGIN_DIR" not in os.environ:
        assert "failed at Step 2/2 : RUN echo" in str(failure.value)
    assert not engine.images.list(NAME)


@ours
def test_full_disk_is_named(made: Made, context: Any) -> None:
    with pytest.raises(PluginError, match=r"disk is full \(\d+ bytes free.*docker system prune"):
        made(IMAGE, image(context("RUN cp /etc/passwd /dev/full")))


@ours
def test_context_is_looked_at_before(plugin: Plugin, context: Any, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"build\.context.*not a directory"):
        plugin.check(IMAGE, image(tmp_path / "none"))
    with pytest.raises(PluginError, match=r"build\.dockerfile.*not a file"):
        plugin.check(IMAGE, image(context(), dockerfile="Other"))
    with pytest.raises(PluginError, match=r"build\.secrets.*not carried out"):
        plugin.check(IMAGE, image(context(), secrets=[{"id": "x"}]))


def test_image_that_is_there_is_not_pulled(
    plugin: Plugin, made: Made, base: str, engine: docker.DockerClient
) -> None:
    _, state, _ = made(IMAGE, {"name": base, "keepLocally": True})
    assert state["imageId"] == engine.images.get(base).id


def test_image_that_cannot_be_pulled(made: Made) -> None:
    with pytest.raises(PluginError, match=r"pull.* image 127\.0\.0\.1:1/none"):
        made(IMAGE, {"name": "127.0.0.1:1/none:1"})


# --- the provider


@ours
def test_port_is_printed_soon(tmp_path: Path) -> None:
    began = time.monotonic()
    Plugin("docker", tmp_path, {"disableDockerDaemonCheck": "true"}).close()
    assert time.monotonic() - began < 2  # 0.4 s on a quiet machine


def test_preview_needs_no_engine(tmp_path: Path, sleeper: Any) -> None:
    config = {"host": "unix:///nowhere/docker.sock", "disableDockerDaemonCheck": "true"}
    plugin = Plugin("docker", tmp_path, config)
    try:
        checked = plugin.check(CONTAINER, sleeper())
        assert plugin.create(CONTAINER, checked, preview=True)[1]["name"] == NAME
        if "PLUGIN_DIR" not in os.environ:
            with pytest.raises(PluginError, match=r"engine at unix:///nowhere.*start it"):
                plugin.create(CONTAINER, checked)
    finally:
        plugin.close()


@ours
@pytest.mark.skipif(not shutil.which("docker"), reason="the far side needs the docker client")
def test_engine_by_ssh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: str, sleeper: Any
) -> None:
    """An ssh that stays here, and writes down how it was called."""
    ssh = tmp_path / "ssh"
    ssh.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\nshift 8\nexec $@\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    config = {"host": "ssh://ada@far.example:2222", "sshOpts": '["-o", "BatchMode=yes"]'}
    plugin = Plugin("docker", tmp_path, config)
    made = Made(plugin)
    try:
        made(CONTAINER, sleeper())
        called = (tmp_path / "calls").read_text().splitlines()[0]
        assert called == ("-o BatchMode=yes -l ada -p 2222 -- far.example docker system dial-stdio")
    finally:
        made.remove()
        plugin.close()
