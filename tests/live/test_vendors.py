"""The real Pulumi, with a plugin that lies where its vendor has them."""

from pathlib import Path

import pytest

from cyberhubs.errors import UserError
from cyberhubs.progress import Report
from install import ladder, plugins, pulumi
from tests.support.vendors import Vendors, archive


@pytest.mark.slow
def test_a_plugin_counts_when_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = pulumi.executable()
    monkeypatch.setattr(pulumi, "executable", lambda: program)
    monkeypatch.setenv("CYBERHUBS_HOME", str(tmp_path))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    plugin = plugins.Plugin("docker")
    file = plugin.release_file
    with Vendors() as vendors:
        monkeypatch.setattr(plugins, "RELEASES", vendors.here(plugins.RELEASES))
        address = f"get.pulumi.com/releases/plugins/{file}"
        vendors.files[address] = archive({"pulumi-resource-docker": "exit 0", "LICENSE": ""})
        vendors.stops.add(address)
        with pytest.raises(UserError, match="unexpected EOF"):
            ladder.ensure(plugin, Report())
        assert plugin.found() is None
        vendors.stops.clear()
        assert ladder.ensure(plugin, Report()) == 2
        assert plugin.found() == "found"
