"""A stack on a machine of the lab, brought up as an operator does."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cyberhubs.machine import SshMachine
from cyberhubs.settings.host import SshConnection
from tests.support import images, progress
from tests.support.deployment import Deployment
from tests.support.keys import make_key
from tests.support.lab.cloud import LabCloud
from tests.support.lab.machine import DISK, LabMachine

SPACES = [
    {"name": "data", "source": "/mnt/data", "target": "/data", "access": "read-only"},
    {"name": "user", "source": "/mnt/user", "target": "/user", "access": "read-write"},
]


class RemoteDeployment(Deployment):
    """Its front door is on its machine's own loopback: it is reached inside of `tunnel`."""

    def logs(self) -> list[tuple[str, str]]:
        return [(f"logs of {self.stack}", self.ops("logs"))]

    @contextmanager
    def tunnel(self) -> Iterator[None]:
        process = subprocess.Popen(
            self.program("tunnel"),
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout and "until you press Ctrl-C" in process.stdout.readline()
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


class LabDeployment(RemoteDeployment):
    def __init__(self, directory: Path, stack: str, machine: LabMachine):
        super().__init__(directory, stack)
        host = {"kind": "ssh", "ssh": login(machine), "data": {"device": DISK}}

        def edit(config: dict[str, Any]) -> None:
            config["cyberhubs:host"] = host
            config["cyberhubs:hubs"]["core"]["data"] = SPACES

        self.edit(edit)
        self.machine = machine
        self.first_up = ""  # what it printed

    def up(self) -> None:
        """From a bare machine: set up by plain Pulumi, then all of it, with the images found there."""
        self.pulumi("stack", "init", "--no-select")
        with progress.step(f"stack {self.stack}: the machine's setup"):
            images_later = ("--exclude", "**::host-images", "--exclude-dependents")
            self.first_up = self.pulumi("up", "--yes", "--skip-preview", *images_later)
        assert self.machine.container
        images.carry(self.machine.container)
        with progress.step(f"stack {self.stack}: up") as step:
            self.first_up += self.ops("up", line=step.show)

    def trust(self) -> None:
        """Puts the host key of a machine that was set up anew into the stack file."""
        key = self.machine.host_key
        self.edit(lambda config: config["cyberhubs:host"]["ssh"].update(hostKey=key))

    def password_of(self, hub: str) -> str:
        return self.machine.exec(f"cat /mnt/hubs/{hub}/secrets/password")

    def on_machine(self, what: str = "ps -a") -> list[str]:
        """Names of the containers (or with `network ls`, of the networks) of the stack there."""
        form = "{{.Names}}" if what.startswith("ps") else "{{.Name}}"
        label = f"label=cyberhubs.stack={self.stack}"
        return sorted(
            self.machine.exec(f"docker {what} --filter {label} --format '{form}'").split()
        )


class CloudDeployment(RemoteDeployment):
    """A stack whose machine is a server of the lab's cloud."""

    def __init__(self, directory: Path, stack: str, cloud: LabCloud):
        directory.mkdir(exist_ok=True)
        super().__init__(directory, stack)
        self.environment |= cloud.environment
        self.cloud = cloud
        key = directory / "key"
        make_key(key)
        self.host: dict[str, Any] = {
            "kind": "openstack",
            "image": {"name": "debian-12"},
            "flavor": "p2-3gb",
            "network": {"name": "rrg-net"},
            "floatingIp": {"pool": "public"},
            "ssh": {
                "publicKey": key.with_suffix(".pub").read_text().strip(),
                "privateKeyFile": str(key),
            },
            # Growing an ext4 that is mounted takes a right that no container has here.
            "data": {"sizeGb": 24, "filesystem": "xfs"},
        }
        self.say()

    def say(self, **changes: Any) -> None:
        """Has the stack file say something else of its host."""
        self.host |= changes
        waivers = {"ssh-restricted": "a machine of the lab, which nobody else reaches"}
        keys = {"cyberhubs:host": self.host, "cyberhubs:waivers": waivers}
        self.edit(lambda config: config.update(keys))

    def lines(self, target: str) -> Iterator[str]:
        """What `make TARGET` prints, shown as it comes; raises AssertionError if it fails."""
        with subprocess.Popen(
            ["make", target, f"STACK={self.stack}"],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout
            for line in process.stdout:
                print(line, end="", file=sys.stderr, flush=True)
                yield line
        assert process.returncode == 0, f"make {target} failed"

    def plain_ssh(self) -> list[str]:
        """The ssh command that an operator would type, with the host key of the stack's state."""
        host_key = next(
            resource["outputs"]["public"]
            for resource in json.loads(self.pulumi("stack", "export"))["deployment"]["resources"]
            if resource["urn"].endswith("::host-key")
        )
        known = self.directory / "known_hosts"
        address = self.outputs()["address"]
        known.write_text(f"{address} {host_key}\n")
        settings = (f"UserKnownHostsFile={known}", "BatchMode=yes", "ConnectTimeout=5")
        options = [word for setting in settings for word in ("-o", setting)]
        return ["ssh", "-i", self.host["ssh"]["privateKeyFile"], *options, f"cyberhubs@{address}"]

    @property
    def password(self) -> str:
        return self.ops("password").split()[-1]

    def clean(self) -> None:
        """Down, with what is protected, too, as `make down` says how."""
        self.pulumi("state", "unprotect", "--all", "--yes")
        assert "Nothing that it made is left in the cloud" in self.ops("down")
        assert self.made() == {}

    def made(self) -> dict[str, str]:
        """What the stack has in the cloud: id of the server, the volume and the address."""
        demo = self.cloud.connect("demo")
        label = f"cyberhubs-{self.stack}"
        found = {
            "server": [s.id for s in demo.compute.servers() if s.name == label],
            "volume": [v.id for v in demo.block_storage.volumes() if v.name == label],
            "address": [a.id for a in demo.network.ips() if a.description == label],
        }
        assert all(len(ids) <= 1 for ids in found.values()), found
        return {kind: ids[0] for kind, ids in found.items() if ids}


def login(machine: LabMachine) -> dict[str, Any]:
    """What a stack file says under host.ssh."""
    return {
        "address": machine.address,
        "user": "debian",
        "privateKeyFile": str(machine.key),
        "hostKey": machine.host_key,
    }


def ssh_machine(machine: LabMachine, **changes: Any) -> SshMachine:
    """The way to it that a stack file would say."""
    return SshMachine(SshConnection.model_validate({**login(machine), **changes}))


def wait_until_free(machine: LabMachine, lock: str = "/run/lock/cyberhubs-setup") -> None:
    """Until no script of a setup runs there any more."""
    deadline = time.monotonic() + 120
    while machine.exec(f"flock -n {lock} true && echo free || :").strip() != "free":
        assert time.monotonic() < deadline, "a setup script does not end"
        time.sleep(0.3)
