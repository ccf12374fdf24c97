"""Containers that are gone, stopped, fail or are in the way."""

import socket
from typing import Any

import docker
import pytest

from tests.conformance.docker.common import CONTAINER, NAME, named
from tests.support.plugin_client import Plugin, PluginError
from tests.support.plugin_suite import OFFICIAL, Made, decision, ours

pytestmark = pytest.mark.slow


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
    made: Made, sleeper: Any, image: Any, engine: docker.DockerClient
) -> None:
    failing = sleeper(image=image("echo the reason; exit 3"))
    if OFFICIAL:  # does not look: the program asks each hub and the door itself, once they are made
        made(CONTAINER, failing)
        return
    with pytest.raises(PluginError, match="exited immediately with code 3") as failure:
        made(CONTAINER, failing)
    assert "the reason" in str(failure.value)
    assert "Traceback" not in str(failure.value) and ".py" not in str(failure.value)
    assert not named(engine)


@ours
def test_container_that_keeps_restarting_fails_and_goes(
    made: Made, sleeper: Any, image: Any, engine: docker.DockerClient
) -> None:
    with pytest.raises(PluginError, match="exited immediately with code 3"):
        made(CONTAINER, sleeper(image=image("exit 3"), restart="always"))
    assert not named(engine)


@pytest.mark.parametrize("holder", ["process", "container"])
def test_port_that_is_taken(
    made: Made, sleeper: Any, engine: docker.DockerClient, holder: str
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
    if (
        OFFICIAL
    ):  # leaves it, made and not started: the next `make up` removes what the state does not know
        [left] = named(engine)
        assert left.status == "created"
        left.remove()
    assert not named(engine)


def test_name_that_is_taken(made: Made, sleeper: Any, engine: docker.DockerClient) -> None:
    id, _, _ = made(CONTAINER, sleeper())
    with pytest.raises(PluginError, match=f"{NAME}.* is already in use by container"):
        made(CONTAINER, sleeper())
    assert engine.containers.get(id).status == "running"
