"""A hub that the live tests share, and what they leave behind: nothing."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.access import list_of, replace
from tests.support.deployment import Deployment, running
from tests.support.domain import DOMAIN
from tests.support.member import Kernel, Member


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Deployment]:
    """A stack that is up, for the tests of a group: one in each process that has such tests."""
    with running(Deployment(tmp_path_factory.mktemp("live"), f"live-{worker_id}")) as stack:
        yield stack


@pytest.fixture
def deployment(stack: Deployment) -> Deployment:
    """The stack, up as it was at first, whatever tests before have made of it."""
    return stack.put_right()


@pytest.fixture
def kernel(deployment: Deployment) -> Iterator[Kernel]:
    """A member's, with a variable."""
    with Member(deployment.url, "grace") as grace:
        grace.sign_in(deployment.password)
        try:
            grace.start()
            kernel = grace.kernel()
            kernel.run("kept = 6 * 7")
            yield kernel
        finally:
            grace.sign_in(deployment.password)
            grace.stop()


@pytest.fixture
def lists(deployment: Deployment) -> Iterator[Path]:
    """The hub's list, to be changed without an update; as it was afterwards."""
    file = list_of(deployment)
    text = file.read_text()
    yield file
    replace(file, text)


@pytest.fixture
def domain_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a line in /etc/hosts would make it."""
    look_up = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: look_up("127.0.0.1" if host == DOMAIN else host, *rest, **more),
    )
