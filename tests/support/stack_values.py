"""The committed stack files; a good one's values, and how the tests change and write them."""

import copy
from pathlib import Path
from typing import Any

import yaml

_PROJECT = Path(__file__).parents[2]
STACKS = sorted((_PROJECT / "stacks").glob("Pulumi.*.yaml"))
EXAMPLES = sorted((_PROJECT / "examples").glob("Pulumi.*.yaml"))

GOOD: dict[str, Any] = {
    "host": {"kind": "local", "data": {"path": "/srv/cyberhubs"}},
    "tls": {"mode": "none", "port": 8000},
    "hubs": {
        "core": {
            "title": "Core hub",
            "applications": ["corehub"],
            "login": {"kind": "password"},
            "access": {
                "admins": ["Ada"],
                "allowed": ["grace", "katherine"],
                "blocked": ["mallory"],
            },
            "data": [{"name": "data", "source": "/mnt/data", "target": "/data"}],
            "limits": {"memory": "2G", "cpus": 1, "pids": 512},
        }
    },
}
CORE = ("hubs", "core")
OPENSTACK = {
    "kind": "openstack",
    "image": {"id": "6c0f1b9e-3f0e-4a3c-9a55-2d0b5b0c9a11"},
    "flavor": "p4-15gb",
    "network": {"name": "rrg-net"},
    "floatingIp": {"pool": "Public"},
    "ssh": {
        "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBmFhb8FmS0pJTAY2tKHVYvHPvuIR3mkAULk5DAGW0rE",
        "privateKeyFile": "~/.ssh/hub",
        "from": ["192.0.2.0/24"],
    },
    "data": {"sizeGb": 500, "filesystem": "ext4", "inodes": "auto"},
}
SSH = {
    "kind": "ssh",
    "ssh": {
        "address": "192.0.2.10",
        "user": "debian",
        "privateKeyFile": "~/.ssh/hub",
        "hostKey": "ssh-ed25519 "
        "AAAAC3NzaC1lZDI1NTE5AAAAIBmFhb8FmS0pJTAY2tKHVYvHPvuIR3mkAULk5DAGW0rE root@server",
        "from": ["192.0.2.0/24"],
    },
    "data": {"device": "/dev/disk/by-id/virtio-data"},
}
GITHUB = {"kind": "github", "clientId": "Ov23", "clientSecret": "hunter2-very-secret"}
ACME = {"mode": "acme", "email": "ops@example.org"}
EXTERNAL = {"mode": "external"}


def changed_host(part: str, **values: Any) -> dict[str, Any]:
    """SSH with other values in one of its parts."""
    return {**SSH, part: {**SSH[part], **values}}


def changed(*changes: tuple[tuple[str | int, ...], Any]) -> dict[str, Any]:
    """GOOD with the value at each path replaced, or removed if it is `...`."""
    raw: Any = copy.deepcopy(GOOD)
    for path, value in changes:
        below = raw
        for step in path[:-1]:
            below = below.setdefault(step, {}) if isinstance(below, dict) else below[step]
        if value is ...:
            del below[path[-1]]
        else:
            below[path[-1]] = value
    return raw


def write(folder: Path, raw: dict[str, Any]) -> Path:
    """The stack file that says `raw`."""
    file = folder / "Pulumi.test.yaml"
    file.write_text(yaml.safe_dump({"config": {f"cyberhubs:{k}": v for k, v in raw.items()}}))
    return file
