"""A machine in a container: systemd, sshd and a loop device as its data disk, as bare as a new server."""

import io
import os
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.models.containers import Container
from docker.models.networks import Network

from cyberhubs.ops.engine import run_inside
from tests.support import images, run
from tests.support.keys import make_key
from tests.support.networks import make_link
from tests.support.processes import wait_for_port

SUITE = "bookworm"  # of a machine that is not asked for another
DISK_GB = 24
DISK = "/dev/disk/by-id/virtio-data"
CONTEXT = Path(__file__).parent / "image"
FUSE = Path("/dev/fuse")


class LoopDisk:
    """A disk in a file, under a loop device of this machine: `device`."""

    def __init__(self, file: Path, size_gb: int):
        if shutil.which("losetup", path="/usr/sbin:/sbin") is None:
            pytest.skip("no losetup: the lab needs loop devices")
        self._file, self.size_gb = file, 0
        self._grow_file(size_gb)
        found = subprocess.run(["losetup", "-f", "--show", file], capture_output=True, text=True)
        if found.returncode:
            pytest.skip(f"no loop device here: {found.stderr.strip()}")
        self.device = found.stdout.strip()

    def grow(self, size_gb: int) -> None:
        self._grow_file(size_gb)
        subprocess.run(["losetup", "-c", self.device], check=True)

    def _grow_file(self, size_gb: int) -> None:
        with self._file.open("ab") as file:
            file.truncate(size_gb * 2**30)
        self.size_gb = size_gb

    def close(self) -> None:
        subprocess.run(["losetup", "-d", self.device], check=True)
        self._file.unlink()


def machine_image(engine: docker.DockerClient, kind: str, suite: str = SUITE) -> str:
    """Id of the image of a machine that has Debian's `suite`. `kind`: a stage of image/Dockerfile."""
    return images.of_debian(engine, suite, CONTEXT, kind)


def system_container(
    engine: docker.DockerClient, name: str, image: str, network: Network, address: str
) -> Container:
    """A machine of `machine_image`, not started yet."""
    host = may_all(
        engine,
        tmpfs={"/run": "", "/run/lock": ""},
        devices=[str(FUSE)] if FUSE.exists() else [],
        device_cgroup_rules=["b 7:* rwm"],  # loop devices
    )
    # Control groups of its own, which systemd since 256 refuses to share.
    return container(engine, name, image, host | {"CgroupnsMode": "private"}, network, address)


def may_all(engine: docker.DockerClient, **more: Any) -> dict[str, Any]:
    """The host configuration of a container that may do what a machine's root may."""
    host = engine.api.create_host_config(
        cap_add=["ALL"],
        cap_drop=["SYS_RESOURCE"],
        security_opt=["seccomp=unconfined", "apparmor=unconfined"],
        **more,
    )
    # As a machine sees them: all of /proc, to be written.
    return host | {"CgroupnsMode": "host", "MaskedPaths": [], "ReadonlyPaths": []}


def container(
    engine: docker.DockerClient,
    name: str,
    image: str,
    host: dict[str, Any],
    network: Network,
    address: str,
) -> Container:
    """Not started yet."""
    api = engine.api
    place = api.create_endpoint_config(ipv4_address=address)
    created = api.create_container(
        image,
        name=name,
        host_config=host,
        networking_config=api.create_networking_config({network.name: place}),
    )
    return engine.containers.get(created["Id"])


def plug(machine: Container, disks: dict[str, LoopDisk]) -> None:
    """These and no others are the machine's disks, by their names in /dev/disk/by-id."""
    lines = ""
    for name, disk in disks.items():
        number = Path(disk.device).stat().st_rdev
        lines += f"{Path(disk.device).name} {os.major(number)} {os.minor(number)} {name}\n"
    put(machine, {"/etc/lab-disks": lines.encode()})
    machine.reload()
    if machine.status == "running":
        code, text = machine.exec_run(["/usr/local/sbin/disks", "running"])
        assert code == 0, text


def put(machine: Container, files: dict[str, bytes]) -> None:
    """For root alone to read; the machine need not run."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(content), 0o600
            archive.addfile(entry, io.BytesIO(content))
    machine.put_archive("/", buffer.getvalue())


class LabMachine:
    """`address`: where it answers ssh; `gateway`: this machine's address on the network between;
    `key`: file of the private key that `debian` and `root` log in with; `disk`: the loop device here."""

    def __init__(self, directory: Path, name: str, suite: str = SUITE, kind: str = "bare"):
        self.directory, self.name = directory, run.named(f"cyberhubs-lab-{name}")
        self._suite, self._kind = suite, kind
        link = make_link(f"lab-{name}")
        self.address, self.gateway, self.network = link.machine, link.gateway, link.network
        self.engine = docker.from_env()
        self.key = directory / "key"
        make_key(self.key)
        self._disk = LoopDisk(directory / "disk", DISK_GB)
        self.disk = self._disk.device
        self.container: Container | None = None

    def boot(self) -> "LabMachine":
        """A new machine with the disk, at the same address."""
        self.remove()
        image = machine_image(self.engine, self._kind, self._suite)
        self.container = system_container(self.engine, self.name, image, self.network, self.address)
        plug(self.container, {Path(DISK).name: self._disk})
        self.container.start()
        public = self.key.with_suffix(".pub").read_text()
        for home, user in (("/root", "root"), ("/home/debian", "debian")):
            self.exec(
                f"install -d -m 700 -o {user} {home}/.ssh && echo '{public.strip()}' "
                f">{home}/.ssh/authorized_keys && chown {user} {home}/.ssh/authorized_keys"
            )
        self.wait()
        return self

    def reboot(self) -> None:
        assert self.container
        self.container.restart(timeout=60)
        self.wait()

    def wait(self) -> None:
        """Until ssh answers."""
        wait_for_port(22, self.address, 60)
        deadline = time.monotonic() + 60
        while self.exec("test -e /run/nologin && echo starting || :").strip():
            assert time.monotonic() < deadline, "the machine does not start"
            time.sleep(0.5)

    def exec(self, command: str, *, check: bool = True) -> str:
        """What a command of root's prints on the machine, both streams."""
        assert self.container
        code, said = run_inside(self.container, "/bin/bash", "-c", command)
        assert not check or code == 0, f"{command}: {said}"
        return said

    def logins(self) -> int:
        """How many ssh connections it has let in since it was booted for the first time."""
        accepted = "journalctl -u ssh -o cat | grep -c '^Accepted publickey' || :"
        return int(self.exec(accepted))

    @property
    def host_key(self) -> str:
        return " ".join(self.exec("cat /etc/ssh/ssh_host_ed25519_key.pub").split()[:2])

    def remove(self) -> None:
        if self.container:
            self.container.stop(timeout=20)
            self.container.remove(force=True, v=True)
            self.container = None

    def close(self) -> None:
        self.remove()
        self.network.remove()
        self._disk.close()


@contextmanager
def lab_machine(
    directory: Path, name: str, suite: str = SUITE, kind: str = "bare"
) -> Iterator[LabMachine]:
    """Booted, with an empty disk; nothing of it is left afterwards."""
    machine = LabMachine(directory, name, suite, kind)
    try:
        yield machine.boot()
    finally:
        machine.close()
