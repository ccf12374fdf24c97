"""A disk that its members have filled: who is in goes on, who comes is let in or told, nothing is lost."""

import re
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.access import at_work, server_of
from tests.support.deployment import ONE_HUB, Deployment, changes, running
from tests.support.full_disk import disk_for, fill, fill_nearly, make_room
from tests.support.member import Member, Refused, keeps_its_variables
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

CONTACT = "help@example.org"
FULL = "disk is full"
# A stop that takes seconds, as the kernel does not let itself be stopped; and a start that does.
BUSY = """
import signal, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
time.sleep(600)
"""
SLOW_START = """
import os, site
os.makedirs(site.getusersitepackages())
with open(site.getusersitepackages() + "/slow.pth", "w") as file:
    file.write("import time; time.sleep(10)")
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with disk_for(tmp_path_factory.mktemp("full")) as data:
        yield data


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


def fill_all(deployment: Deployment) -> None:
    """With the room that its database keeps: as on a disk that was full before there was any."""
    code = "import sqlite3; sqlite3.connect('/srv/hub/state/jupyterhub.sqlite').execute('VACUUM')"
    journal = deployment.data / "hubs/core/state/jupyterhub.sqlite-journal"

    def given_back() -> bool:
        """The journal too, which comes again where the hub writes just then."""
        assert deployment.container("hub").exec_run(["python3", "-c", code]) == (0, b"")
        return not journal.exists()

    eventually(given_back, every=0.05)
    fill(deployment)


def fill_meanwhile(deployment: Deployment, member: Member, method: str, pending: str) -> None:
    """Asks for the start or stop of a server, and fills the disk while that goes on, until the hub meets it."""

    def server() -> dict[str, Any]:
        return member.ask_hub("GET", f"users/{member.name}").json()["servers"].get("", {})

    began = time.time()
    with ThreadPoolExecutor(1) as thread:
        thread.submit(member.ask_hub, method, f"users/{member.name}/server")
        eventually(lambda: server().get("pending") == pending, every=0.05)
        fill_all(deployment)
        hub = deployment.container("hub")
        # Again and again, as programs give room back.
        eventually(lambda: fill(deployment) or FULL in hub.logs(since=began).decode())


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


def test_a_server_that_was_to_stop_without_room_is_started_as_soon_as_there_is_some(
    full: Deployment,
) -> None:
    with at_work(full, "grace") as grace, grace.kernel().connected() as kernel:
        kernel.begin(BUSY)
        fill_meanwhile(full, grace, "DELETE", "stop")
        make_room(full)
        grace.sign_in(full.password)  # as an error's page is of nobody, and so are its cookies
        eventually(lambda: not grace.ask_hub("GET", "users/grace").json()["servers"])
        grace.start()
        grace.stop()
    assert is_whole(full)


def test_a_server_that_stopped_by_itself_without_room_is_started_as_soon_as_there_is_some(
    full: Deployment,
) -> None:
    with at_work(full, "grace") as grace:
        fill_all(full)
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
    with at_work(full, "katherine") as katherine:
        katherine.kernel().run(SLOW_START)
        katherine.stop()
        fill_meanwhile(full, katherine, "POST", "spawn")
        make_room(full)
        katherine.sign_in(full.password)  # as an error's page is of nobody, and so are its cookies

        def servers() -> dict[str, Any]:
            return katherine.ask_hub("GET", "users/katherine").json()["servers"]

        eventually(lambda: not servers().get("", {}).get("pending"))
        if not servers():  # else something else met the full disk, just before the start did
            katherine.start()
        katherine.kernel().run("import shutil, site; shutil.rmtree(site.getuserbase())")
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
    assert re.search(rf"{full.data}: 0.0 GiB .* nearly full", full.ops("status"))
    make_room(full)
    fill_nearly(full)
    printed = full.ops("up")
    assert f"The disk of {full.data} is nearly full: 80 MiB" in printed
    assert changes(printed)["replaced"] >= 1
