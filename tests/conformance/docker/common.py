"""What the tests share: names, and ways to make and look at things."""

import docker

from tests.support import run

CONTAINER = "docker:index/container:Container"
NETWORK = "docker:index/network:Network"
NAME = run.named("cyberhubs-conformance")
CHECK = {
    "tests": ["CMD", "true"],
    "interval": "30s",
    "timeout": "1m30s",
    "startPeriod": "1m0s",
    "retries": 3,
}


def named(engine: docker.DockerClient) -> list:
    """The containers of the name that the tests give."""
    return engine.containers.list(all=True, ignore_removed=True, filters={"name": f"^/{NAME}$"})
