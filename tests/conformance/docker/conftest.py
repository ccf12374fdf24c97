"""The plugin under test, and what its tests start from."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import ImageNotFound

from tests.conformance.docker.common import BASES, CONTAINER, NAME
from tests.support.plugin_client import Plugin, Values
from tests.support.plugin_suite import Made


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    before = {container.id for container in client.containers.list(all=True, ignore_removed=True)}
    yield client
    left = [
        c.name for c in client.containers.list(all=True, ignore_removed=True) if c.id not in before
    ]
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
    with Plugin("docker", tmp_path_factory.mktemp("work")) as plugin:
        yield plugin


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
