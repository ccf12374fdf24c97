"""What the conformance suites share.

`PLUGIN_DIR` names a directory with another `pulumi-resource-<name>`, such as the official one, to
hold to the same; what only ours does (refusals, sentences, progress) is left out then.
"""

import os

import pytest

from tests.support.plugin_client import Plugin, PluginError, Values

OFFICIAL = "PLUGIN_DIR" in os.environ
ours = pytest.mark.skipif(OFFICIAL, reason="what only our plugin does")


class Made:
    """Resources made through the plugin, removed at the end of a test."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._made: list[tuple[str, str, Values]] = []

    def __call__(self, token: str, inputs: Values) -> tuple[str, Values, Values]:
        """Check and create; answers id, state and checked inputs."""
        checked = self._plugin.check(token, inputs)
        id, state = self._plugin.create(token, checked)
        self._made.append((token, id, state))
        return id, state, checked

    def remove(self) -> None:
        for token, id, state in reversed(self._made):
            self._plugin.delete(token, id, state)


def decision(plugin: Plugin, token: str, state: Values, inputs: Values) -> tuple[set, bool]:
    """The inputs that changed, and whether that needs a new resource."""
    response = plugin.diff(token, state, inputs)
    changed = {path.split(".")[0].split("[")[0] for path in response.detailedDiff}
    return changed, bool(response.replaces)


def refused(plugin: Plugin, token: str, inputs: Values) -> dict[str, str]:
    """Reasons by property; the check must not succeed."""
    with pytest.raises(PluginError) as failure:
        plugin.check(token, inputs)
    return dict(line.split(": ", 1) for line in str(failure.value).splitlines())
