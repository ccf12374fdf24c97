"""A life of images: built from nothing, with one changed line; pulled; put on the menu; and how long each
application's server takes to start, beside corehub's, and an image of others beside the plain way with it."""

import json
import time
from pathlib import Path
from typing import Any

import docker

from benchmarks.plain import plain_hub
from benchmarks.report import progress, show, timed
from cyberhubs.settings.applications import own_applications
from tests.support.deployment import Deployment
from tests.support.images import arguments, copy_jovyan
from tests.support.member import Member
from tests.support.registry import PASSWORD, USER, Registry
from tests.support.small_engine import small_engine

STARTS = 5
OTHERS = "jovyan"  # as jupyter/docker-stacks makes them
FILE = "images/corehub/Dockerfile"


def measure_images(deployment: Deployment, directory: Path) -> None:
    directory.mkdir()
    progress("building an image from nothing, and with one changed line")
    show("corehub, built from nothing", [timed(lambda: _build_from_nothing(deployment))])
    kept = (deployment.directory / FILE).read_text()
    _edit(deployment, kept + "ENV ONE_LINE=more\n")
    show("make up, corehub with one more line", [timed(deployment.make, "up")])
    _edit(deployment, kept)
    deployment.make("up")
    _measure_pull(deployment, directory / "pull")

    progress("building every application of this repository")
    own = [name for name in own_applications() if name != "corehub"]
    before = deployment.file.read_text()
    context = deployment.directory / OTHERS
    copy_jovyan(context)

    def all_of_them(config: dict[str, Any]) -> None:
        config["cyberhubs:applications"] = {OTHERS: {"build": f"../{OTHERS}"}}
        config["cyberhubs:hubs"]["core"]["applications"] = ["corehub", OTHERS, *own]

    deployment.edit(all_of_them)
    show("make up, all applications new", [timed(deployment.make, "up")])
    _measure_starts(deployment, directory)
    _measure_menu(deployment, before)


def _edit(deployment: Deployment, dockerfile: str) -> None:
    (deployment.directory / FILE).write_text(dockerfile)


def _build_from_nothing(deployment: Deployment) -> None:
    api = deployment.engine.api
    for message in api.build(
        path=str(deployment.directory), dockerfile=FILE, buildargs=arguments("corehub"), nocache=True, rm=True,
        forcerm=True, decode=True,
    ):  # fmt: skip
        assert "error" not in message, message


def _measure_pull(deployment: Deployment, directory: Path) -> None:
    """On an engine that has nothing, from a registry of this machine: what the network would add is not in it."""
    directory.mkdir()
    registry, login = Registry(), {"username": USER, "password": PASSWORD}
    try:
        reference = f"{registry.name}/corehub"
        image = deployment.engine.images.get(_menu(deployment)["corehub"])
        image.tag(reference, "bench")
        for line in deployment.engine.api.push(
            reference, "bench", stream=True, decode=True, auth_config=login
        ):
            assert "error" not in line, line
        with small_engine(directory, registry.port, 8192) as address:
            engine = docker.DockerClient(base_url=address, timeout=600)
            began = time.monotonic()
            engine.images.pull(reference, "bench", auth_config=login)
            show("corehub, pulled", [time.monotonic() - began])
    finally:
        registry.forget()


def _measure_starts(deployment: Deployment, directory: Path) -> None:
    menu, corehub = _menu(deployment), list[float]()
    with Member(deployment.url, "images") as member:
        member.sign_in(deployment.password)
        for name, image in menu.items():
            started = _starts(member, name)
            corehub = corehub or started
            show(f"{name}, start to answer", started, against=corehub, beside="corehub's")
            size = deployment.engine.images.get(image).attrs["Size"]
            print(f"{name + ', size':34} {size / 1e9:8.2f} GB", flush=True)
    progress("the same image the plain way")
    with plain_hub(deployment, directory / "plain", menu[OTHERS]) as (url, password):
        pairs = []
        with Member(deployment.url, "ours") as ours, Member(url, "theirs") as theirs:
            ours.sign_in(deployment.password)
            theirs.sign_in(password)
            for _ in range(STARTS):
                pairs.append((start_once(ours, OTHERS), start_once(theirs)))
    ours, theirs = zip(*pairs, strict=True)
    show("an image of others, start", ours, against=theirs, beside="the plain way's")


def _measure_menu(deployment: Deployment, before: str) -> None:
    """An image that is there already: from the command to the answer of its first server."""
    after = deployment.file.read_text()
    deployment.write(before)
    deployment.make("up")
    deployment.write(after)
    with Member(deployment.url, "menu") as member:
        member.sign_in(deployment.password)
        began = time.monotonic()
        deployment.make("up")
        member.start(options={"image": OTHERS})
        show("menu change to first start", [time.monotonic() - began])
        member.stop()
    deployment.write(before)
    deployment.make("up")


def _starts(member: Member, application: str) -> list[float]:
    return [start_once(member, application) for _ in range(STARTS)]


def start_once(member: Member, application: str = "") -> float:
    """Seconds of the start; the server is stopped again."""
    seconds = member.start(options={"image": application} if application else None)
    member.stop()
    return seconds


def _menu(deployment: Deployment) -> dict[str, str]:
    """Name of each application → id of its image."""
    return {entry["name"]: entry["image"] for entry in json.loads(deployment.menu)}
