"""`limits.disk` on a kernel that has project quotas, as this machine's may not: a disk is made, or changed as `up` says, and the
programs that set a limit and that keep members from leaving it run there."""

import errno
import json
from typing import Any

import pytest

from cyberhubs.machine.script import script
from cyberhubs.paths import CHECKOUT
from tests.support.lab.guest import FIRST, SECOND, in_guest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

MB = 2**20
HUB = CHECKOUT / "hub/cyberhubs_hub"
WRITTEN = {
    "hub/cyberhubs_hub/__init__.py": HUB / "__init__.py",
    "hub/cyberhubs_hub/set_project_quota.py": HUB / "set_project_quota.py",
    "keep-project.py": CHECKOUT / "components/hub/keep-project.py",
    "layer.sh": CHECKOUT / "tests/support/lab/layer_in_guest.sh",
    "members.py": CHECKOUT / "tests/support/lab/quotas_in_guest.py",
}
SCRIPTS = {
    "make-first": script("disk", FIRST, "/mnt", "ext4", "auto", "no", "yes"),
    "first-without": script("disk", FIRST, "/mnt", "ext4", "auto", "no", "no"),
    "look-first": script("quotas", "/mnt", "ext4"),
    "second-without": script("disk", SECOND, "/media", "ext4", "auto", "no", "no"),
    "make-second": script("disk", SECOND, "/media", "ext4", "auto", "no", "yes"),
    "look-second": script("quotas", "/media", "ext4"),
    "make-xfs": script("disk", SECOND, "/media", "xfs", "auto", "no", "yes"),
    "look-here": script("quotas", "/job", ""),
}
JOB = f"""
set -eu
export PYTHONPATH=/job/hub
section() {{ echo "== $1"; }}

section ready
sh look-first
sh make-first >&2
sh look-first
section again
sh make-first
section ext4
python3 members.py /mnt

section how
sh second-without >&2
echo kept >/media/kept
sh look-second | tee how
section done
sed 's/.*as root there: //; s/[.] Then run.*//' how >do
sh -ec "$(cat do)" >&2
sh -ec "$(cat do)" >&2
sh look-second
section made-so
sh make-second
sh make-second
umount /media
mount /media
sh look-second
cat /media/kept
section converted
mkdir -p /media/users/ada
python3 -m cyberhubs_hub.set_project_quota /media/users/ada {64 * MB}
df -B 1 --output=size /media/users/ada | tail -n 1

umount /media
wipefs -qa {SECOND}
sed -i '/media/d' /etc/fstab
sh make-xfs >&2
section xfs
python3 members.py /media
section layer-xfs
bash layer.sh /media
section layer-ext4
bash layer.sh /mnt
section elsewhere
sh look-here

umount /mnt
echo 'exit 1' >/usr/local/sbin/modprobe
chmod +x /usr/local/sbin/modprobe
section another-kernel
sh make-first 2>&1 || :
section another-kernel-without
sh first-without 2>&1 || :
section another-kernel-look
sh look-first
umount /media
wipefs -qa {SECOND}
section another-kernel-empty
sh make-second 2>&1 || :
blkid -p {SECOND} || echo empty
"""
DISKS = {"ext4": errno.EDQUOT, "xfs": errno.ENOSPC}  # by its error at the limit


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """What each section of the job has printed."""
    files = {name: path.read_bytes() for name, path in WRITTEN.items()}
    files |= {name: text.encode() for name, text in SCRIPTS.items()}
    answer = in_guest(files | {"job.sh": JOB.encode()})
    sections = (section.partition("\n") for section in answer.split("== ")[1:])
    return {name: text.strip() for name, _, text in sections}


@pytest.fixture(scope="module", params=DISKS)
def found(request: pytest.FixtureRequest, said: dict[str, str]) -> Any:
    return json.loads(said[request.param]) | {"at_limit": DISKS[request.param]}


def test_a_home_from_before_is_all_in_a_project_of_its_own(found: Any) -> None:
    assert found["in_its_project"] == [True, True, True]
    assert found["of_others"] == [0, 0, 0]
    assert found["apart"]


def test_a_limit_holds_and_hurts_nobody_else(found: Any) -> None:
    assert found["shown"] == 64 < found["disk"]
    written, error = found["to_the_limit"]
    assert 50 * MB < written <= 56 * MB  # there were 8
    assert (error, found["left"]) == (found["at_limit"], 0)
    assert found["grace_writes_on"] == [100 * MB, 0]
    assert found["after_deleting"] == [10 * MB, 0]


def test_nobody_leaves_a_project(found: Any) -> None:
    assert found["leaving"] == [errno.EPERM, errno.EPERM]
    assert found["still_in_it"]
    assert found["leaving_without_the_filter"] == [0, 0]
    assert found["taken_back"]


def test_what_a_member_has_made_a_project_before_is_none_of_theirs_any_more(found: Any) -> None:
    assert found["own_way"] == [1, False]
    assert found["a_member_sees"] == [0, 0]


def test_the_limit_of_somebody_else_stays(found: Any) -> None:
    assert found["of_the_operator"] == [16, True, ""]


def test_another_limit_holds_from_then_on(found: Any) -> None:
    size, (_, error) = found["raised"]
    assert (size, error) == (128, found["at_limit"])
    assert found["lowered"] == [[32, 0], [0, found["at_limit"]]]
    assert found["lowered_after_deleting"] == [MB, 0]
    assert found["removed"] == [found["disk"], "", [200 * MB, 0]]
    assert found["part_of_a_block"] == 4096


def test_files_are_limited_too(found: Any) -> None:
    made, error = found["files"]
    assert (made, error) == (1023, found["at_limit"])  # with the home


def test_what_was_cut_off_goes_on(found: Any) -> None:
    at_the_cut, begun = found["goes_on"]
    assert at_the_cut == begun
    assert found["all_in_it"]


def test_it_holds_after_the_next_start_of_the_machine(found: Any) -> None:
    _, error = found["after_a_restart"]
    assert error == found["at_limit"]


def test_what_a_server_keeps_outside_of_its_home_is_limited_where_the_engine_can(
    said: dict[str, str],
) -> None:
    """As the hub asks for it: `limit_layer`."""
    written, error = said["layer-xfs"].splitlines()
    assert 60 * MB < int(written) <= 64 * MB
    assert "No space left on device" in error
    assert "storage-opt" in said["layer-ext4"]


def test_a_new_disk_is_made_so(said: dict[str, str]) -> None:
    assert (said["ready"], said["again"]) == ("", "")


def test_a_disk_from_before_is_changed_by_what_up_says(said: dict[str, str]) -> None:
    assert "which the file system of /media (ext4) has not" in said["how"]
    assert said["done"] == ""
    assert said["made-so"] == "/etc/fstab: /media\nkept"
    assert said["converted"] == str(64 * MB)


def test_a_folder_of_this_machine_is_refused(said: dict[str, str]) -> None:
    assert "have host.data.path on an ext4" in said["elsewhere"]


def test_a_kernel_without_them_touches_nothing(said: dict[str, str]) -> None:
    assert "limits.disk needs project quotas, and the kernel" in said["another-kernel"]
    assert "tune2fs -O ^quota,^project" in said["another-kernel-without"]
    assert "limits.disk needs project quotas, and the kernel" in said["another-kernel-look"]
    refused, left = said["another-kernel-empty"].splitlines()
    assert refused.endswith("was not touched.")
    assert left == "empty"
