"""A hub that the live tests share, and what they leave behind: nothing."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.deployment import Deployment, running
from tests.live.domain import DOMAIN


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A stack that is up; a test that changes its file puts it right again."""
    with running(Deployment(tmp_path_factory.mktemp("live"), "live")) as deployment:
        yield deployment


@pytest.fixture
def domain_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a line in /etc/hosts would make it."""
    look_up = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: look_up("127.0.0.1" if host == DOMAIN else host, *rest, **more),
    )


@pytest.fixture
def stack_file(deployment: Deployment) -> Iterator[Path]:
    """The stack file, which may be edited: it and the stack are put right afterwards."""
    before = deployment.file.read_text()
    yield deployment.file
    deployment.write(before)
    deployment.make("up")
