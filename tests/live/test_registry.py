"""Images of a registry that wants a login: published from one stack, pulled by the next operator's, who builds nothing."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
import yaml
from docker.errors import ImageNotFound

from cyberhubs.pins import BASE_IMAGE
from tests.support import run
from tests.support.deployment import ONE_HUB, PROJECT, Deployment, running
from tests.support.member import Member
from tests.support.registry import PASSWORD, USER, Registry, cut_off, silent
from tests.support.small_engine import small_engine
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

OURS = ("corehub", "front-door", "multiuser", "proxy")
WRONG = "incorrect-horse-battery"


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    registry = Registry()
    yield registry
    registry.forget()


@dataclass
class Published:
    """`lock`: text of the file; `ids`: of the images, by what they are called on an engine."""

    name: str
    lock: str
    ids: dict[str, str]


def deployment(folder: Path, name: str) -> Deployment:
    """With images that no other stack has, all but built."""
    made = Deployment(folder, name, ONE_HUB)
    for image in OURS:
        with (made.directory / f"images/{image}/Dockerfile").open("a") as file:
            file.write(f"LABEL cyberhubs.test={run.RUN}\n")
    return made


def log_in(stack: Deployment, registry: Registry, password: str) -> None:
    stack.ops("login", "--registry", registry.name, stdin=f"{USER}\n{password}\n")
    assert password not in stack.file.read_text()


def shown_nowhere(line: str = "") -> None:
    """The password, to other users of the machine, or in what is printed."""
    assert PASSWORD not in line
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(FileNotFoundError, ProcessLookupError):
            assert PASSWORD.encode() not in process.read_bytes(), process


def kept_nowhere(stack: Deployment) -> None:
    assert PASSWORD not in stack.pulumi("stack", "export")
    assert PASSWORD not in stack.state_file.read_text()
    for image in stack.engine.images.list():
        if any(tag.startswith("cyberhubs/") for tag in image.tags):
            assert PASSWORD not in json.dumps([image.attrs, image.history()])
    kept = Path.home() / ".docker/config.json"
    assert not kept.exists() or "127.0.0.1" not in kept.read_text()


@pytest.fixture(scope="module")
def published(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """Of a stack that is no more, nor its images on the engine."""
    engine = docker.from_env()
    with running(deployment(tmp_path_factory.mktemp("first"), "first")) as stack:
        lock, to = stack.file.with_name(f"images.{stack.stack}.lock.yaml"), f"{registry.name}/group"
        assert "without https://" in stack.ops("publish", "--to", f"https://{to}", fails=True)
        assert "the registry wants a login" in stack.ops("publish", "--to", to, fails=True)
        log_in(stack, registry, WRONG)
        said = stack.ops("publish", "--to", to, fails=True)
        assert f"the registry refuses user {USER} of cyberhubs:registries" in said
        assert not lock.exists()

        log_in(stack, registry, PASSWORD)
        said = stack.ops("publish", "--to", f"{to}/", line=shown_nowhere)
        assert f"cyberhubs:images: {{lock: {lock.name}}}" in said
        kept_nowhere(stack)
        names = list(yaml.safe_load(lock.read_text()))
        ids = {name: str(engine.images.get(name).id) for name in names}
        made = Published(lock.name, lock.read_text(), ids)
    for id in ids.values():
        engine.images.remove(id, force=True)
    yield made
    for id in ids.values():
        with suppress(ImageNotFound):  # where no test has pulled it
            engine.images.remove(id, force=True)


@pytest.fixture(scope="module")
def next_one(
    published: Published, registry: Registry, tmp_path_factory: pytest.TempPathFactory
) -> Deployment:
    """Of another operator: not up yet."""
    stack = deployment(tmp_path_factory.mktemp("next"), "next")
    stack.file.with_name(published.name).write_text(published.lock)
    stack.edit(lambda config: config.update({"cyberhubs:images": {"lock": published.name}}))
    log_in(stack, registry, WRONG)
    return stack


def test_the_lock_has_all_of_ours_by_digest(published: Published, registry: Registry) -> None:
    lock = yaml.safe_load(published.lock)
    assert [re.sub("cyberhubs/(.*):.*", r"\1", name) for name in lock] == list(OURS)
    for name, image in lock.items():
        at = re.escape(f"{registry.name}/group/{name.partition('/')[2].partition(':')[0]}")
        assert re.fullmatch(f"{at}@sha256:[0-9a-f]{{64}}", image)


def nothing_made(stack: Deployment, published: Published) -> None:
    assert stack.containers() == []
    left = {image.id for image in stack.engine.images.list()}
    assert not left & set(published.ids.values())


def test_a_wrong_password(next_one: Deployment, published: Published) -> None:
    said = next_one.ops("up", fails=True)
    assert f"the registry refuses user {USER} of cyberhubs:registries" in said
    assert "`make login` takes another password" in said
    nothing_made(next_one, published)


def test_no_login(next_one: Deployment, published: Published) -> None:
    kept = next_one.file.read_text()
    next_one.edit(lambda config: config.pop("cyberhubs:registries"))
    assert "the registry wants a login" in next_one.ops("up", fails=True)
    nothing_made(next_one, published)
    next_one.write(kept)


def test_a_registry_that_is_down_or_says_nothing(
    next_one: Deployment, published: Published, registry: Registry
) -> None:
    with registry.stopped():
        said = next_one.ops("up", fails=True)
        assert "connection refused" in said and "See that the registry answers" in said
        with silent(registry.port):
            said = next_one.ops("up", fails=True)
        assert "awaiting headers" in said and "See that the registry answers" in said
    nothing_made(next_one, published)


@pytest.fixture(scope="module")
def pulled(
    next_one: Deployment, published: Published, registry: Registry
) -> Iterator[tuple[Deployment, str]]:
    """Up, and what was said."""
    log_in(next_one, registry, PASSWORD)
    said: list[str] = []

    def hear(line: str) -> None:
        said.append(line)
        shown_nowhere(line)

    try:
        next_one.ops("up", line=hear)
        next_one.keep()
        yield next_one, "".join(said)
    finally:
        next_one.ops("down")


@pytest.fixture
def stack(pulled: tuple[Deployment, str]) -> Deployment:
    return pulled[0].put_right()


def test_the_next_operator_builds_nothing(
    pulled: tuple[Deployment, str], published: Published, registry: Registry
) -> None:
    stack, said = pulled
    assert said.count(": pulling") == len(OURS) and "building" not in said
    # Built again it would have been made at another time, which is in what its id is of.
    assert {name: stack.engine.images.get(name).id for name in published.ids} == published.ids
    kept_nowhere(stack)
    with Member(stack.url, "grace") as grace:
        grace.sign_in(stack.password).start()
        assert grace.kernel().run("print(6 * 7)").strip() == "42"
        grace.stop()
    with registry.stopped():  # what is there is not asked for again
        stack.ops("up")


def test_what_was_not_published_is_built_and_that_is_said(stack: Deployment) -> None:
    file = stack.directory / "images/corehub/Dockerfile"
    kept = file.read_text()
    file.write_text(f"{kept}LABEL more=1\n")
    try:
        said = " ".join(stack.ops("preview").split())
    finally:
        file.write_text(kept)
    assert "Image corehub is not what the lock of cyberhubs:images was made of" in said
    assert "Image multiuser" not in said


def offering(stack: Deployment, **application: str) -> None:
    def offer(config: dict[str, Any]) -> None:
        config["cyberhubs:applications"] = {"more": application}
        config["cyberhubs:hubs"]["core"]["applications"].append("more")

    stack.edit(offer)


BASE = f"FROM {BASE_IMAGE}\n"
SERVER = "RUN printf '#!/bin/sh\\n{lines}\\n' >/usr/local/bin/jupyterhub-singleuser; chmod 755 /usr/local/bin/*\n"


@pytest.mark.parametrize(
    ("dockerfile", "said"),
    [
        ("FROM scratch\nCOPY Dockerfile /\n", "jupyterhub-singleuser"),
        (BASE, "jupyterhub-singleuser"),
        (BASE + SERVER.format(lines="exit 3"), "stopped while it was starting"),
        (
            BASE + SERVER.format(lines='[ "$(id -u)" = 0 ] || { echo I am for root; exit 1; }'),
            "stopped while it was starting",
        ),
    ],
    ids=["no shell", "no server", "ends at once", "wants root"],
)
def test_an_image_that_does_not_work_is_not_offered(
    stack: Deployment, registry: Registry, dockerfile: str, said: str
) -> None:
    before = stack.menu, stack.started()
    offering(stack, image=registry.offer("group/broken:1", dockerfile))
    assert said in stack.ops("up", fails=True)
    assert (stack.menu, stack.started()) == before


def test_an_image_for_another_processor(stack: Deployment, registry: Registry) -> None:
    before = stack.menu, stack.started()
    image = registry.offer_for("group/other", "s390x")
    offering(stack, image=image)
    assert f"{image} is made for s390x, and the machine is " in stack.ops("up", fails=True)
    assert (stack.menu, stack.started()) == before
    assert not [one for one in stack.engine.images.list() if image in one.tags]


def test_pinning_writes_the_digest_and_keeps_what_is_there(
    stack: Deployment, published: Published
) -> None:
    ours = next(name for name in published.ids if "/corehub:" in name)
    digest = yaml.safe_load(published.lock)[ours].partition("@")
    tag = f"{digest[0]}:{ours.partition(':')[2]}"
    offering(stack, image=tag)
    text = stack.file.read_text().replace(f"image: {tag}", f"image: {tag} # as of spring")
    stack.write(f"# Ours\n{text}")
    stack.ops("pin")
    written = stack.file.read_text()
    assert written.startswith("# Ours\n") and "# as of spring" in written
    content = yaml.safe_load(written)["config"]
    assert content["cyberhubs:applications"]["more"]["image"] == f"{tag}@{digest[2]}"
    assert "names no image by a tag alone" in stack.ops("pin")
    stack.ops("up")
    assert '"more"' in stack.menu


def test_a_build_on_an_image_that_wants_a_login(
    stack: Deployment, published: Published, registry: Registry, tmp_path: Path
) -> None:
    corehub = next(name for name in published.ids if "/corehub:" in name)
    below = registry.offer("group/below:1", f"FROM {corehub}\nUSER root\nRUN echo plum >/fruit\n")
    (tmp_path / "Dockerfile").write_text(f"FROM {below}\nRUN cat /fruit >/copy\n")
    offering(stack, build=str(tmp_path))
    log_in(stack, registry, WRONG)
    before = stack.menu
    said = stack.ops("up", fails=True)
    assert f"the registry refuses user {USER} of cyberhubs:registries" in said
    assert stack.menu == before

    log_in(stack, registry, PASSWORD)
    stack.ops("up", line=shown_nowhere)
    kept_nowhere(stack)
    [image] = [one["image"] for one in json.loads(stack.menu) if one["name"] == "more"]
    assert stack.engine.containers.run(image, ["cat", "/copy"], remove=True) == b"plum\n"


def pulling(reference: str, **environment: str) -> str:
    """What is said of a pull that fails, after which nothing of it is there."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "cyberhubs.images.pull",
            reference,
            "--named",
            f"cyberhubs/test:{run.RUN}",
        ],
        cwd=PROJECT,
        env={**os.environ, **environment},
        input=json.dumps({"username": USER, "password": PASSWORD}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and not done.stdout
    engine = docker.from_env(environment={**os.environ, **environment})
    assert not [one for one in engine.images.list() if reference in one.tags]
    return done.stderr


@pytest.fixture(scope="module")
def large(registry: Registry) -> str:
    return registry.offer("group/large:1", f"{BASE}RUN head -c 3000000 /dev/urandom >/large\n")


def test_a_registry_that_stops_in_the_middle(registry: Registry, large: str) -> None:
    """Of what it sends of a layer."""
    with cut_off(registry.port, 10**6) as port:
        said = pulling(large.replace(str(registry.port), str(port)))
    assert "stopped: nothing came for 120 s" in said


def test_a_disk_that_a_pull_fills(
    registry: Registry, large: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("small")
    with small_engine(folder, registry.port) as address:

        def used() -> int:
            return shutil.disk_usage(folder / "data").used

        before = used()
        assert "The disk is full (at the engine)" in pulling(large, DOCKER_HOST=address)
        eventually(lambda: used() < before + 2**20)
