"""Conformance of the plugin `command`: copies to another machine, by SFTP."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.plugin_client import Plugin, PluginError, Secret, archive, asset
from tests.support.plugin_suite import ours
from tests.support.ssh_server import SSHServer

pytestmark = pytest.mark.slow

COPY = "command:remote:CopyToRemote"


def make(plugin: Plugin, server: SSHServer, source: dict[str, Any], path: Path) -> dict[str, Any]:
    """The state of a copy that was checked and created."""
    inputs = {"connection": Secret(server.connection()), "source": source, "remotePath": str(path)}
    return plugin.create(COPY, plugin.check(COPY, inputs))[1]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    (tree / "below").mkdir(parents=True)
    (tree / "a").write_text("A")
    (tree / "below" / "b").write_bytes(bytes(range(256)) * 4096)
    return tree


def files(directory: Path) -> set[str]:
    return {str(f.relative_to(directory)) for f in directory.rglob("*") if f.is_file()}


def test_copies(plugin: Plugin, server: SSHServer, tree: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"

    def copy(source: dict[str, Any], to: str) -> set[str]:
        make(plugin, server, source, target / to)
        return files(target)

    text = asset(text="hëllo", hash="1")
    assert copy(text, "new/t") == {"new/t"}
    assert (target / "new/t").read_text() == "hëllo"
    with pytest.raises(PluginError, match="is a directory"):
        copy(text, "new")
    (target / "new/t").chmod(0o600)
    assert copy(asset(path=f"{tree}/below/b", hash="2"), "new/t") == {"new/t"}
    assert (target / "new/t").read_bytes() == (tree / "below/b").read_bytes()
    assert (target / "new/t").stat().st_mode & 0o777 == 0o600
    assert copy(asset(path=f"{tree}/a", hash="3"), "new") == {"new/t", "new/a"}
    shutil.rmtree(target)
    assert copy(archive(path=str(tree), hash="4"), "x") == {"x/tree/a", "x/tree/below/b"}
    shutil.rmtree(target)
    assert copy(archive(path=f"{tree}/", hash="5"), "x") == {"x/a", "x/below/b"}
    with pytest.raises(PluginError, match="not a directory"):
        copy(archive(path=str(tree), hash="4"), "x/a")
    with pytest.raises(PluginError, match=r"(?i)no such file"):
        copy(asset(path=f"{tree}/nothing", hash="6"), "x/c")


@ours
def test_archive_of_assets(plugin: Plugin, server: SSHServer, tree: Path, tmp_path: Path) -> None:
    parts = {"n/t": asset(text="T"), "d": archive(path=str(tree)), "e": archive(assets={})}
    source = archive(assets=parts, hash="1")
    make(plugin, server, source, tmp_path / "x")
    assert files(tmp_path / "x") == {"n/t", "d/a", "d/below/b"}
    with pytest.raises(PluginError, match="source"):
        make(plugin, server, asset(uri="https://x"), tmp_path / "x")


def test_copies_again_when_the_content_changed(
    plugin: Plugin, server: SSHServer, tmp_path: Path
) -> None:
    target = tmp_path / "t"
    old = make(plugin, server, asset(text="1", hash="1"), target)
    assert old["source"] == asset(text="1", hash="1")
    state = {**old, "source": asset(hash="1")}  # all that the engine sends of it
    news = {**old, "source": asset(text="2", hash="2")}
    assert plugin.kinds(COPY, state, {**old, "source": asset(hash="1")}) == {}
    assert plugin.kinds(COPY, state, {**old, "source": asset(hash="2")}) == {"source": "UPDATE"}
    assert plugin.update(COPY, "id", state, news)["source"] == news["source"]
    assert target.read_text() == "2"
    target.write_text("left alone")
    plugin.update(COPY, "id", state, {**old, "triggers": []})
    assert target.read_text() == "left alone"
    plugin.delete(COPY, "id", state)
    assert target.exists()
