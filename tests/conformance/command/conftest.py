"""The plugin under test, and a machine for its remote commands."""

from collections.abc import Iterator

import pytest

from tests.support.plugin_client import Plugin
from tests.support.ssh_server import SSHServer, serve


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    with Plugin("command", tmp_path_factory.mktemp("plugin")) as plugin:
        yield plugin


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SSHServer]:
    with serve(tmp_path_factory.mktemp("ssh")) as server:
        yield server
