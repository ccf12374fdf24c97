"""Images: built, shown, kept, removed; and what goes wrong with them."""

import os
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.conformance.docker.common import IMAGE, NAME, image
from tests.support.plugin_client import Plugin, PluginError
from tests.support.plugin_suite import Made, decision, ours

pytestmark = pytest.mark.slow


def test_build(plugin: Plugin, made: Made, context: Any, engine: docker.DockerClient) -> None:
    directory = context(
        "ARG WHO=nobody", "COPY . /context", "RUN echo $WHO > /who; ls /context > /list",
        kept="", ignored="", **{".dockerignore": "ignored\n"},
    )  # fmt: skip
    inputs = image(directory, buildArgs={"WHO": "ada"}, labels={"site": "x"}, tags=[f"{NAME}:2"])
    id, state, checked = made(IMAGE, inputs)
    assert id == state["imageId"] + f"{NAME}:1"
    built = engine.images.get(f"{NAME}:1")
    assert built.id == state["imageId"] == engine.images.get(f"{NAME}:2").id
    assert built.labels["site"] == "x"
    shown = engine.containers.run(built, ["cat", "/who", "/list"], remove=True).decode()
    assert shown.split() == ["ada", "Dockerfile", "kept"]
    assert plugin.kinds(IMAGE, state, checked) == {}
    assert plugin.read(IMAGE, id, state, checked) == (id, state, checked)
    engine.images.remove(f"{NAME}:2")


def test_image_changes(plugin: Plugin, made: Made, context: Any) -> None:
    id, state, checked = made(IMAGE, image(context(), buildArgs={"A": "1"}))
    for change in (
        {"name": f"{NAME}:3"},
        {"triggers": {"context": "2"}},
        {"build": {**checked["build"], "buildArgs": {"A": "2"}}},
    ):
        assert decision(plugin, IMAGE, state, {**checked, **change}) == (set(change), True)
    kept = {**checked, "keepLocally": True}
    assert decision(plugin, IMAGE, state, kept) == ({"keepLocally"}, False)
    assert plugin.update(IMAGE, id, state, kept)["imageId"] == state["imageId"]


def test_image_that_is_gone(
    plugin: Plugin, made: Made, context: Any, engine: docker.DockerClient
) -> None:
    id, state, checked = made(IMAGE, image(context("RUN true")))
    engine.images.remove(f"{NAME}:1")
    assert plugin.read(IMAGE, id, state, checked)[0] == ""


def test_delete_of_an_image(plugin: Plugin, context: Any, engine: docker.DockerClient) -> None:
    for keep in (True, False):
        checked = plugin.check(IMAGE, {**image(context("RUN echo")), "keepLocally": keep})
        id, state = plugin.create(IMAGE, checked)
        plugin.delete(IMAGE, id, state)
        assert bool(engine.images.list(NAME)) == keep


@ours
def test_delete_of_the_old_spares_the_new(
    plugin: Plugin, made: Made, context: Any, engine: docker.DockerClient
) -> None:
    old = plugin.create(IMAGE, plugin.check(IMAGE, image(context("RUN echo old"))))
    _, state, _ = made(IMAGE, image(context("RUN echo new")))
    plugin.delete(IMAGE, *old)
    assert engine.images.get(f"{NAME}:1").id == state["imageId"]


@ours
def test_build_shows_its_steps(plugin: Plugin, made: Made, context: Any) -> None:
    start = len(plugin.logs)
    made(IMAGE, image(context("RUN sleep 0.7; echo busy; sleep 0.1")))
    logs = plugin.logs[start:]
    assert any(log.message.startswith("Step 2/2 : RUN sleep") for log in logs)
    assert "Step 2/2: busy" in [log.message for log in logs]
    assert all(log.ephemeral and log.urn == plugin.urn(IMAGE) for log in logs)


def test_build_that_fails(made: Made, context: Any, engine: docker.DockerClient) -> None:
    with pytest.raises(PluginError, match="returned a non-zero code: 4") as failure:
        made(IMAGE, image(context("RUN echo the reason >&2; exit 4")))
    assert "the reason" in str(failure.value)
    if "PLUGIN_DIR" not in os.environ:
        assert "failed at Step 2/2 : RUN echo" in str(failure.value)
    assert not engine.images.list(NAME)


@ours
def test_full_disk_is_named(made: Made, context: Any) -> None:
    with pytest.raises(PluginError, match=r"disk is full \(\d+ bytes free.*docker system prune"):
        made(IMAGE, image(context("RUN cp /etc/passwd /dev/full")))


@ours
def test_context_is_looked_at_before(plugin: Plugin, context: Any, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"build\.context.*not a directory"):
        plugin.check(IMAGE, image(tmp_path / "none"))
    with pytest.raises(PluginError, match=r"build\.dockerfile.*not a file"):
        plugin.check(IMAGE, image(context(), dockerfile="Other"))
    with pytest.raises(PluginError, match=r"build\.secrets.*not carried out"):
        plugin.check(IMAGE, image(context(), secrets=[{"id": "x"}]))


def test_image_that_is_there_is_not_pulled(
    plugin: Plugin, made: Made, base: str, engine: docker.DockerClient
) -> None:
    _, state, _ = made(IMAGE, {"name": base, "keepLocally": True})
    assert state["imageId"] == engine.images.get(base).id


def test_image_that_cannot_be_pulled(made: Made) -> None:
    with pytest.raises(PluginError, match=r"pull.* image 127\.0\.0\.1:1/none"):
        made(IMAGE, {"name": "127.0.0.1:1/none:1"})
