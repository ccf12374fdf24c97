"""What the tests share: names, and ways to make and look at things."""

from pathlib import Path
from typing import Any

import docker

from tests.support import run
from tests.support.plugin_client import Values

CONTAINER = "docker:index/container:Container"
NETWORK = "docker:index/network:Network"
IMAGE = "docker:index/remoteImage:RemoteImage"
BASES = ("cyberhubs-base:bookworm", "debian:bookworm-slim")
NAME = run.named("cyberhubs-conformance")


def image(context: Path, **build: Any) -> Values:
    options = {"context": str(context), "forceRemove": True, "useLegacyBuilder": True, **build}
    return {"name": f"{NAME}:1", "build": options, "triggers": {"context": "1"}}


def named(engine: docker.DockerClient) -> list:
    """The containers of the name that the tests give."""
    return engine.containers.list(all=True, ignore_removed=True, filters={"name": f"^/{NAME}$"})
