"""The values of a stack file to be: each is tried in the settings, and what they refuse is left, with their reason."""

import copy
from typing import Any

from cyberhubs.migrate.old_system import Left
from cyberhubs.settings import SettingsError, load

LOOPBACK = {"mode": "none", "port": 8000}
TO_COME = "none-yet"
EMAIL = "ops@example.org"
# Of a server that nobody has: what is still to be said, as in stacks/Pulumi.server.yaml.
HOST: dict[str, Any] = {
    "kind": "ssh",
    "ssh": {
        "address": "192.0.2.10",
        "user": "debian",
        "privateKeyFile": "~/.ssh/hub",
        "hostKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBmFhb8FmS0pJTAY2tKHVYvHPvuIR3mkAULk5DAGW0rE",
        "from": ["192.0.2.0/24"],
    },
    "data": {"device": "/dev/disk/by-id/virtio-data", "filesystem": "ext4", "inodes": "auto"},
}


class Draft:
    """`raw`: the stack file's values. `carried`: what, from where, and to which key."""

    def __init__(self, stack: str):
        self.stack = stack
        self.raw: dict[str, Any] = {"host": HOST, "tls": LOOPBACK, "hubs": {}}
        self.carried: list[tuple[str, str, str]] = []
        self.left: list[Left] = []
        self.needless: list[str] = []

    def take(self, what: str, where: str, *changes: tuple[tuple[str, ...], Any]) -> bool:
        """Whether the settings accept these values at their keys; if not, theirs is the reason why it is left."""
        tried = copy.deepcopy(self.raw)
        for path, value in changes:
            below = tried
            for step in path[:-1]:
                below = below.setdefault(step, {})
            below[path[-1]] = value
        try:
            load(tried, self.stack)
        except SettingsError as error:
            self.leave(f"{what} ({where}).", "; ".join(error.problems) + ".")
            return False
        self.raw = tried
        self.carried.append((what, where, ", ".join(".".join(path) for path, _ in changes)))
        return True

    def leave(self, what: str, remedy: str) -> None:
        self.left.append(Left(what, remedy))
