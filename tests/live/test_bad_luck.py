"""What goes wrong for an operator ends in a sentence, and the next `make up` goes on from there."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cyberhubs.names import HUB, ROLE, STACK
from cyberhubs.settings.images import Images
from tests.support import run
from tests.support.deployment import Deployment, changes
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow


def labels(deployment: Deployment) -> dict[str, str]:
    return {STACK: deployment.stack, HUB: "core", ROLE: "proxy"}


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Deployment]:
    """A stack that was never up; whatever is made of it is gone afterwards."""
    fresh = Deployment(tmp_path, "fresh")
    yield fresh
    fresh.ops("down")
    assert fresh.containers() == []
    assert fresh.networks() == []


def test_port_taken_is_said_before_anything_is_touched(fresh: Deployment) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", fresh.port))
        taken.listen()
        printed = fresh.ops("up", fails=True)
    assert f"Port {fresh.port} of 127.0.0.1 cannot be used" in printed
    assert "cyberhubs:tls" in printed
    assert fresh.containers() == []
    assert not fresh.data.exists()


def test_down_before_any_up(fresh: Deployment) -> None:
    assert "has never been up" in fresh.ops("down")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_interrupted_update_is_continued_by_the_next(fresh: Deployment, how: int) -> None:
    update = subprocess.Popen(
        ["make", "up", f"STACK={fresh.stack}"],
        cwd=fresh.directory,
        env=fresh.environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    eventually(lambda: any(name.endswith(".proxy") for name in fresh.containers()), 600)
    os.killpg(update.pid, how)
    assert update.wait(timeout=120) != 0
    fresh.ops("up")
    assert httpx.get(fresh.url + "hub/health").status_code == 200
    assert set(changes(fresh.ops("up"))) == {"unchanged"}
    eventually(lambda: processes_of(fresh) == [], 20)


def test_container_that_no_state_knows_does_not_stand_in_the_way(fresh: Deployment) -> None:
    left = fresh.engine.containers.create(
        Images().base,
        "true",
        name=f"cyberhubs.{fresh.stack}.core.proxy",
        labels=labels(fresh),
        volumes=[f"{fresh.data}/hubs:/hubs:ro"],
    )
    assert f"Removing {left.name}" in fresh.ops("up")
    assert fresh.container("proxy").id != left.id


def test_a_stack_of_the_same_name_with_other_data_is_left_alone(
    fresh: Deployment, tmp_path: Path
) -> None:
    theirs = fresh.engine.containers.create(
        Images().base,
        "true",
        name=run.named("of-somebody-else"),
        labels=labels(fresh),
        volumes=[f"{tmp_path}/theirs:/hubs:ro"],
    )
    try:
        printed = fresh.ops("up", fails=True)
        assert f"{theirs.name} is of another stack named {fresh.stack} on this" in printed
        assert fresh.containers() == [theirs.name]
    finally:
        theirs.remove()


def test_a_hub_that_cannot_start_ends_the_update_with_its_reason(fresh: Deployment) -> None:
    fresh.ops("up")
    database = fresh.data / "hubs/core/state/jupyterhub.sqlite"
    kept = database.with_suffix(".kept")
    database.rename(kept)
    database.mkdir()
    fresh.edit(lambda config: config["cyberhubs:hubs"]["core"].update(title="Broken"))
    printed = fresh.ops("up", fails=True)
    assert "unable to open database file" in printed
    assert f"make up STACK={fresh.stack}` again" in printed
    database.rmdir()
    kept.rename(database)
    fresh.ops("up")
    assert "Broken" in httpx.get(f"{fresh.url}hub/login").text


def processes_of(deployment: Deployment) -> list[str]:
    """Command lines that name its directory: engines, language hosts, plugins, programs."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if str(deployment.directory) in line]
