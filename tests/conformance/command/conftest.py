"""The plugin under test."""

from collections.abc import Iterator

import pytest

from tests.support.plugin_client import Plugin


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    with Plugin("command", tmp_path_factory.mktemp("plugin")) as plugin:
        yield plugin
