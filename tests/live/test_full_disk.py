"""A disk that its members have filled: who is in goes on, who comes is let in or told, nothing is lost."""

import os
import re
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.support.access import at_work, server_of
from tests.support.deployment import ONE_HUB, Deployment, changes, running
from tests.support.lab.machine import LoopDisk
from tests.support.member import Member, Refused, keeps_its_variables
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

CONTACT = "help@example.org"
FULL = "disk is full"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk of its own for a stack's data."""
    directory = tmp_path_factory.mktemp("full")
    data = directory / "data"
    data.mkdir()
    disk = LoopDisk(directory / "disk", 1)
    try:
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", disk.device], check=True)
        subprocess.run(["mount", disk.device, data], check=True)
        yield data
        subprocess.run(["umount", data], check=True)
    finally:
        disk.close()


@pytest.fixture(scope="module")
def stack(data: Path) -> Iterator[Deployment]:
    stack = ONE_HUB.replace("title: Test hub", f"title: Test hub\n      contact: {CONTACT}")
    with running(Deployment(data.parent, "full", stack)) as stack:
        yield stack


@pytest.fixture
def full(stack: Deployment) -> Iterator[Deployment]:
    """To be filled by `fill`; with room again afterwards."""
    yield stack.put_right()
    make_room(stack)
    eventually(lambda: httpx.get(f"{stack.url}hub/health").status_code == 200)


def fill(deployment: Deployment) -> None:
    """To the last block."""
    with filler(deployment).open("wb", buffering=0) as file:
        for size in (2**24, 2**16, 2**10):
            at = file.seek(0, os.SEEK_END)
            try:
                while True:
                    os.posix_fallocate(file.fileno(), at, size)
                    at += size
            except OSError:
                pass


def fill_all(deployment: Deployment) -> None:
    """With the room that its database keeps: as on a disk that was full before there was any."""
    # Gives it back, and the journal with it.
    code = "import sqlite3; sqlite3.connect('/srv/hub/state/jupyterhub.sqlite').execute('VACUUM')"
    assert deployment.container("hub").exec_run(["python3", "-c", code]) == (0, b"")
    assert not (deployment.data / "hubs/core/state/jupyterhub.sqlite-journal").exists()
    fill(deployment)


def make_room(deployment: Deployment) -> None:
    filler(deployment).unlink(missing_ok=True)


def filler(deployment: Deployment) -> Path:
    return deployment.data / "jupyterhub_users/core/filler"


def words(page: str) -> str:
    return " ".join(re.sub(r"(?s)<(script|style).*?</\1>|<[^>]*>", " ", page).split())


def is_whole(deployment: Deployment) -> bool:
    file = deployment.data / "hubs/core/state/jupyterhub.sqlite"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        return database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_hub_goes_on_and_starts_on_a_full_disk(full: Deployment) -> None:
    with at_work(full, "grace") as grace, Member(full.url, "katherine") as katherine:
        kernel = grace.kernel()
        kernel.run("kept = 6 * 7")
        fill(full)
        full.container("hub").restart(timeout=20)
        eventually(lambda: httpx.get(f"{full.url}hub/health").status_code == 200, 30)
        assert keeps_its_variables(kernel)
        grace.sign_in(full.password).stop()
        grace.start()
        katherine.sign_in(full.password)  # who was never here, and has no home yet
        katherine.http.get(f"{full.url}hub/spawn")
        eventually(lambda: FULL in told(katherine) and CONTACT in told(katherine), 20)
        make_room(full)
        katherine.start()
        for member in (katherine, grace):
            member.stop()
    assert is_whole(full)


def told(member: Member) -> str:
    """What is read where the server would be."""
    return words(member.http.get(f"{member.hub}hub/spawn-pending/{member.name}").text)


def test_where_the_room_of_its_own_is_used_up_it_says_so(full: Deployment) -> None:
    fill_all(full)
    with Member(full.url, "ada") as ada:
        with pytest.raises(Refused) as refused:
            ada.sign_in(full.password)
        page = words(str(refused.value))
        assert FULL in page and CONTACT in page
        make_room(full)
        ada.sign_in(full.password).stop()
        ada.start()
        ada.stop()
    assert is_whole(full)


@pytest.mark.parametrize("how", ["by its member", "by itself"])
def test_a_server_that_stopped_without_room_is_started_as_soon_as_there_is_some(
    full: Deployment, how: str
) -> None:
    with at_work(full, "grace") as grace:
        fill_all(full)
        if how == "by its member":
            answer = grace.ask_hub("DELETE", "users/grace/server")
            assert answer.status_code in (202, 204) or FULL in words(answer.text), answer.text
        else:
            full.engine.containers.get(server_of(full, "grace")).kill()
        time.sleep(15)  # while the hub looks, and looks again
        make_room(full)
        grace.sign_in(full.password)
        eventually(lambda: not grace.ask_hub("GET", "users/grace").json()["servers"])
        grace.start()
        grace.stop()
    assert is_whole(full)


def test_a_server_that_was_to_start_without_room_starts_as_soon_as_there_is_some(
    full: Deployment,
) -> None:
    with Member(full.url, "katherine") as katherine:
        katherine.sign_in(full.password).stop()
        fill_all(full)
        answer = katherine.ask_hub("POST", "users/katherine/server")
        assert answer.status_code in (201, 202) or FULL in words(answer.text), answer.text
        time.sleep(5)  # so that the start meets the full disk
        make_room(full)
        eventually(lambda: not katherine.ask_hub("GET", "users/katherine").json()["servers"])
        katherine.start()
        katherine.stop()
    assert is_whole(full)


def test_up_says_so_before_anything_is_touched(full: Deployment) -> None:
    before = full.started()
    kept = {file: file.read_bytes() for file in (full.data / "hubs/core/live").iterdir()}
    full.edit(lambda config: config["cyberhubs:hubs"]["core"].update(title="Another"))
    fill(full)
    printed = full.ops("up", fails=True)
    assert f"The disk of {full.data} is full" in printed and "du -xh" in printed
    assert full.started() == before
    assert {file: file.read_bytes() for file in kept} == kept
    assert f"{full.data}: 0.0 GiB" in full.ops("status")
    make_room(full)
    assert changes(full.ops("up"))["replaced"] >= 1
