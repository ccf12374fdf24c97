"""The plugin under test, and what its tests start from."""

import io
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import docker
import pytest

from cyberhubs.settings.images import Images
from tests.conformance.docker.common import CONTAINER, NAME, NETWORK
from tests.support.plugin_client import Plugin, Values
from tests.support.plugin_suite import Made

Image = Callable[..., str]


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
def image(engine: docker.DockerClient) -> Iterator[Image]:
    """The id of an image that runs a shell command: `image("sleep 600")`."""
    made = []

    def make(command: str) -> str:
        own = secrets.token_hex(4)  # nobody else has the same one
        text = f'FROM {Images().base}\nLABEL own={own}\nCMD ["sh", "-c", "{command}"]\n'
        built, _ = engine.images.build(fileobj=io.BytesIO(text.encode()), rm=True)
        made.append(str(built.id))
        return made[-1]

    yield make
    for id in {*made}:
        engine.images.remove(id, force=True)


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
def network(plugin: Plugin) -> Iterator[str]:
    """The name of one for all."""
    made = Made(plugin)
    made(NETWORK, {"name": NAME, "driver": "bridge"})
    yield NAME
    made.remove()


@pytest.fixture(scope="module")
def sleeper(image: Image, network: str) -> Callable[..., Values]:
    """Inputs of a container that stays up."""
    sleeping = image("sleep 600")

    def inputs(**more: Any) -> Values:
        least = {
            "name": NAME,
            "image": sleeping,
            "networksAdvanced": [{"name": network, "aliases": ["sleeper"]}],
            "logDriver": "json-file",
            "restart": "unless-stopped",
            "memory": 64,
            "memorySwap": 64,
            "destroyGraceSeconds": 1,
        }
        return {**least, **more}

    return inputs


@pytest.fixture(scope="module")
def standing(plugin: Plugin, engine: docker.DockerClient, sleeper: Any) -> Iterator[tuple]:
    """State and inputs of a container that tests only compare with."""
    made = Made(plugin)
    more = {"name": f"{NAME}-standing", "envs": ["A=1"], "logOpts": {"max-size": "1m"}}
    yield made(CONTAINER, sleeper(**more))[1:]
    made.remove()
