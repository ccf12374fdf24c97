"""The README's commands as root of a fresh machine: Debian 13, which installs its own Docker 26; and the release
after it, with Docker 28 whose images are in containerd's store."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cyberhubs import paths
from cyberhubs.settings.images import SITE_CERTIFICATES
from tests.support import images, progress
from tests.support.deployment import changes, copy_project
from tests.support.lab.machine import DISK, LabMachine, lab_machine, put
from tests.support.member import Member
from tests.support.processes import free_port, wait_for_port

pytestmark = pytest.mark.slow

STORES = {
    "overlay2": "/var/lib/docker",
    "overlayfs": "/var/lib/containerd",
}  # driver → its directory


class Operator:
    """At work on `machine`."""

    def __init__(self, machine: LabMachine, directory: Path):
        self.machine = machine
        self.home = machine.exec("echo ~").strip()
        self._project = f"{self.home}/cyberhubs"
        # A container's own file system cannot carry another one's layers.
        machine.exec(f"mkfs.ext4 -q {DISK} && mount --mkdir {DISK} /srv/disk")
        for store in STORES.values():
            machine.exec(
                f"mkdir -p /srv/disk{store} && mount --mkdir --bind /srv/disk{store} {store}"
            )
        copy_project(directory / "project")
        self._copy(directory / "project", self._project)
        if SITE_CERTIFICATES.is_dir():
            self._copy(SITE_CERTIFICATES, str(SITE_CERTIFICATES))
        # Pulumi is built from source where its vendor cannot be reached: not once more.
        if (paths.pulumi_home() / "bin").is_dir():
            machine.exec("mkdir -m 0700 ~/.cyberhubs")
            self._copy(paths.pulumi_home() / "bin", f"{self.home}/.cyberhubs/pulumi/bin")
        machine.exec("update-ca-certificates")

    def _copy(self, folder: Path, to: str) -> None:
        target = f"{self.machine.name}:{to}"
        self.machine.exec(f"mkdir -p {to}")
        subprocess.run(["docker", "cp", "-q", f"{folder}/.", target], check=True)

    def run(self, command: str) -> str:
        """What a command prints in the checkout, both streams."""
        trust = "PIP_CERT=/etc/ssl/certs/ca-certificates.crt"
        inside = ["docker", "exec", "-w", self._project, "-e", trust, self.machine.name]
        printed = []
        with (
            progress.step(f"{self.machine.name}: {command}") as step,
            subprocess.Popen(
                [*inside, "bash", "-c", f"{command} 2>&1"], stdout=subprocess.PIPE, text=True
            ) as process,
        ):
            assert process.stdout
            for line in process.stdout:
                printed.append(line)
                step.show(line.strip())
        assert process.returncode == 0, f"{command} failed:\n{''.join(printed)}"
        return "".join(printed)

    @contextmanager
    def front(self) -> Iterator[str]:
        """The address here of the front page, which is on the machine's loopback."""
        port, known = free_port(), self.machine.directory / "known_hosts"
        known.write_text(f"{self.machine.address} {self.machine.host_key}\n")
        command = ["ssh", "-N", "-i", str(self.machine.key), "-o", f"UserKnownHostsFile={known}"]
        forward = ["-L", f"127.0.0.1:{port}:127.0.0.1:8000", f"root@{self.machine.address}"]
        with subprocess.Popen([*command, *forward]) as ssh:
            try:
                wait_for_port(port, "127.0.0.1", 30)
                yield f"http://127.0.0.1:{port}/"
            finally:
                ssh.terminate()


@pytest.mark.parametrize(
    ("kind", "version", "settings", "driver"),
    [
        ("operator", "26.", {}, "overlay2"),
        ("next", "28.", {"features": {"containerd-snapshotter": True}}, "overlayfs"),
    ],
)
def test_up_and_a_notebook_and_down(
    tmp_path: Path, kind: str, version: str, settings: dict[str, object], driver: str
) -> None:
    with lab_machine(tmp_path, kind, "trixie", kind) as machine:
        operator = Operator(machine, tmp_path)
        assert machine.container
        put(machine.container, {"/etc/docker/daemon.json": json.dumps(settings).encode()})
        installed = operator.run("python3 -m install engine")
        assert "installed Debian's docker.io, started by systemd" in installed
        assert machine.exec("docker info -f '{{.ServerVersion}} {{.Driver}}'").startswith(version)
        assert machine.exec("docker info -f '{{.Driver}}'").strip() == driver
        images.carry_bases(machine.container)
        assert "Cyberhubs is up" in operator.run("make up")
        with operator.front() as front, Member(f"{front}core/", "ada") as ada:
            password = operator.run("make -s password").split()[-1]
            ada.sign_in(password).start()
            assert ada.kernel().run("print(6 * 7, file=open('kept.txt', 'w')); print('ok')") == "ok"
            ada.stop()
        kept = f"{operator.home}/cyberhubs-data/jupyterhub_users/core/ada/kept.txt"
        assert machine.exec(f"cat {kept}").strip() == "42"
        assert set(changes(operator.run("make up"))) == {"unchanged"}
        assert f"docker       {STORES[driver]}: " in operator.run("make status")
        operator.run("make down")
        assert machine.exec("docker ps -aq").strip() == ""
        assert machine.exec(f"cat {kept}").strip() == "42"
