"""Mounts of another machine's files: written to from a notebook, dead without holding anybody up, and back again."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.support.access import at_work
from tests.support.deployment import changes
from tests.support.lab.deployment import LabDeployment
from tests.support.lab.far_side import DAV_PASSWORD, FILES, FarSide, far_side
from tests.support.lab.machine import FUSE
from tests.support.member import Kernel
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FUSE.exists(), reason="no FUSE in this kernel"),
]

GONE_S = 60  # within which whatever was asked of a far side that is gone has failed
READ = "print(open('{}').read())"
SPACES = [
    {"mount": "survey", "target": "/survey", "access": "read-write"},
    {"mount": "diaries", "target": "/diary", "access": "private"},
    {"mount": "lake", "target": "/lake", "access": "read-write"},
    {"mount": "books", "target": "/books"},
]
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBmFhb8FmS0pJTAY2tKHVYvHPvuIR3mkAULk5DAGW0rE"


@pytest.fixture(scope="module")
def far(lab: LabDeployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarSide]:
    with far_side(tmp_path_factory.mktemp("far"), lab.machine) as far:
        far.serve_webdav()
        far.machine.exec(f"cd {FILES} && mkdir ours/diaries ours/books && chown -R debian ours")
        before = lab.file.read_text()

        def with_mounts(config: dict[str, Any]) -> None:
            ours = f"{FILES}/ours"
            config["cyberhubs:mounts"] = {
                "survey": {"sshfs": far.sshfs()},
                "diaries": {"sshfs": far.sshfs(path=f"{ours}/diaries")},
                "books": {"sshfs": far.sshfs(path=f"{ours}/books"), "readOnly": True},
                "lake": {"rclone": far.webdav()},
            }
            config["cyberhubs:hubs"]["core"]["data"] += SPACES
            config["cyberhubs:metrics"] = {}

        lab.edit(with_mounts)
        lab.ops("up")
        try:
            yield far
        finally:
            lab.write(before)
            lab.ops("up")


def refused_within(kernel: Kernel, path: str, seconds: float) -> None:
    """It may be read from memory at first."""
    code = f"try: print(open('{path}').read())\nexcept OSError as error: print('refused:', error.errno)"
    with kernel.connected() as connection:
        read = partial(connection.run, code, timeout=seconds)
        eventually(lambda: read().startswith("refused: 5"), seconds, every=1)


def answers(lab: LabDeployment) -> dict[str, bool]:
    """As a Prometheus is told."""
    (job,) = yaml.safe_load(lab.ops("metrics"))["scrape_configs"]
    token = {"Authorization": f"Bearer {job['authorization']['credentials']}"}
    text = httpx.get(f"{lab.url}hub/metrics", headers=token).raise_for_status().text
    found = text_string_to_metric_families(text)
    samples = [one for family in found for one in family.samples]
    return {
        one.labels["mount"]: one.value == 1
        for one in samples
        if one.name == "cyberhubs_mount_answers"
    }


def test_what_members_write_is_at_the_far_side(lab: LabDeployment, far: FarSide) -> None:
    with lab.tunnel(), at_work(lab, "grace") as grace:
        kernel = grace.kernel()
        for folder in ("survey", "diary", "lake"):
            kernel.run(f"open('/{folder}/by-grace', 'w').write('{folder}')")
        with pytest.raises(AssertionError, match="Read-only file system"):
            kernel.run("open('/books/by-grace', 'w')")
        there = "cd /srv/files && cat ours/by-grace ours/diaries/grace/by-grace dav/by-grace"
        eventually(lambda: far.machine.exec(there) == "surveydiarylake", 30)
        assert far.machine.exec(f"stat -c '%U %a' {FILES}/ours/diaries/grace") == "debian 700\n"
        assert (
            kernel.run("import os; print(os.stat('/survey/by-grace').st_uid == os.getuid())")
            == "True"
        )
        grace.stop()
        mounts = dict.fromkeys(("survey", "diaries", "lake", "books"), True)
        eventually(lambda: answers(lab) == mounts, 60, every=1)
    status = lab.ops("status")
    for said in ("survey, sshfs", "lake, rclone"):
        assert f"{said:26}  answers" in status
    assert set(changes(lab.ops("up"))) == {"unchanged"}


def test_no_credential_is_readable(lab: LabDeployment, far: FarSide) -> None:
    secrets = (far.machine.key.read_text().splitlines()[1], DAV_PASSWORD)
    shown = "ps -eo args; journalctl -o cat; systemctl cat 'cyberhubs-mount-*'; cat /proc/*/environ || :"
    for text in (lab.machine.exec(shown), lab.pulumi("stack", "export")):
        assert "cyberhubs-mount" in text or "mounts.sh" in text
        assert not [secret for secret in secrets if secret in text]
    modes = lab.machine.exec("find /etc/cyberhubs/mounts -type f -printf '%m %u\n' | sort -u")
    assert modes == "600 root\n"


def test_a_dead_mount_holds_nobody_up_and_comes_back(lab: LabDeployment, far: FarSide) -> None:
    with lab.tunnel(), at_work(lab, "grace") as grace:
        kernel = grace.kernel()
        kernel.run(
            "kept = 42; open('/survey/kept', 'w').write('before'); open('/lake/kept', 'w').write('dav')"
        )
        with far.gone():
            refused_within(kernel, "/survey/kept", GONE_S)
            with at_work(lab, "katherine") as katherine:
                seen = (
                    "import os; print([os.path.exists(p) for p in ('/user', '/survey', '/diary')])"
                )
                assert katherine.kernel().run(seen) == "[True, False, False]"
                katherine.stop()
            said = lab.ops("status", fails=True)
            assert "survey, sshfs               does not answer" in said
            for name in ("books", "diaries", "lake", "survey"):
                assert f"Mount {name} cannot be used by members (uid 12345): " in said
            said = lab.ops("up")
            assert "Mount survey cannot be used by members" in said
            assert "Servers start without it until it answers." in said
            assert set(changes(said)) == {"unchanged"}
            assert "All is as it was made" in lab.ops("drift")
            lab.ops("prune", stdin="no\n")
            eventually(lambda: answers(lab) and not any(answers(lab).values()), 120, every=1)
        for path, content in (("/survey/kept", "before"), ("/lake/kept", "dav")):
            read = READ.format(path)
            eventually(lambda read=read, content=content: kernel.run(read) == content)
        assert kernel.run("print(kept)") == "42"
        assert "answers" in lab.ops("status")
        eventually(lambda: all(answers(lab).values()), 60, every=1)
        with far.silent():
            refused_within(kernel, "/survey/kept", GONE_S)
        assert kernel.run(READ.format("/survey/kept")) == "before"
        grace.stop()


def test_one_that_ends_is_mounted_again_and_all_are_after_a_reboot(
    lab: LabDeployment, far: FarSide
) -> None:
    lab.machine.exec("pkill -9 -x sshfs")
    restarts = "systemctl show -p NRestarts --value cyberhubs-mount-survey"
    eventually(lambda: int(lab.machine.exec(restarts)))
    eventually(lambda: lab.ops("status"), 120, every=1)
    lab.machine.reboot()
    eventually(lambda: lab.ops("status"), 180, every=1)


def test_what_cannot_be_mounted_is_said(lab: LabDeployment, far: FarSide) -> None:
    before = lab.file.read_text()

    def edit(config: dict[str, Any]) -> None:
        config["cyberhubs:mounts"]["books"]["sshfs"]["hostKey"] = OTHER_KEY
        config["cyberhubs:hubs"]["core"]["access"]["blocked"] = ["mallory"]

    lab.edit(edit)
    with lab.tunnel(), at_work(lab, "grace") as grace:
        try:
            said = lab.ops("up", fails=True)
            assert (
                f"is taken from servers that run, until their next start: cyberhubs.{lab.stack}.core.user.grace"
                in said
            )
            assert "Mount books cannot be used by members (uid 12345): Input/output error" in said
            assert "Its log ends with: Host key verification failed. Set it right in" in said
            assert "mallory" in lab.machine.exec(
                "cat /mnt/hubs/core/live/access"
            )  # all else is done
        finally:
            lab.write(before)
            lab.ops("up")
        assert "answers" in lab.ops("status")
        grace.stop()


def test_nfs_needs_a_kernel_that_has_it(lab: LabDeployment, far: FarSide) -> None:
    if "\tnfs\n" in lab.machine.exec("modprobe nfs 2>/dev/null; cat /proc/filesystems"):
        pytest.skip("this kernel has NFS")
    before = lab.file.read_text()

    def edit(config: dict[str, Any]) -> None:
        config["cyberhubs:mounts"]["old"] = {"nfs": {"server": far.address, "path": FILES}}

    lab.edit(edit)
    said = lab.ops("up", fails=True)
    assert "Mount old is of an NFS server, and this machine's kernel has no NFS: give" in said
    lab.write(before)
    assert "answers" in lab.ops("status")


LEFT = (
    "find /etc/cyberhubs/mounts /srv/cyberhubs/mounts /var/lib/cyberhubs/mounts -mindepth 1 2>/dev/null; "
    "ls /etc/systemd/system | grep cyberhubs-mount; findmnt -nt fuse.sshfs,fuse.rclone || :"
)


def test_what_is_taken_out_is_unmounted(lab: LabDeployment, far: FarSide) -> None:
    before = lab.file.read_text()

    def without(config: dict[str, Any]) -> None:
        del config["cyberhubs:mounts"]
        data = config["cyberhubs:hubs"]["core"]["data"]
        data[:] = [space for space in data if "mount" not in space]

    lab.edit(without)
    assert "survey: unmounted" in lab.ops("up")
    assert lab.machine.exec(LEFT) == ""
    lab.write(before)
    lab.ops("up")
    assert "/srv/cyberhubs/mounts/survey" in lab.machine.exec(LEFT)


def test_down_leaves_none_of_them(lab: LabDeployment, far: FarSide) -> None:
    lab.ops("down")
    assert lab.machine.exec(LEFT) == ""
