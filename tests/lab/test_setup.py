"""Each setup script on a bare machine: what it refuses, that it says what it changes, that twice is once."""

import json
import random
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cyberhubs.machine import MachineError, SshMachine
from cyberhubs.machine.scripts import script
from cyberhubs.machine.steps import Step, setup
from cyberhubs.settings import load
from tests.lab.deployment import ssh_machine, wait_until_free
from tests.lab.machine import DISK, LabMachine
from tests.unit.stack_values import SSH, changed

HEAD = 2**20  # bytes at the disk's start, where every signature is


def steps(machine: LabMachine) -> list[Step]:
    login = {**SSH["ssh"], "user": "debian", "address": machine.address, "from": []}
    host = {**SSH, "ssh": login, "data": {"device": DISK}}
    return list(setup(load(changed((("host",), host)), "test")))


def step(machine: LabMachine, name: str) -> Step:
    return next(step for step in steps(machine) if step.name == name)


@pytest.fixture(scope="module")
def ssh(bare: LabMachine) -> SshMachine:
    """The way to the bare machine, with the packages that the scripts need."""
    machine = ssh_machine(bare)
    machine.run(step(bare, "packages").script())
    return machine


@pytest.fixture
def disk(bare: LabMachine) -> Iterator[Path]:
    """The data disk, empty, and empty again afterwards."""
    yield Path(bare.disk)
    bare.exec(
        "mountpoint -q /mnt && umount /mnt; sed -i '\\|/mnt|d' /etc/fstab; systemctl daemon-reload; "
        f"rm -f /var/lib/cyberhubs/formatting /usr/local/sbin/mkfs.ext4; wipefs -aqf {DISK}"
    )
    empty(Path(bare.disk))
    bare.exec(f"udevadm trigger --settle --name-match={bare.disk}")


def empty(disk: Path) -> None:
    with disk.open("r+b") as file:
        file.write(bytes(HEAD))


def test_the_second_time_says_nothing(bare: LabMachine, ssh: SshMachine, disk: Path) -> None:
    for number in (1, 2):
        said = {one.name: ssh.run(one.script()) for one in steps(bare) if one.name != "strangers"}
        assert all(said[name] for name in ("disk", "docker")) == (number == 1), said
    assert set(said.values()) == {""}
    assert [ssh.run(one.script(check=True)) for one in steps(bare)] == [""] * len(said) + [""]
    bare.exec("systemctl stop docker.socket docker; apt-mark unhold docker.io")
    assert "docker: started" in ssh.run(step(bare, "docker").script(check=True))
    assert bare.exec("systemctl is-active docker || :").strip() == "inactive"
    said = ssh.run(step(bare, "docker").script())
    assert "docker.io: held" in said and "docker: started" in said
    bare.exec("systemctl stop docker.socket docker containerd")


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
    use_it = Step("disk", (DISK, "/mnt", "ext4", "auto", "yes"))
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


def head(disk: Path) -> bytes:
    with disk.open("rb") as file:
        return file.read(HEAD)


def test_xfs(bare: LabMachine, ssh: SshMachine, disk: Path) -> None:
    xfs = Step("disk", (DISK, "/mnt", "xfs", "auto", "no")).script()
    assert "xfs made" in ssh.run(xfs)
    assert bare.exec("findmnt -no FSTYPE /mnt").strip() == "xfs"
    assert ssh.run(xfs) == ""
    # What an empty disk would get now is no matter for one that has it all.
    bare.exec("umount /mnt")
    assert "made" not in ssh.run(step(bare, "disk").script())


def test_inodes_are_checked_against_the_size(bare: LabMachine, ssh: SshMachine, disk: Path) -> None:
    """The seed's number, which a large disk can carry and this one cannot."""
    with pytest.raises(MachineError, match=r"2147483648 inodes does not fit .* to fewer than"):
        ssh.run(Step("disk", (DISK, "/mnt", "ext4", 2147483648, "no")).script())
    assert head(disk) == bytes(HEAD)
    ssh.run(Step("disk", (DISK, "/mnt", "ext4", 4_000_000, "no")).script())
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
    gone = Step("disk", ("/dev/disk/by-id/virtio-gone", "/mnt", "ext4", "auto", "no"))
    with pytest.raises(MachineError, match=r"no disk /dev/disk/by-id/virtio-gone.*virtio-data"):
        ssh.run(gone.script())


def test_another_distribution_is_refused_by_name(bare: LabMachine, ssh: SshMachine) -> None:
    bare.exec("mv /etc/os-release /etc/os-release.own")
    bare.exec("printf 'ID=rocky\\nVERSION_ID=\"9.4\"\\n' >/etc/os-release")
    try:
        with pytest.raises(MachineError, match=r"runs rocky 9\.4, and .* Debian 12 and Ubuntu"):
            ssh.facts()
    finally:
        bare.exec("mv /etc/os-release.own /etc/os-release")


def test_a_mirror_that_is_down(bare: LabMachine, ssh: SshMachine) -> None:
    bare.exec("sed -i.own 's|//[^/]*/|//192.0.2.1:9/|' /etc/apt/sources.list")
    bare.exec("apt-get -y remove xfsprogs; apt-get clean; rm -rf /var/lib/apt/lists/*")
    bare.exec("ip route add unreachable 192.0.2.1")
    try:
        with pytest.raises(MachineError, match=r"could not install xfsprogs.*reaches its package"):
            ssh.run(step(bare, "packages").script())
    finally:
        bare.exec("mv /etc/apt/sources.list.own /etc/apt/sources.list")
        bare.exec("ip route del unreachable 192.0.2.1")
    assert "xfsprogs" in ssh.run(step(bare, "packages").script())


def test_a_full_disk(bare: LabMachine, ssh: SshMachine) -> None:
    bare.exec("apt-get -y remove xfsprogs; apt-get clean")
    bare.exec("mount -t tmpfs -o size=64k tmpfs /var/cache/apt/archives")
    try:
        with pytest.raises(MachineError, match=r"disk is full .* make room there"):
            ssh.run(step(bare, "packages").script())
    finally:
        bare.exec("umount /var/cache/apt/archives")
    assert "xfsprogs" in ssh.run(step(bare, "packages").script())


def test_foreign_settings_of_docker_are_refused(bare: LabMachine, ssh: SshMachine) -> None:
    bare.exec("mkdir -p /etc/docker; mv /etc/docker/daemon.json /tmp/own 2>/dev/null; "
              "echo '{\"debug\": true}' >/etc/docker/daemon.json")  # fmt: skip
    try:
        with pytest.raises(MachineError, match=r"daemon\.json is there and not of Cyberhubs"):
            ssh.run(step(bare, "docker").script())
        assert json.loads(bare.exec("cat /etc/docker/daemon.json")) == {"debug": True}
    finally:
        bare.exec(
            "rm /etc/docker/daemon.json; mv /tmp/own /etc/docker/daemon.json 2>/dev/null || :"
        )


def test_a_docker_that_is_there_is_taken_over_if_it_carries_nothing(
    bare: LabMachine, disk: Path
) -> None:
    bare.boot()
    machine = ssh_machine(bare)
    bare.exec("apt-get update && apt-get install -y --no-install-recommends docker.io")
    bare.exec(
        "tar -c -C / etc/hostname | docker import - tiny && docker create --name theirs tiny x"
    )
    assert not machine.facts().docker  # debian may not use it yet
    before, (docker, *after) = steps(bare)[:4], steps(bare)[4:]
    for one in before:
        machine.run(one.script())
    with pytest.raises(MachineError, match=r"has 1 containers in /var/lib/docker, which it would"):
        machine.run(docker.script())
    bare.exec("docker rm theirs")
    for one in [docker, *after]:
        machine.run(one.script())
    machine.disconnect()
    assert machine.facts().docker
    assert [machine.run(one.script(check=True)) for one in steps(bare)] == [""] * 7
    bare.exec("systemctl stop docker.socket docker containerd")


def test_a_lost_connection_and_the_next_run_waits_for_what_goes_on(
    bare: LabMachine, ssh: SshMachine
) -> None:
    slow = f"{script('packages')}\necho began; sleep 5; touch /tmp/went-on\n"
    failed: list[Exception] = []

    def run() -> None:
        try:
            ssh.run(slow)
        except MachineError as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(1.5)
    ssh.disconnect()
    thread.join()
    assert "connection" in str(failed[0]) and "run the same command again" in str(failed[0])
    began = time.monotonic()
    assert ssh.run(script("packages")) == ""
    assert time.monotonic() - began > 1
    assert bare.exec("ls /tmp/went-on")


def test_a_machine_that_is_restarted_in_the_middle(bare: LabMachine, disk: Path) -> None:
    bare.boot()
    machine = ssh_machine(bare)
    failed: list[str] = []

    def run() -> None:
        try:
            for one in steps(bare):
                machine.run(one.script())
        except MachineError as error:
            failed.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(5)
    bare.reboot()
    thread.join()
    assert "connection" in failed[0] and "run the same command again" in failed[0]
    for one in steps(bare):
        machine.run(one.script())
        if one.confirm:
            machine.run(script(one.confirm))
    assert [machine.run(one.script(check=True)) for one in steps(bare)] == [""] * 7
    bare.exec("systemctl stop docker.socket docker containerd")


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_anywhere_it_ends_in_the_same_state(
    tmp_path: Path, seed: int, bare: LabMachine
) -> None:
    """Each script of a machine that is set up from the start is killed, with all that it started."""
    chance = random.Random(seed)
    bare.boot()
    empty(Path(bare.disk))
    machine = ssh_machine(bare)
    machine.run(script("machine"))
    lasts = {"packages": 12.0, "docker": 8.0}
    for one in steps(bare):
        thread = threading.Thread(target=lambda one=one: tried(machine, one))
        thread.start()
        time.sleep(chance.uniform(0.1, lasts.get(one.name, 0.6)))
        bare.exec(KILL)
        thread.join()
        machine.run(one.script())
        if one.confirm:
            machine.run(script(one.confirm))
    assert [machine.run(one.script(check=True)) for one in steps(bare)] == [""] * 7
    assert bare.exec(
        "docker info --format '{{.DockerRootDir}} {{.LiveRestoreEnabled}}'"
    ).split() == [
        "/mnt/var/lib/docker",
        "true",
    ]
    assert "iptables" not in bare.exec("dpkg --audit")
    bare.exec("umount -l /mnt || :")


KILL = """
for process in /proc/[0-9]*; do
    if ls -l $process/fd 2>/dev/null | grep -q cyberhubs-setup; then kill -9 ${process#/proc/}; fi
done
"""


def tried(machine: SshMachine, one: Step) -> None:
    with suppress(MachineError):  # it was killed
        machine.run(one.script())
