"""What the tests share: names, and ways to make and look at things."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.support import run
from tests.support.plugin_client import Plugin, PluginError, Values
from tests.support.plugin_suite import Made

ADDRESS = "openstack:networking/floatingIp:FloatingIp"
ADDRESS_OF_PORT = "openstack:networking/floatingIpAssociate:FloatingIpAssociate"
ATTACHMENT = "openstack:compute/volumeAttach:VolumeAttach"
GROUP = "openstack:networking/secGroup:SecGroup"
INTERFACE = "openstack:networking/routerInterface:RouterInterface"
KEY = "openstack:compute/keypair:Keypair"
NETWORK = "openstack:networking/network:Network"
PORT = "openstack:networking/port:Port"
ROUTER = "openstack:networking/router:Router"
RULE = "openstack:networking/secGroupRule:SecGroupRule"
SERVER = "openstack:compute/instance:Instance"
SUBNET = "openstack:networking/subnet:Subnet"
VOLUME = "openstack:blockstorage/volume:Volume"

NAME = run.named("conformance")
NOBODY = "00000000-0000-4000-8000-000000000000"  # an id that nothing has
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzoXSt1U1Cw2RZxV8vYdCfM1b5hNYy9B1v3cYh7n0aA"
USER_DATA = "#cloud-config\npackages: [tmux]\n"
_COUNT = count()


@dataclass(frozen=True)
class Of:
    """Of another resource, made first: what it has of this name, or its id."""

    token: str
    output: str = ""


class Program:
    """Makes resources with what the program gives, and what they need before them.

    given: inputs by type, with `Of` in them; each name gets a number.
    """

    def __init__(self, plugin: Plugin, given: dict[str, Values]) -> None:
        self._made, self._given = Made(plugin), given

    def inputs(self, token: str, **more: Any) -> Values:
        """more: instead of those given, None for not at all."""
        values = {**self._given[token], **more}
        if "name" in values and "name" not in more:
            values["name"] += f"-{next(_COUNT)}"
        return {name: self._found(v) for name, v in values.items() if v is not None}

    def __call__(self, token: str, **more: Any) -> tuple[str, Values, Values]:
        """Answers id, state and checked inputs."""
        return self._made(token, self.inputs(token, **more))

    def _found(self, value: Any) -> Any:
        if isinstance(value, Of):
            id, state, _ = self(value.token)
            return state[value.output] if value.output else id
        if isinstance(value, dict):
            return {name: self._found(item) for name, item in value.items()}
        return [self._found(item) for item in value] if isinstance(value, list) else value

    def remove(self) -> None:
        self._made.remove()


def unchanged(plugin: Plugin, token: str, id: str, state: Values, inputs: Values) -> bool:
    """Whether a second update, and one after a refresh, have nothing to do."""
    found, read, _ = plugin.read(token, id, state, inputs)
    known = plugin.kinds(token, state, inputs), plugin.kinds(token, read, inputs)
    return found == id and known == ({}, {})


@contextmanager
def stopped_at(message: str, directory: Path) -> Iterator[Plugin]:
    """A plugin whose update is stopped, as by Ctrl-C, once it has said something."""
    ended = threading.Event()
    with Plugin("openstack", directory) as plugin:

        def watch() -> None:
            while not ended.wait(0.05):
                if message in plugin.text():
                    plugin.cancel()
                    return

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            with pytest.raises(PluginError, match=f"stopped by the operator while {message}"):
                yield plugin
        finally:
            ended.set()
            thread.join()


@contextmanager
def quota(service: Any, project: str, **limits: int) -> Iterator[None]:
    """service: compute or block_storage, as the administrator."""
    service.update_quota_set(project, **limits)
    try:
        yield
    finally:
        service.revert_quota_set(project)


def values(items: Any, name: str) -> list:
    return [getattr(item, name) for item in items]
