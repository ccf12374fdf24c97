"""A machine in a container: systemd, sshd and a loop device as its data disk, as bare as a new server."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container
from docker.types import IPAMConfig, IPAMPool

from cyberhubs.install.base import IMAGE as BASE
from tests.live.processes import wait_for_port
from tests.live.ssh_server import keygen

IMAGE = "cyberhubs-lab"
NETWORKS = {"stack": "10.214.7", "bare": "10.214.8", "bench": "10.214.9"}
DISK_GB = 24
DISK = "/dev/disk/by-id/virtio-data"
CONTEXT = Path(__file__).parent / "image"


class LabMachine:
    """`address`: where it answers ssh; `gateway`: this machine's address on the network between;
    `key`: file of the private key that `debian` and `root` log in with; `disk`: the loop device here."""

    def __init__(self, directory: Path, name: str):
        self.directory, self.name = directory, f"cyberhubs-lab-{name}"
        self.address, self.gateway = f"{NETWORKS[name]}.2", f"{NETWORKS[name]}.1"
        self.engine = docker.from_env()
        self.key = directory / "key"
        keygen("-q", "-t", "ed25519", "-N", "", "-f", str(self.key))
        self._file = directory / "disk"
        with self._file.open("wb") as file:
            file.truncate(DISK_GB * 2**30)
        found = subprocess.run(
            ["losetup", "-f", "--show", self._file], capture_output=True, text=True
        )
        if found.returncode:
            pytest.skip(f"no loop device here: {found.stderr.strip()}")
        self.disk = found.stdout.strip()
        self.engine.images.build(
            path=str(CONTEXT), tag=IMAGE, buildargs={"BASE_IMAGE": BASE}, rm=True
        )
        pool = IPAMPool(subnet=f"{NETWORKS[name]}.0/24", gateway=self.gateway)
        self.network = self.engine.networks.create(self.name, ipam=IPAMConfig(pool_configs=[pool]))
        self.container: Container | None = None

    def boot(self) -> "LabMachine":
        """A new machine with the disk, at the same address."""
        self.remove()
        api = self.engine.api
        host = api.create_host_config(
            cap_add=["ALL"],
            cap_drop=["SYS_RESOURCE"],
            security_opt=["seccomp=unconfined", "apparmor=unconfined"],
            binds=["/sys/fs/cgroup:/sys/fs/cgroup:rw"],
            tmpfs={"/run": "", "/run/lock": ""},
            devices=[f"{self.disk}:{self.disk}:rwm"],
        )
        # As a machine sees them: all of /proc, to be written.
        host |= {"CgroupnsMode": "host", "MaskedPaths": [], "ReadonlyPaths": []}
        network = api.create_endpoint_config(ipv4_address=self.address)
        created = api.create_container(
            IMAGE,
            name=self.name,
            environment={"LAB_DISK": Path(self.disk).name},
            host_config=host,
            networking_config=api.create_networking_config({self.network.name: network}),
        )
        self.container = self.engine.containers.get(created["Id"])
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
        code, text = self.container.exec_run(["/bin/bash", "-c", command])
        assert isinstance(text, bytes)
        assert not check or code == 0, f"{command}: {text.decode()}"
        return text.decode(errors="replace")

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
        subprocess.run(["losetup", "-d", self.disk], check=True)
        self._file.unlink()


@contextmanager
def lab_machine(directory: Path, name: str) -> Iterator[LabMachine]:
    """Booted, with an empty disk; nothing of it is left afterwards."""
    if shutil.which("losetup", path="/usr/sbin:/sbin") is None:
        pytest.skip("no losetup: the lab needs loop devices")
    machine = LabMachine(directory, name)
    try:
        yield machine.boot()
    finally:
        machine.close()
