"""A machine that has files for another one of the lab, by ssh and by WebDAV, and that may be gone for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.lab.machine import LabMachine, lab_machine

FILES = "/srv/files"
DAV_PORT, DAV_USER, DAV_PASSWORD = 8080, "hub", "a-password-of-20-chars"
SERVE = f"""[Service]
ExecStart=/usr/bin/rclone serve webdav {FILES} --addr :{DAV_PORT} --user {DAV_USER} --pass {DAV_PASSWORD}
User=debian
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
"""


class FarSide:
    """`address`: under which the other machine reaches it."""

    def __init__(self, machine: LabMachine, near: LabMachine):
        self.machine = machine
        assert machine.container
        near.network.connect(machine.container)
        machine.container.reload()
        ends = machine.container.attrs["NetworkSettings"]["Networks"]
        self.address: str = ends[near.network.name]["IPAddress"]
        self._near = near
        machine.exec(f"install -d -o debian -g debian {FILES}/ours {FILES}/dav")

    def serve_webdav(self) -> None:
        self.machine.exec(
            "apt-get install -y --no-install-recommends rclone || "
            "{ apt-get update && apt-get install -y --no-install-recommends rclone; }"
        )
        self.machine.exec(
            f"printf '%s' '{SERVE}' >/etc/systemd/system/dav.service && systemctl enable --now dav"
        )

    def sshfs(self, **changes: Any) -> dict[str, Any]:
        """What a stack file says of its files."""
        return {
            "host": self.address,
            "user": "debian",
            "path": f"{FILES}/ours",
            "hostKey": self.machine.host_key,
            "privateKey": self.machine.key.read_text(),
            **changes,
        }

    def webdav(self, **secrets: str) -> dict[str, Any]:
        url = f"http://{self.address}:{DAV_PORT}"
        options = {"url": url, "vendor": "other", "user": DAV_USER}
        return {
            "type": "webdav",
            "path": "dav",
            "options": options,
            "secrets": {"pass": DAV_PASSWORD, **secrets},
        }

    @contextmanager
    def gone(self) -> Iterator[None]:
        """Killed, as by a power cut."""
        assert self.machine.container
        self.machine.container.kill()
        try:
            yield
        finally:
            self.machine.container.start()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Its connections stay, and nothing answers."""
        assert self.machine.container
        self.machine.container.pause()
        try:
            yield
        finally:
            self.machine.container.unpause()


@contextmanager
def far_side(directory: Path, near: LabMachine) -> Iterator[FarSide]:
    with lab_machine(directory, "far", "trixie") as machine:
        far = FarSide(machine, near)
        try:
            yield far
        finally:
            assert machine.container
            near.network.disconnect(machine.container, force=True)
