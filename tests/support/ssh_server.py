"""A real OpenSSH server on loopback, run by the test's own user: for tests of remote commands."""

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import free_port, wait_for_port

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PRIVILEGE_SEPARATION = Path("/run/sshd")  # sshd under root asks for it, whoever made it

CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {directory}/host
AuthorizedKeysFile {directory}/user.pub
StrictModes no
UsePAM no
PidFile none
AcceptEnv LANG_*
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True)
class SSHServer:
    directory: Path
    port: int

    def key(self, name: str) -> str:
        """A private key: `user` may log in, `stranger` may not, `locked` is user's, encrypted."""
        return (self.directory / name).read_text()

    @property
    def host_key(self) -> str:
        return (self.directory / "host.pub").read_text()

    def connection(self, **changes: Any) -> dict[str, Any]:
        """What `connection` takes, with the host's key pinned; a change of None leaves it out."""
        values = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "privateKey": self.key("user"),
            "hostKey": self.host_key,
            "dialErrorLimit": 0,
            **changes,
        }
        return {name: value for name, value in values.items() if value is not None}


PASSPHRASE = "open sesame"


@contextmanager
def serve(directory: Path) -> Iterator[SSHServer]:
    if not SSHD:
        pytest.skip("no sshd: install openssh-server (the service need not run)")
    for name in ("host", "user", "stranger"):
        keygen("-q", "-t", "ed25519", "-N", "", "-f", str(directory / name))
    shutil.copy(directory / "user", directory / "locked")
    keygen("-q", "-p", "-P", "", "-N", PASSPHRASE, "-f", str(directory / "locked"))
    server = SSHServer(directory, free_port())
    config = directory / "sshd_config"
    config.write_text(CONFIG.format(port=server.port, directory=directory))
    made = os.geteuid() == 0 and not PRIVILEGE_SEPARATION.exists()
    if made:
        PRIVILEGE_SEPARATION.mkdir(mode=0o755)
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(config)], stderr=log)
    try:
        wait_for_port(server.port)
        yield server
    finally:
        process.terminate()
        process.wait(10)
        if made:
            PRIVILEGE_SEPARATION.rmdir()


def keygen(*args: str) -> None:
    subprocess.run(["ssh-keygen", *args], check=True, stdout=subprocess.DEVNULL)
