"""The disk of all data: what is on it is never lost, and what was cut off is done again."""

import struct
import zlib
from pathlib import Path

import pytest

from cyberhubs.machine import MachineError, SshMachine
from cyberhubs.machine.steps import Step
from tests.support.lab.deployment import wait_until_free
from tests.support.lab.machine import DISK, LabMachine
from tests.support.lab.steps import HEAD, head, step

pytestmark = pytest.mark.slow


def lvm() -> bytes:
    header = b"LVM2 001" + b"x" * 32 + bytes(480)
    offset = struct.pack("<I", 32) + header[:488]
    crc = ~zlib.crc32(offset, ~0xF597A6CF & 0xFFFFFFFF) & 0xFFFFFFFF
    return bytes(512) + b"LABELONE" + struct.pack("<QI", 1, crc) + offset


def swap() -> bytes:
    header = bytes(1024) + struct.pack("<III", 1, 1023, 0) + b"u" * 16
    return header.ljust(4086, b"\0") + b"SWAPSPACE2"


def partition_table() -> bytes:
    entry = struct.pack("<B3sB3sII", 0, b"\0\0\0", 0x83, b"\0\0\0", 2048, 8192)
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"


SIGNATURES = {
    "swap": (swap(), "swap"),
    "LUKS": (b"LUKS\xba\xbe\x00\x01" + bytes(1016), "crypto_LUKS"),
    "LVM": (lvm(), "LVM2_member"),
    "partitions": (partition_table(), "dos"),
}


@pytest.mark.parametrize("content, what", SIGNATURES.values(), ids=SIGNATURES)
def test_a_disk_with_anything_on_it_is_refused(
    bare: LabMachine, ssh: SshMachine, disk: Path, content: bytes, what: str
) -> None:
    with disk.open("r+b") as file:
        file.write(content)
    refused(bare, ssh, disk, what)


@pytest.mark.parametrize("filesystem", ["ext4", "xfs"])
def test_a_file_system_is_refused_until_the_operator_says_so(
    bare: LabMachine, ssh: SshMachine, disk: Path, filesystem: str
) -> None:
    label = "-q -f -L theirs" if filesystem == "xfs" else "-q -F -L theirs"
    bare.exec(f"mkfs.{filesystem} {label} {DISK} && mount {DISK} /mnt && echo 42 >/mnt/theirs")
    bare.exec(f"mkdir -p /media/x && umount /mnt && mount {DISK} /media/x")
    with pytest.raises(MachineError, match="it is mounted at /media/x"):
        ssh.run(step(bare, "disk").script())
    bare.exec(f"umount /media/x && mount {DISK} /mnt")
    with pytest.raises(
        MachineError, match=rf"There is {filesystem} theirs on .*host\.data\.existing"
    ):
        ssh.run(step(bare, "disk").script())
    bare.exec("umount /mnt")
    refused(bare, ssh, disk, f"{filesystem} theirs")
    use_it = Step("disk", (DISK, "/mnt", "ext4", "auto", "yes", "no"))
    assert "made" not in ssh.run(use_it.script())
    assert bare.exec("cat /mnt/theirs") == "42\n"
    assert ssh.run(use_it.script()) == ""


def refused(bare: LabMachine, ssh: SshMachine, disk: Path, what: str) -> None:
    before = head(disk)
    with pytest.raises(
        MachineError, match=rf"There is {what}.* nothing on it was touched"
    ) as error:
        ssh.run(step(bare, "disk").script())
    assert "host.data.existing: true" in str(error.value)
    assert head(disk) == before
    assert bare.exec("findmnt /mnt || echo none").strip() == "none"


def test_xfs(bare: LabMachine, ssh: SshMachine, disk: Path) -> None:
    xfs = Step("disk", (DISK, "/mnt", "xfs", "auto", "no", "no")).script()
    assert "xfs made" in ssh.run(xfs)
    assert bare.exec("findmnt -no FSTYPE /mnt").strip() == "xfs"
    assert ssh.run(xfs) == ""
    # What an empty disk would get now is no matter for one that has it all.
    bare.exec("umount /mnt")
    assert "made" not in ssh.run(step(bare, "disk").script())


def test_inodes_are_checked_against_the_size(bare: LabMachine, ssh: SshMachine, disk: Path) -> None:
    """The number of the earlier shell-script Cyberhubs, which a large disk can carry and this one cannot."""
    with pytest.raises(MachineError, match=r"2147483648 inodes does not fit .* to fewer than"):
        ssh.run(Step("disk", (DISK, "/mnt", "ext4", 2147483648, "no", "no")).script())
    assert head(disk) == bytes(HEAD)
    ssh.run(Step("disk", (DISK, "/mnt", "ext4", 4_000_000, "no", "no")).script())
    assert int(bare.exec("df --output=itotal /mnt | tail -1")) >= 4_000_000


def test_a_mkfs_that_was_cut_off_is_done_again(
    bare: LabMachine, ssh: SshMachine, disk: Path
) -> None:
    bare.exec(
        "cat >/usr/local/sbin/mkfs.ext4 <<'E'\n#!/bin/sh\n/usr/sbin/mkfs.ext4 \"$@\"\n"
        'case " $* " in *" -n "*) ;; *)\n'
        f"dd if=/dev/zero of={DISK} bs=1M seek=1 count=64 conv=notrunc 2>/dev/null; kill -9 $PPID\n"
        "esac\nE\nchmod +x /usr/local/sbin/mkfs.ext4"
    )
    with pytest.raises(MachineError):
        ssh.run(step(bare, "disk").script())
    bare.exec("rm /usr/local/sbin/mkfs.ext4")
    wait_until_free(bare)
    assert "ext4 made" in ssh.run(step(bare, "disk").script())
    bare.exec("umount /mnt && fsck.ext4 -n " + DISK)


def test_no_such_disk(bare: LabMachine, ssh: SshMachine) -> None:
    gone = Step("disk", ("/dev/disk/by-id/virtio-gone", "/mnt", "ext4", "auto", "no", "no"))
    with pytest.raises(MachineError, match=r"no disk /dev/disk/by-id/virtio-gone.*virtio-data"):
        ssh.run(gone.script())
