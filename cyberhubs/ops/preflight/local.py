"""The control machine as host."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping

from docker import DockerClient

from cyberhubs import paths
from cyberhubs.errors import UserError
from cyberhubs.machine.local import check_engine
from cyberhubs.machine.machine import SOCKET
from cyberhubs.names import ROLE, STACK
from cyberhubs.ops.preflight.base import Preflight
from cyberhubs.ops.stack import Resource


class LocalPreflight(Preflight):
    def prepare(self) -> bool:
        check_engine()
        self._settle_owner()
        _install("engine", "base", "caddy")
        return True

    def check(self, client: DockerClient) -> None:
        if "name=rootless" in client.info().get("SecurityOptions", ()):
            raise UserError(
                f"The engine at {SOCKET} is a rootless one, in which members' files would belong to other users: "
                "nothing was touched. Start Docker as a service of the machine."
            )
        self.check_quotas()
        self._check_ports(client)
        super().check(client)

    def holds(self, commands: Mapping[str, Resource]) -> bool:
        return True

    def check_reachable(self) -> None:
        check_engine()
        _install("engine")

    def _settle_owner(self) -> None:
        """Members' files can only be the operator's own, where that is not root: a new stack is told so in its file.
        Raises UserError where another user is meant; plain `pulumi up` stops at data-directory.sh for that."""
        settings, uid, gid = self.stack.settings, os.geteuid(), os.getegid()
        if not uid or (uid, gid) == (settings.user.uid, settings.user.gid):
            return
        said = f"`cyberhubs:user: {{uid: {uid}, gid: {gid}}}`"
        if settings.user.model_fields_set or self.stack.resources:
            raise UserError(
                f"Members' files would belong to {settings.user.uid}:{settings.user.gid}, which only root can have them do: "
                f"nothing was touched. Put {said} below `config:` in {self.stack.file.name}, so that they are yours, or run "
                "it as root."
            )
        self.stack.set_config("cyberhubs:user.uid", str(uid))
        self.stack.set_config("cyberhubs:user.gid", str(gid))
        print(f"Members' files will be yours: {self.stack.file.name} says {said} now.")

    def _check_ports(self, client: DockerClient) -> None:
        """Refuses a port that is not free, unless the stack's own front door has it."""
        tls = self.stack.settings.tls
        doors = client.containers.list(
            ignore_removed=True, filters={"label": [f"{STACK}={self.stack.name}", f"{ROLE}=door"]}
        )
        own = {
            binding["HostPort"]
            for container in doors
            for bindings in container.ports.values()
            for binding in bindings or ()
        }
        for port in tls.ports:
            if str(port) in own:
                continue
            family = socket.AF_INET6 if ":" in tls.listen else socket.AF_INET
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((tls.listen, port))
                except PermissionError:
                    pass  # a low port, which the engine may use and this user may not
                except OSError as error:
                    raise UserError(
                        f"Port {port} of {tls.listen} cannot be used ({error.strerror}): stop what "
                        f"uses it, or set another under cyberhubs:tls in {self.stack.file.name}."
                    ) from None


def _install(*what: str) -> None:
    if subprocess.run([sys.executable, "-m", "install", *what], cwd=paths.CHECKOUT).returncode:
        raise UserError("What the stack needs of this machine is not there: the reason is above.")
