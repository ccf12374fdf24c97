"""Data spaces: what is read-only stays so whatever is tried, what is shared stays everybody's, what is private its
member's; and a share that is away. Needs root, to mount, and setfacl."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cyberhubs.ops.engine import run_inside
from tests.support.access import at_work, server_of
from tests.support.deployment import Deployment, running
from tests.support.member import Kernel, Member

pytestmark = pytest.mark.slow
MEMBER = (12345, 12346)
TRY = "try:\n open('{}', 'w').close(); print('written')\nexcept OSError: print('refused')"


@contextmanager
def mounted(place: Path) -> Iterator[None]:
    """A file system that everybody may write to, and whose mounts are seen by whoever follows them."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", place], check=True)
    subprocess.run(["mount", "--make-shared", place], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spaces")
    for name in ("data/below", "data/later", "share"):
        (folder / name).mkdir(parents=True)
        (folder / name).chmod(0o777)
    (folder / "data").chmod(0o777)
    (folder / "data/file").touch(0o666)
    (folder / "data/file").chmod(0o666)
    return folder


@pytest.fixture(scope="module")
def stack(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    deployment = Deployment(tmp_path_factory.mktemp("spaces-stack"), "spaces")
    ours = deployment.data

    def with_spaces(config: dict[str, Any]) -> None:
        config["cyberhubs:hubs"]["core"]["data"] = [
            {"source": f"{folder}/data", "target": "/data"},
            {"source": f"{folder}/share", "target": "/share", "access": "read-write"},
            {"source": f"{ours}/together", "target": "/together", "access": "read-write"},
            {"source": f"{ours}/own", "target": "/own", "access": "private"},
        ]

    deployment.edit(with_spaces)
    with mounted(folder / "share"), running(deployment):
        deployment.keep()
        yield deployment


def written(kernel: Kernel, path: str) -> bool:
    return kernel.run(TRY.format(path)) == "written"


def test_nothing_below_a_read_only_space_is_writable(stack: Deployment, folder: Path) -> None:
    with mounted(folder / "data/below"), at_work(stack, "grace") as grace:
        kernel = grace.kernel()
        (folder / "data/below/file").touch()  # on what is mounted there
        (folder / "data/below/file").chmod(0o666)
        with mounted(folder / "data/later"):
            for path in (
                "/data/x",
                "/data/file",
                "/data/below/x",
                "/data/below/file",
                "/data/later/x",
            ):
                assert not written(kernel, path)
                root = stack.engine.containers.get(server_of(stack, "grace")).exec_run(
                    ["sh", "-c", 'mount -o remount,rw,bind "$(dirname "$0")"; : >"$0"', path],
                    user="0:0",
                    privileged=False,
                )
                assert root.exit_code
            links = (
                "import os; os.symlink('/data/file', 'link')\ntry: os.link('/data/file', 'hard')"
            )
            assert kernel.run(f"{links}\nexcept OSError as e: print(e.strerror)")
            assert not written(kernel, "link") and not written(kernel, "/proc/self/root/data/file")
            assert list((folder / "data/later").iterdir()) == []
        assert [path.name for path in (folder / "data/below").iterdir()] == ["file"]
        kernel.run("os.unlink('link')")
        grace.stop()


def test_what_the_host_mounts_below_a_writable_space_is_seen_at_once(
    stack: Deployment, folder: Path
) -> None:
    with at_work(stack, "grace") as grace:
        kernel = grace.kernel()
        (folder / "share/below").mkdir()
        with mounted(folder / "share/below"):
            (folder / "share/below/new").write_text("there")
            assert kernel.run("print(open('/share/below/new').read())") == "there"
        grace.stop()


def test_what_is_shared_stays_everybody_s(stack: Deployment) -> None:
    """Also that of programs which keep to themselves what they make."""
    made = "import os; os.umask(0o077); os.makedirs('/together/a/b'); open('/together/a/b/c', 'w').write('x')"
    with at_work(stack, "grace") as grace, at_work(stack, "katherine") as katherine:
        grace.kernel().run(made)
        kernel = katherine.kernel()
        assert kernel.run("print(open('/together/a/b/c', 'a').write('y'))") == "1"
        kernel.run("open('/together/a/b/d', 'w')")
        for member in (grace, katherine):
            member.stop()
    top = stack.data / "together"
    for path in (top, top / "a", top / "a/b"):
        found = path.stat()
        assert (found.st_uid, found.st_gid) == MEMBER
        assert found.st_mode & 0o2070 == 0o2070
    assert (top / "a/b/c").read_text() == "xy"
    assert all((top / "a/b" / name).stat().st_mode & 0o060 == 0o060 for name in "cd")


def test_what_is_private_is_its_member_s(stack: Deployment) -> None:
    with at_work(stack, "grace") as grace, at_work(stack, "katherine") as katherine:
        assert written(grace.kernel(), "/own/diary")
        there = "import os; print(os.listdir('/own'), os.listdir('/own/..').count('grace'))"
        assert katherine.kernel().run(there) == "[] 0"
        for member in (grace, katherine):
            member.stop()
    found = (stack.data / "own/grace").stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (*MEMBER, 0o700)
    assert (stack.data / "own/grace/diary").exists()


def test_it_goes_where_its_member_goes(stack: Deployment) -> None:
    with at_work(stack, "grace") as grace:
        grace.kernel().run("open('/own/letter', 'w')")
        grace.stop()
    hub = stack.container("hub")
    for old, new in (("grace", "joan"), ("joan", "grace")):
        code, said = run_inside(hub, "python3", "-m", "cyberhubs_hub.rename", old, new)
        assert code == 0, said
        assert (stack.data / "own" / new / "letter").exists()
        assert not (stack.data / "own" / old).exists()


def test_no_server_starts_over_a_share_that_is_not_mounted(stack: Deployment, folder: Path) -> None:
    subprocess.run(["umount", "--lazy", folder / "share"], check=True)
    try:
        with Member(stack.url, "katherine") as katherine:
            katherine.sign_in(stack.password)
            with pytest.raises(AssertionError, match="The data for /share is not mounted"):
                katherine.start()
            assert list((folder / "share").iterdir()) == []
            katherine.stop()
            says = f"Data space {folder}/share is not mounted, and members would write into"
            assert says in stack.ops("status", fails=True)
            said = stack.ops("up", fails=True)
            assert says in said and "Nothing was changed." in said
            with mounted(folder / "share"):
                katherine.start()
                katherine.stop()
    finally:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", folder / "share"], check=True
        )


def test_a_space_that_members_could_not_use_is_refused(stack: Deployment, folder: Path) -> None:
    """Before anything is touched; and all of them at once."""
    (folder / "theirs").mkdir(mode=0o755)
    (folder / "link").symlink_to("data")

    def with_more(config: dict[str, Any]) -> None:
        more = {name: f"{folder}/{name}" for name in ("theirs", "link", "absent")}
        config["cyberhubs:hubs"]["core"]["data"] += [
            {"source": source, "target": f"/{name}", "access": "read-write"}
            for name, source in more.items()
        ]

    stack.edit(with_more)
    try:
        said = stack.ops("up", fails=True)
    finally:
        stack.put_right()
    assert f"{folder}/theirs cannot be written by members (uid 12345" in said
    assert "Permission denied. It belongs to root:root (0:0), mode 755" in said
    assert f"{folder}/link leads to {folder}/data by a link" in said
    assert f"{folder}/absent is no folder of this machine" in said
    assert "Nothing was changed." in said
