"""A machine by ssh: the `ssh` program, so that one connection carries all scripts, Pulumi's Docker
provider goes the same way, and ~/.ssh/config (a jump host, an agent) holds as for any other use of it.

The private key stays in the file that the stack file names, and is read by `ssh` alone. The host's
key is in the stack file or the stack's state; no known_hosts file is read or written.
"""

import fcntl
import hashlib
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cyberhubs import paths
from cyberhubs.machine.machine import LATE, LIMIT_S, SOCKET, Machine, MachineError
from cyberhubs.machine.script import script
from cyberhubs.settings.host import SshConnection

ANSWER_S = 60  # how long a machine that does not answer is waited for: a restart takes about that
BOOT_S = 900  # the same, of one that has just been made or started
CONNECT_S = 15
IDLE_S = 30  # an unused connection is closed after

# Who uses a connection: all processes that run scripts share one, all of Docker's provider another.
SCRIPTS, DOCKER = "s", "d"

NO_SUDO, LOST = 91, 255  # exit codes of ours, of ssh(1)


@dataclass(frozen=True)
class Facts:
    """What a machine says of itself. `id`: as the setup has given it, or empty. `docker`: whether its
    engine answers, and to who logs in."""

    id: str
    distribution: str
    docker: bool


class SshMachine(Machine):
    start_docker = "`journalctl -u docker` on the machine says why not; `make up` starts it."

    def __init__(
        self,
        connection: SshConnection,
        *,
        first_key: str | None = None,
        answer_s: float | None = None,
    ) -> None:
        """`first_key`: another host key that it may show, until it has been given its own.
        `answer_s`: how long it is waited for."""
        self.connection = connection
        self._host_keys = [key for key in (connection.host_key, first_key) if key]
        self._answer_s = answer_s or ANSWER_S
        # As any operator would write it, since Pulumi keeps it as a setting of the Docker provider.
        self._key = str(connection.private_key_file)
        with suppress(ValueError):
            self._key = f"${{HOME}}/{connection.private_key_file.relative_to(Path.home())}"
        # Another connection has another name; short, as a socket's path has at most about 100 characters.
        target = f"{connection.user}@{connection.address}:{connection.port}"
        target += f" {self._key} {' '.join(self._host_keys)}"
        self._name = f"ssh-{hashlib.sha256(target.encode()).hexdigest()[:8]}"
        # Their options name files in it.
        self.environment = {**os.environ, "CYBERHUBS_HOME": str(paths.home())}

    @property
    def address(self) -> str:
        """As Docker writes it."""
        to = self.connection
        host = f"[{to.address}]" if ":" in to.address else to.address
        return f"ssh://{to.user}@{host}:{to.port}"

    @property
    def docker_options(self) -> list[str]:
        """For Pulumi's Docker provider, which runs `ssh` too."""
        return self._options(DOCKER)

    def _options(self, use: str) -> list[str]:
        settings = {
            "BatchMode": "yes",
            "IdentityFile": f'"{self._key}"',
            "IdentitiesOnly": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": "/dev/null",
            "GlobalKnownHostsFile": "/dev/null",
            "KnownHostsCommand": self._known_hosts(),
            "UpdateHostKeys": "no",
            "ConnectTimeout": str(CONNECT_S),
            "ServerAliveInterval": "10",  # three unanswered ones end a connection: a busy machine may be silent for 15 s
            # Docker's provider may run ssh for each request: the first one serves the others.
            "ControlMaster": "auto" if use == DOCKER else "no",
            "ControlPath": f"${{CYBERHUBS_HOME}}/run/{self._name}{use}",
            "ControlPersist": str(IDLE_S),
            "LogLevel": "ERROR",
        }
        return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]

    def _known_hosts(self) -> str:
        one, *others = [f"* {key}" for key in self._host_keys]
        # With -e, \\n is the end of a line; ssh itself reads the quotes.
        return f'/bin/echo -e "{one}\\n{others[0]}"' if others else f"/bin/echo {one}"

    def facts(self) -> Facts:
        """Raises MachineError also for a distribution that is not supported."""
        return Facts(**json.loads(self.run(script("machine-facts"), limit_s=60)))

    def execute(self, text: str, limit_s: float = LIMIT_S) -> int:
        """Runs a script with this process's own stdin and output; its exit code."""
        return subprocess.run(self.command(text, limit_s), env=self.environment).returncode

    @contextmanager
    def engine(self) -> Iterator[str]:
        with self._socket_to(SOCKET, "engine") as socket:
            yield f"unix://{socket}"

    @contextmanager
    def socket_to(self, port: int) -> Iterator[str]:
        """Path of a socket on the control machine that leads to a port of this machine's loopback."""
        with self._socket_to(f"127.0.0.1:{port}", f"{port}") as socket:
            yield socket

    @contextmanager
    def _socket_to(self, there: str, name: str) -> Iterator[str]:
        socket = paths.run() / f"{self._name}.{os.getpid()}.{name}"
        try:
            with self._forwarded(f"{socket}:{there}"):
                yield str(socket)
        finally:
            socket.unlink(missing_ok=True)

    @contextmanager
    def port(self, port: int) -> Iterator[subprocess.Popen[bytes]]:
        """A port of the machine's loopback on the control machine's, until the process ends."""
        with self._forwarded(f"127.0.0.1:{port}:127.0.0.1:{port}") as process:
            yield process

    @contextmanager
    def _forwarded(self, what: str) -> Iterator[subprocess.Popen[bytes]]:
        """Forwards a socket or port over a connection of its own: others on a shared one would lose theirs
        when this one ends. It ends with this process, however that ends, as the `cat` on the machine does.
        """
        self.connect()
        settings = ("ControlPath=none", "ExitOnForwardFailure=yes", "StreamLocalBindUnlink=yes")
        options = [word for setting in settings for word in ("-o", setting)]
        with (
            tempfile.TemporaryFile() as errors,
            subprocess.Popen(
                self._ssh("-T", *options, "-L", what, command="cat"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=self.environment,
                start_new_session=True,
            ) as process,
        ):
            assert process.stdin and process.stdout
            try:
                with suppress(BrokenPipeError):
                    process.stdin.write(b"there?\n")
                    process.stdin.flush()
                if not process.stdout.readline():
                    raise MachineError(self._explain(_text(errors)))
                yield process
            finally:
                process.terminate()

    def connect(self) -> None:
        """Opens the connection that scripts share, if it is not open. Raises MachineError."""
        with (paths.run() / f"{self._name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # of many at once, the first one connects
            check = subprocess.run(
                self._ssh("-O", "check"), env=self.environment, capture_output=True
            )
            if check.returncode:
                self._wait_for_answer()

    def disconnect(self) -> None:
        """Closes it, and Docker's. What has changed for the user, such as its groups, holds from the
        next one on."""
        for use in (SCRIPTS, DOCKER):
            subprocess.run(
                self._ssh("-O", "exit", use=use), env=self.environment, capture_output=True
            )

    def failure(self, code: int, limit_s: float = LIMIT_S) -> str | None:
        where = f"{self.connection.user}@{self.connection.address}"
        if code == NO_SUDO:
            return (
                f"sudo asks {where} for a password: allow it without, there and as root, by "
                f"echo '{self.connection.user} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/cyberhubs"
            )
        if code == LATE:
            return f"{where} did not end it in {limit_s:.0f} s; look there for what it waits for."
        if code == LOST:
            return (
                f"The connection to {where} was lost; what runs there continues to its end. See that "
                "the machine is up and run the same command again to continue."
            )
        return None

    def _wait_for_answer(self) -> None:
        key = self.connection.private_key_file
        if not key.is_file():
            raise MachineError(
                f"There is no private key {key}, which host.ssh.privateKeyFile names: put it there, "
                f"or make one with ssh-keygen -t ed25519 -f {key} and let the machine know {key}.pub."
            )
        deadline, said = time.monotonic() + self._answer_s, ""
        while True:
            with tempfile.TemporaryFile() as errors:
                done = subprocess.run(
                    self._ssh("-M", "-N", "-f"),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    env=self.environment,
                )
                text = _text(errors)
            if done.returncode == 0:
                return
            if time.monotonic() > deadline or not _may_pass(text):
                raise MachineError(self._explain(text))
            if (last := text.splitlines()[-1] if text else "") != said:
                print(
                    f"Waiting up to {self._answer_s:.0f} s for {self.connection.address} to answer: {last}",
                    file=sys.stderr,
                    flush=True,
                )
                said = last
            time.sleep(2)

    def command(self, text: str, limit_s: float = LIMIT_S) -> list[str]:
        self.connect()
        work = f"timeout -k 10 {limit_s:.0f} /bin/sh -c {shlex.quote(text)}"
        if self.connection.user == "root":
            return self._ssh(command=f"exec {work}")
        return self._ssh(command=f"sudo -n true 2>/dev/null || exit {NO_SUDO}; exec sudo -n {work}")

    def _ssh(self, *options: str, command: str | None = None, use: str = SCRIPTS) -> list[str]:
        login = ["-l", self.connection.user, "-p", str(self.connection.port)]
        # Of an option that is there twice, ssh takes the first.
        words = ["ssh", *options, *self._options(use), *login, "--", self.connection.address]
        return [*words, command] if command else words

    def _explain(self, said: str) -> str:
        """What ssh says, with what to do about it."""
        connection, low = self.connection, said.lower()
        where = f"{connection.address}, port {connection.port}"
        if "host key verification failed" in low or "no matching host key" in low:
            return (
                f"The machine at {where} shows another host key than host.ssh.hostKey. If it was "
                "set up anew, see with `make host-key` what it shows, compare that with the "
                "machine's own console, and put it in the stack file; if not, somebody may stand "
                "between you and it."
            )
        if "permission denied" in low or "too many authentication failures" in low:
            return (
                f"The machine at {where} does not let {connection.user} in with {connection.private_key_file}: "
                f"add {connection.private_key_file}.pub to ~{connection.user}/.ssh/authorized_keys there, or "
                "correct host.ssh.user. A key with a passphrase must be in your ssh-agent."
            )
        if "unprotected private key" in low or "bad permissions" in low:
            return f"Others can read {connection.private_key_file}: chmod 600 it."
        if "error in libcrypto" in low or "invalid format" in low:
            return f"{connection.private_key_file} is not a private key that ssh can read."
        if "too long for unix domain socket" in low:
            return (
                f"The folder {paths.run()} has too long a name for ssh's sockets, which are made in "
                "it: set CYBERHUBS_HOME to a folder with a shorter one, such as /var/tmp/hubs."
            )
        if "address already in use" in low:
            return f"That port is taken on this machine: {said.splitlines()[0]}."
        last = said.splitlines()[-1] if said else "ssh says nothing"
        return (
            f"The machine at {where} does not answer: {last}. See that it is up and that host.ssh "
            "says how to get there, then run the same command again."
        )


def _may_pass(said: str) -> bool:
    """Whether it is worth while to try again: a machine that starts says such things."""
    passing = ("refused", "timed out", "no route", "unreachable", "reset", "closed", "kex_exchange")
    return any(word in said.lower() for word in passing)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace").strip()
