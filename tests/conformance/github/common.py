"""What the tests share."""

import os

import pytest

from tests.support.plugin_client import Plugin, PluginError, Values

MEMBERSHIP = "github:index/teamMembership:TeamMembership"
TEAM = "github:index/team:Team"
NOBODY = "999999"  # an id that nothing has
OFFICIAL = "PLUGIN_DIR" in os.environ


def refused(plugin: Plugin, token: str, inputs: Values) -> dict[str, str]:
    """Reasons by property; the check must not succeed."""
    with pytest.raises(PluginError) as failure:
        plugin.check(token, inputs)
    return dict(line.split(": ", 1) for line in str(failure.value).splitlines())
