"""What the tests share: names, and ways to make and look at things."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support import run
from tests.support.plugin_client import Plugin, PluginError, Values

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
PUBLIC_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzoXSt1U1Cw2RZxV8vYdCfM1b5hNYy9B1v3cYh7n0aA ada@example"
)


def refused(plugin: Plugin, token: str, inputs: Values) -> dict[str, str]:
    """Reasons by property; the check must not succeed."""
    with pytest.raises(PluginError) as failure:
        plugin.check(token, inputs)
    return dict(line.split(": ", 1) for line in str(failure.value).splitlines())


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
